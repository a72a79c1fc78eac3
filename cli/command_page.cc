#include "cli/command_page.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace evensweep {
namespace {

constexpr size_t kMostChoices = 30;  // characters of words that are shown in the place of a value

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

struct TakenValue {
  std::string name;
  std::vector<std::string> choices;
};

// CLI11 describes a value as "NAME", or "NAME:{a,b}" where only these words are taken, or "NAME:INT in [1 - 9]".
TakenValue value_of(const CLI::Option& option) {
  const std::string described = option.get_type_name();
  const size_t open = described.find(":{");
  TakenValue value;
  if (open != std::string::npos && described.ends_with('}')) {
    value.choices = split(described.substr(open + 2, described.size() - open - 3), ',');
    for (const std::string& choice : value.choices) value.name += (value.name.empty() ? "" : "|") + choice;
    return value;
  }
  // A name like HOST:PORT has a colon of its own; what validators add is no upper-case word.
  value.name = described;
  for (size_t at = value.name.find(':'); at != std::string::npos; at = value.name.find(':', at + 1))
    if (value.name.find(" in ", at) != std::string::npos || value.name.find("POSITIVE", at) != std::string::npos)
      value.name.resize(at);
  // Upper-case words are kinds of values, FILE|SWEEP, others the values themselves.
  if (value.name.find('|') != std::string::npos && std::islower(static_cast<unsigned char>(value.name[0])) != 0)
    value.choices = split(value.name, '|');
  return value;
}

template <typename Entry>
std::vector<Entry>& entries_of(std::vector<PageGroup<Entry>>& groups, const std::string& title) {
  const auto found = std::ranges::find(groups, title, &PageGroup<Entry>::title);
  if (found != groups.end()) return found->entries;
  groups.push_back({.title = title, .entries = {}});
  return groups.back().entries;
}

void add_option(CommandPage& page, const CLI::Option& option) {
  const bool repeats = option.get_expected_max() > 1;
  if (!option.nonpositional()) {
    TakenValue value = value_of(option);
    page.arguments.push_back({.name = value.name,
                              .choices = std::move(value.choices),
                              .text = option.get_description(),
                              .required = option.get_required(),
                              .repeats = repeats});
    return;
  }
  PageOption entry{.names = {}, .value = "", .choices = {}, .text = option.get_description(), .repeats = repeats};
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  if (option.get_type_size_max() > 0) {
    TakenValue value = value_of(option);
    entry.value = value.name;
    if (value.name.size() > kMostChoices) {  // the text has them, and --state takes a STATE
      entry.value = option.get_lnames().front();
      std::ranges::transform(entry.value, entry.value.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      entry.text += ":";
      for (const std::string& choice : value.choices) entry.text += (choice == value.choices[0] ? " " : ", ") + choice;
    }
    entry.choices = std::move(value.choices);
  }
  entries_of(page.options, option.get_group()).push_back(std::move(entry));
}

void add_footer(CommandPage& page, const std::string& footer) {
  bool examples = false;
  for (const std::string& line : split(footer, '\n')) {
    if (line == "Examples:" || line == "Example:") {
      examples = true;
    } else if (examples && line.starts_with("  ")) {
      const size_t gap = line.find("  ", 2);
      const size_t text = gap == std::string::npos ? gap : line.find_first_not_of(' ', gap);
      page.examples.push_back({.command = line.substr(2, gap == std::string::npos ? gap : gap - 2),
                               .text = text == std::string::npos ? "" : line.substr(text)});
    } else {
      examples = false;
      page.notes.push_back(line);
    }
  }
}

std::string command_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : command_of(*app.get_parent()) + " " + app.get_name();
}

}  // namespace

CommandPage page_of(const CLI::App& app) {
  CommandPage page{.command = command_of(app), .text = app.get_description()};
  const auto options = app.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
  for (const CLI::Option* option : options) add_option(page, *option);
  // What a command is about comes first; how to reach a coordinator and how to get this text last.
  std::ranges::stable_sort(page.options, {}, [](const auto& group) { return group.title == "Options" ? 0 : 1; });
  for (PageGroup<PageOption>& group : page.options)
    std::ranges::stable_partition(group.entries, [](const PageOption& o) { return o.long_name() != "--help"; });
  const auto verbs = app.get_subcommands([](const CLI::App* verb) { return !verb->get_group().empty(); });
  for (const CLI::App* verb : verbs)
    entries_of(page.verbs, verb->get_group()).push_back({.name = verb->get_name(), .text = verb->get_description()});
  add_footer(page, app.get_footer());
  return page;
}

std::string usage_of(const CommandPage& page) {
  std::string usage = page.command;
  if (!page.verbs.empty()) usage += " COMMAND";
  for (const PageArgument& argument : page.arguments) {
    const std::string name = argument.name + (argument.repeats ? "..." : "");
    usage += argument.required ? " " + name : " [" + name + "]";
  }
  return page.options.empty() ? usage : usage + " [OPTIONS]";
}

const PageOption* find_option(const CommandPage& page, const std::string& name) {
  for (const PageGroup<PageOption>& group : page.options)
    for (const PageOption& option : group.entries)
      if (std::ranges::find(option.names, name) != option.names.end()) return &option;
  return nullptr;
}

const CLI::App* find_verb(const CLI::App& app, const std::string& name) {
  const auto found =
      app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == name && !verb->get_group().empty(); });
  return found.empty() ? nullptr : found.front();
}

}  // namespace evensweep

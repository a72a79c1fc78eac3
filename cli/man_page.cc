#include "cli/man_page.h"

#include <algorithm>
#include <cctype>
#include <memory>

#include "cli/verb.h"
#include "common/base/file.h"

namespace evensweep {
namespace {

constexpr const char* kDate = "2026-11-26";  // of the last change of the command line that is worth a new date

std::string page_name(const std::string& command) {
  std::string name = command;
  std::ranges::replace(name, ' ', '-');
  return name;
}

// As text of a roff line: nothing in it is a request or an escape.
std::string roff(const std::string& text) {
  std::string escaped = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else if (c == '\'')
      escaped += "\\(aq";
    else if (c == '~')
      escaped += "\\(ti";
    else if (c == '^')
      escaped += "\\(ha";
    else
      escaped += c;
  }
  return escaped;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string entry(const std::string& head, const std::string& text) {
  return ".TP\n" + head + "\n" + roff(text) + "\n";
}

std::string head_of(const PageOption& option) {
  std::string head;
  for (const std::string& name : option.names) head += (head.empty() ? "" : ", ") + bold(name);
  return option.value.empty() ? head : head + " " + italic(option.value);
}

std::string synopsis(const CommandPage& page) {
  std::string text = bold(page.command);
  if (!page.verbs.empty()) text += " " + italic("COMMAND");
  for (const PageArgument& argument : page.arguments) {
    const std::string name = italic(argument.name) + (argument.repeats ? "..." : "");
    text += argument.required ? " " + name : " [" + name + "]";
  }
  return text + " [" + italic("OPTIONS") + "]\n";
}

std::string examples(const std::vector<PageExample>& list) {
  std::string text;
  for (const PageExample& example : list)
    text += ".TP\n" + bold(example.command) + "\n" + (example.text.empty() ? "\\&" : roff(example.text)) + "\n";
  return text;
}

std::string notes(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    if (!line.empty()) text += roff(line) + "\n";
  return text;
}

// Verbs are told from their parent by their own pages.
std::string verb_entries(const CommandPage& page) {
  std::string text;
  for (const PageGroup<PageVerb>& group : page.verbs) {
    text += ".SS " + roff(group.title) + "\n";
    for (const PageVerb& verb : group.entries)
      text += entry(bold(page_name(page.command + " " + verb.name)) + "(1)", verb.text);
  }
  return text;
}

std::string option_entries(const CommandPage& page) {
  std::string text;
  for (const PageGroup<PageOption>& group : page.options) {
    if (page.options.size() > 1) text += ".SS " + roff(group.title) + "\n";
    for (const PageOption& option : group.entries) text += entry(head_of(option), option.text);
  }
  return text;
}

std::string exit_statuses() {
  const std::pair<const char*, const char*> kCodes[] = {
      {"0", "All is well."},
      {"1", "It failed: disk, state folder, trainer."},
      {"2", "The command line, a sweep file or the data cannot be used, or there is no such sweep, trial or agent."},
      {"3", "The sweep has ended, and trials failed or have no result."},
      {"4", "The coordinator was not reached."},
      {"5", "The coordinator does not let this client do it."},
      {"130", "Interrupted."}};
  std::string text;
  for (const auto& [code, meaning] : kCodes) text += entry(bold(code), meaning);
  return text;
}

Status write_pages(const CLI::App& app, const std::string& parent, const std::string& folder) {
  const CommandPage page = page_of(app);
  EV_RETURN_IF_ERROR(replace_file(folder + "/" + man_file(page), man_page(page, parent)));
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App* v) { return !v->get_group().empty(); }))
    EV_RETURN_IF_ERROR(write_pages(*verb, page.command, folder));
  return absl::OkStatus();
}

}  // namespace

std::string man_file(const CommandPage& page) { return page_name(page.command) + ".1"; }

std::string man_page(const CommandPage& page, const std::string& parent) {
  std::string title = page_name(page.command);
  std::ranges::transform(title, title.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string text = ".TH " + roff(title) + " 1 " + kDate + " \"Evensweep " EVENSWEEP_VERSION "\" \"User Commands\"\n";
  std::string what = page.text;
  while (what.ends_with('.')) what.pop_back();
  text += ".SH NAME\n" + roff(page_name(page.command)) + " \\- " + roff(what) + "\n";
  text += ".SH SYNOPSIS\n" + synopsis(page);
  if (!page.notes.empty()) text += ".SH DESCRIPTION\n" + notes(page.notes);
  if (!page.examples.empty()) text += ".SH EXAMPLES\n" + examples(page.examples);
  if (!page.verbs.empty()) text += ".SH COMMANDS\n" + verb_entries(page);
  if (!page.arguments.empty()) text += ".SH ARGUMENTS\n";
  for (const PageArgument& argument : page.arguments)
    text += entry(italic(argument.name) + (argument.repeats ? "..." : ""), argument.text);
  if (!page.options.empty()) text += ".SH OPTIONS\n" + option_entries(page);
  text += ".SH EXIT STATUS\n" + exit_statuses();
  if (!parent.empty()) text += ".SH SEE ALSO\n.BR " + roff(page_name(parent)) + " (1)\n";
  return text;
}

void add_man(CLI::App& app, int& exit_code) {
  auto folder = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("__man", "Write the manual pages into a folder");
  verb->group("");
  verb->add_option("dir", *folder, "Folder, made if it is not there")->required();
  run_verb(*verb, exit_code, [&app, folder]() -> StatusOr<int> {
    EV_RETURN_IF_ERROR(make_folders(*folder));
    EV_RETURN_IF_ERROR(write_pages(app, "", *folder));
    return 0;
  });
}

}  // namespace evensweep

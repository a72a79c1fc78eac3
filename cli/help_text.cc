#include "cli/help_text.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "cli/text_table.h"
#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr size_t kMostLeft = 26;  // of names; what is longer has its text on the next line

// `text` broken at blanks, the lines behind the first indented.
std::string wrapped(const std::string& text, size_t indent, size_t width) {
  std::string lines;
  size_t column = indent;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const size_t needed = characters(word) + (column > indent ? 1 : 0);
    if (column > indent && column + needed > width) {
      lines += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) lines += " ";
    lines += word;
    column += needed;
  }
  return lines;
}

struct Row {
  std::string left, text;
};

std::string rows_text(const std::string& title, const std::vector<Row>& rows, size_t left, size_t width) {
  std::string text = "\n" + title + ":\n";
  for (const Row& row : rows) {
    const size_t taken = characters(row.left);
    const std::string gap = taken > left ? "\n" + std::string(left + 4, ' ') : std::string(left - taken + 2, ' ');
    text += "  " + row.left + (row.text.empty() ? "" : gap + wrapped(row.text, left + 4, width)) + "\n";
  }
  return text;
}

Row row_of(const PageOption& option) {
  std::string left = option.names.front().starts_with("--") ? "    " : "";
  for (const std::string& name : option.names) left += (name == option.names.front() ? "" : ", ") + name;
  return {.left = option.value.empty() ? left : left + " " + option.value, .text = option.text};
}

// What an example does stands beside it where all of it fits, else below.
std::string examples_text(const std::vector<PageExample>& examples, size_t width) {
  size_t left = 0;
  for (const PageExample& example : examples)
    if (characters(example.command + example.text) + 4 <= width) left = std::max(left, characters(example.command));
  std::string text = examples.empty() ? "" : "\nExamples:\n";
  for (const PageExample& example : examples) {
    text += "  " + example.command;
    const size_t taken = characters(example.command), needed = characters(example.text) + 4;
    const bool aligned = std::max(taken, left) + needed <= width;
    if (!example.text.empty() && taken + needed > width)
      text += "\n      " + wrapped(example.text, 6, width);
    else if (!example.text.empty())
      text += std::string(aligned ? std::max(taken, left) - taken + 2 : 2, ' ') + example.text;
    text += "\n";
  }
  return text;
}

struct Block {
  std::string title;
  std::vector<Row> rows;
};

std::vector<Block> verbs_of(const CommandPage& page) {
  std::vector<Block> blocks;
  for (const PageGroup<PageVerb>& group : page.verbs) {
    blocks.push_back({.title = group.title, .rows = {}});
    for (const PageVerb& verb : group.entries) blocks.back().rows.push_back({.left = verb.name, .text = verb.text});
  }
  return blocks;
}

std::vector<Block> options_of(const CommandPage& page) {
  std::vector<Block> blocks;
  if (!page.arguments.empty()) blocks.push_back({.title = "Arguments", .rows = {}});
  for (const PageArgument& argument : page.arguments)
    blocks.back().rows.push_back({.left = argument.name + (argument.repeats ? "..." : ""), .text = argument.text});
  for (const PageGroup<PageOption>& group : page.options) {
    blocks.push_back({.title = group.title, .rows = {}});
    for (const PageOption& option : group.entries) blocks.back().rows.push_back(row_of(option));
  }
  return blocks;
}

class HelpFormatter final : public CLI::FormatterBase {
 public:
  explicit HelpFormatter(size_t width) : width_(width) {}
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    return help_text(page_of(*app), width_);
  }

 private:
  size_t width_;
};

std::vector<std::string> verb_names(const CommandPage& page) {
  std::vector<std::string> names;
  for (const PageGroup<PageVerb>& group : page.verbs)
    for (const PageVerb& verb : group.entries) names.push_back(verb.name);
  return names;
}

// What is wrong with `word` if it looks like an option and is none of the page.
std::optional<std::string> wrong_option(const CommandPage& page, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  if (!name.starts_with("--") || name == "--" || find_option(page, name) != nullptr) return std::nullopt;
  std::vector<std::string> names;
  for (const PageGroup<PageOption>& group : page.options)
    for (const PageOption& option : group.entries) names.push_back(option.long_name());
  const std::string message = "there is no option " + in_quotes(name) + " of " + page.command;
  const std::optional<std::string> near = nearest_name(name, names);
  return message + (near ? "; did you mean \"" + *near + "\"?" : ".") + " See " + page.command + " --help";
}

}  // namespace

std::string help_text(const CommandPage& page, size_t width) {
  std::string text = wrapped(page.text, 0, width) + "\n\nUsage: " + wrapped(usage_of(page), 7, width) + "\n";
  text += examples_text(page.examples, width);
  const std::vector<Block> verbs = verbs_of(page), options = options_of(page);
  for (const std::vector<Block>* blocks : {&verbs, &options}) {
    size_t left = 0;
    for (const Block& block : *blocks)
      for (const Row& row : block.rows)
        if (characters(row.left) <= std::min(kMostLeft, width / 3)) left = std::max(left, characters(row.left));
    for (const Block& block : *blocks) text += rows_text(block.title, block.rows, left, width);
  }
  if (!page.notes.empty()) text += "\n";
  for (const std::string& line : page.notes) text += (line.starts_with(' ') ? line : wrapped(line, 0, width)) + "\n";
  return text;
}

std::shared_ptr<CLI::FormatterBase> help_formatter(size_t width) { return std::make_shared<HelpFormatter>(width); }

std::string usage_error(const CLI::App& app, const std::vector<std::string>& words, const std::string& error) {
  const CLI::App* verb = &app;
  for (const std::string& word : words) {
    const CommandPage page = page_of(*verb);
    if (std::optional<std::string> wrong = wrong_option(page, word)) return *std::move(wrong);
    if (page.verbs.empty() || word.starts_with('-')) continue;
    if (const CLI::App* next = find_verb(*verb, word)) {
      verb = next;
      continue;
    }
    const std::optional<std::string> near = nearest_name(word, verb_names(page));
    return "there is no command " + in_quotes(word) + (near ? "; did you mean \"" + *near + "\"?" : ".") + " See " +
           page.command + " --help";
  }
  return error + "; see " + page_of(*verb).command + " --help";
}

}  // namespace evensweep

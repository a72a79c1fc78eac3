#pragma once
// One command as people read it: its arguments, options, examples and notes. Taken from the CLI11 tree, it is the one
// source of the help texts, the manual pages and the completion of shells. Pure.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace evensweep {

struct PageOption {
  std::vector<std::string> names;    // "-o", "--output"
  std::string value;                 // what it takes, "FILE" or "table|json"; empty: it is a flag
  std::vector<std::string> choices;  // the words that it takes, where they are few
  std::string text;
  bool repeats = false;  // may be given several times

  const std::string& long_name() const { return names.back(); }
};

struct PageArgument {
  std::string name;  // "FILE"
  std::vector<std::string> choices;
  std::string text;
  bool required = false;
  bool repeats = false;
};

struct PageExample {
  std::string command, text;  // text: what it does; may be empty
};

struct PageVerb {
  std::string name, text;
};

template <typename Entry>
struct PageGroup {
  std::string title;
  std::vector<Entry> entries;
};

struct CommandPage {
  std::string command;  // "evensweep data fetch"
  std::string text;
  std::vector<PageExample> examples;
  std::vector<PageArgument> arguments;
  std::vector<PageGroup<PageOption>> options;
  std::vector<PageGroup<PageVerb>> verbs;
  std::vector<std::string> notes;  // lines
};

// Hidden options and verbs (of the group "") are left out. In a footer, the indented lines behind "Examples:" or
// "Example:" are the examples, each with what it does behind two blanks or more; all other lines are notes.
CommandPage page_of(const CLI::App& app);

// "evensweep data fetch NAME [OPTIONS]"
std::string usage_of(const CommandPage& page);

// The option called so ("-o" or "--output"), or null.
const PageOption* find_option(const CommandPage& page, const std::string& name);

// The verb of `app` that is called so and not hidden, or null.
const CLI::App* find_verb(const CLI::App& app, const std::string& name);

}  // namespace evensweep

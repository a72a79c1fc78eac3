#pragma once
// Completion of command lines in bash, zsh and fish: a small script for the shell asks this program what can follow.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/connection.h"

namespace evensweep {

struct Candidate {
  std::string value;
  std::string text;  // one line about it; may be empty
  bool operator==(const Candidate&) const = default;
};

// What may stand in the place of the last word. Paths are the shell's affair.
struct Completion {
  std::vector<Candidate> candidates;
  bool files = false, folders = false;
};

// What only a coordinator or the catalogue knows: names of a kind ("SWEEP", "TRIAL", "AGENT", "DATASET") that may go on
// what was begun. It may give others too; they are left out.
using NameSource = std::function<std::vector<Candidate>(const std::string& kind, const std::string& begun,
                                                        const ConnectionOptions& connection)>;

// `words` are those behind the program's name, the last one (perhaps empty) is to be completed. Pure but for `names`.
Completion complete(const CLI::App& app, const std::vector<std::string>& words, const NameSource& names);

// The words of a line of shell as far as it was typed, without its first: quotes and backslashes as in a shell, an
// open quote is closed, and the last word is empty behind a blank.
std::vector<std::string> split_line(std::string_view line);

// Names from the catalogue of data sets, and from the coordinator; from that one nothing where it is not there or does
// not answer within kCompletionLimit.
inline constexpr Duration kCompletionLimit{400};
std::vector<Candidate> known_names(const std::string& kind, const std::string& begun,
                                   const ConnectionOptions& connection);

// The answer to the shell's script: a line for each candidate, "value<TAB>text", and ":files" or ":folders". `words`
// are those behind "__complete": "line" and a line of shell, or "words" and its words.
std::string answer(const CLI::App& app, const std::vector<std::string>& words);

// Adds the verb that prints the shell's script.
void add_completion(CLI::App& app, int& exit_code);

}  // namespace evensweep

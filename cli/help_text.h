#pragma once
// What --help prints, and what is said of a command line that cannot be understood. Pure.

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/command_page.h"

namespace evensweep {

// Examples first, no line longer than `width` unless a single word or an example is.
std::string help_text(const CommandPage& page, size_t width);

// For CLI11, which asks it for the help of every verb.
std::shared_ptr<CLI::FormatterBase> help_formatter(size_t width);

// One line: what is wrong, what was probably meant, and which help to read. `words` are those behind the program's
// name.
std::string usage_error(const CLI::App& app, const std::vector<std::string>& words, const std::string& error);

}  // namespace evensweep

#pragma once
// Manual pages, made from what --help is made from.

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command_page.h"

namespace evensweep {

// "evensweep-data-fetch.1"
std::string man_file(const CommandPage& page);

// The page in roff, for man(1). `parent` is the command that it belongs to; empty: none.
std::string man_page(const CommandPage& page, const std::string& parent);

// Adds the hidden verb that writes the pages of all verbs into a folder; `cmake --install` runs it.
void add_man(CLI::App& app, int& exit_code);

}  // namespace evensweep

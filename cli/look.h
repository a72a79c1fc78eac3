#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `ls` and `status` to the command line.
void add_look(CLI::App& app, int& exit_code);

}  // namespace evensweep

#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `extend` to the command line.
void add_extend(CLI::App& app, int& exit_code);

}  // namespace evensweep

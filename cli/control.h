#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `pause`, `resume`, `stop`, `cancel` and `retry` to the command line.
void add_control(CLI::App& app, int& exit_code);

}  // namespace evensweep

#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `logs` and `explain` to the command line.
void add_logs(CLI::App& app, int& exit_code);

}  // namespace evensweep

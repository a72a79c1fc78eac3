#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `agents` and `drain` to the command line.
void add_agents(CLI::App& app, int& exit_code);

}  // namespace evensweep

#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `run` to the command line: coordinator and agent in one process. `exit_code` is set when the verb was given.
void add_run(CLI::App& app, int& exit_code);

}  // namespace evensweep

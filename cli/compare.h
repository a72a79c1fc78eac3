#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `compare`: two finished sweeps side by side, arm by arm and seed by seed. Nothing is written.
void add_compare(CLI::App& app, int& exit_code);

}  // namespace evensweep

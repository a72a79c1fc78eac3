#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `evensweep coordinator`, the long-lived program that gives the runs of sweeps to agents.
void add_coordinator(CLI::App& app, int& exit_code);

}  // namespace evensweep

#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `evensweep agent`, the long-lived program that trains on this machine what a coordinator gives it.
void add_agent(CLI::App& app, int& exit_code);

}  // namespace evensweep

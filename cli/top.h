#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// evensweep top
void add_top(CLI::App& app, int& exit_code);

}  // namespace evensweep

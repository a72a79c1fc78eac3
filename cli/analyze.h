#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `analyze`: the report of results that come from anywhere, in a table.
void add_analyze(CLI::App& app, int& exit_code);

}  // namespace evensweep

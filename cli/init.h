#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `init`: a commented sweep file for a CSV file or a known data set.
void add_init(CLI::App& app, int& exit_code);

}  // namespace evensweep

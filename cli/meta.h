#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `meta`: the same arms on several data sets, from one results file of each. Nothing is written.
void add_meta(CLI::App& app, int& exit_code);

}  // namespace evensweep

#pragma once
// All verbs of the program as one CLI11 tree.

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds every verb to `app`; what a verb returns to the shell comes into `exit_code`, which has to outlive the app.
void add_all_verbs(CLI::App& app, int& exit_code);

}  // namespace evensweep

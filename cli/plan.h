#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `plan`: what a sweep would train and can show, and what is trained already. Nothing is written.
void add_plan(CLI::App& app, int& exit_code);

}  // namespace evensweep

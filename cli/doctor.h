#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `doctor`: whether this machine is fit to train, check by check, each with what to do about it.
void add_doctor(CLI::App& app, int& exit_code);

}  // namespace evensweep

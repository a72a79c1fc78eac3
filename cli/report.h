#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `report`: all files of a report, made again from its results.json.
void add_report(CLI::App& app, int& exit_code);

}  // namespace evensweep

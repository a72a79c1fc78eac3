#pragma once

#include <CLI/CLI.hpp>

#include "common/base/status.h"

namespace evensweep {

// Adds `data` with `ls`, `fetch` and `check`.
void add_data(CLI::App& app, int& exit_code);

// What `data check` is asked.
struct CheckOptions {
  std::string file, label, data, output = "table";
};
// Prints what is in a CSV file, or in the data set of a sweep file, and what may be wrong with it.
Status check_data(const CheckOptions& options);

}  // namespace evensweep

#pragma once

#include <CLI/CLI.hpp>

#include "cli/client.h"
#include "cli/sweep_report.h"
#include "cli/verb.h"

namespace evensweep {

// Adds `submit` and `wait` to the command line.
void add_submit(CLI::App& app, int& exit_code);

struct Submitting {
  const Sweep& sweep;
  SweepFile file;
  SweepId extends;     // the sweep it was made from; empty: none
  bool files = true;   // send those that the coordinator lacks
  bool waits = false;  // the end will be printed, so that what is printed stays one document
};
// Sends a sweep with its files, and tells its id and what to do next.
StatusOr<SweepId> submit_sweep(Client& client, const VerbOptions& options, const Submitting& submitting);

// Until it is over, with a bar on a terminal; then the report, where `report` is given. The exit code of `wait`.
StatusOr<int> wait_for(Client& client, const VerbOptions& options, const SweepId& sweep, const ReportPlaces* report);

}  // namespace evensweep

#pragma once
// The report of a sweep that a coordinator holds: the same as `run` writes.

#include <string>

#include "cli/client.h"
#include "cli/verb.h"
#include "common/base/status.h"

namespace evensweep {

struct ReportPlaces {
  std::string out;   // folder of the report; empty: results/<sweep name>
  std::string data;  // folder in which data files are looked up first; may be empty
};

// Fetches the results, weighs them and writes and prints the report. Data files, for the classes of the test rows, are
// those of this machine, or are fetched from the coordinator. kIncomplete where trials have no result.
StatusOr<int> report_of_sweep(Client& client, const std::string& sweep, const ReportPlaces& places,
                              const VerbOptions& options);

}  // namespace evensweep

#pragma once
// The end of every verb that has results: the files of the report, and the results on standard output.

#include <string>

#include "cli/terminal.h"
#include "common/base/status.h"
#include "common/model/json.h"

namespace evensweep {

// Writes the report of results_json() into `folder`. Prints a table, the JSON, or (quiet) where the report is; `output`
// is "table", "json" or "quiet".
Status publish(const Json& results, const std::string& folder, const std::string& output, const Terminal& terminal);

}  // namespace evensweep

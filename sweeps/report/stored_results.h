#pragma once
// The results of a finished sweep, back from its results.json.

#include "common/base/status.h"
#include "common/model/json.h"
#include "common/model/result.h"

namespace evensweep {

// Name, seeds, classes, arms, level and correction of the sweep, its trials, and of its runs the counts and times; no
// recipe, no treatments, no curves. `results` is what parse_results() gave. InvalidArgument says what is missing or
// impossible.
StatusOr<SweepResults> stored_results(const Json& results);

}  // namespace evensweep

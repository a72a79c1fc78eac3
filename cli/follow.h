#pragma once
// Waiting for a sweep, through restarts of the coordinator.

#include <functional>

#include "cli/client.h"
#include "cli/signals.h"
#include "common/base/status.h"
#include "common/model/ids.h"

namespace evensweep {

// How it stands at the end; Cancelled if a signal came first, Unavailable if the coordinator was away for
// kLongPatience. `show` gets each new status. Blocks.
StatusOr<SweepStatus> follow(const Connection& connection, const SweepId& sweep, Signals& signals,
                             const std::function<void(const SweepStatus& status)>& show);

// kOk, or kIncomplete if trials have no result.
int exit_code_of_end(const SweepStatus& status);

}  // namespace evensweep

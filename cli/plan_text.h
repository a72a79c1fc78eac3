#pragma once
// What `plan` prints.

#include <optional>
#include <string>
#include <vector>

#include "common/model/spec.h"
#include "coordinator/core/plan.h"
#include "sweeps/stats/design.h"
#include "sweeps/stats/design_replay.h"

namespace evensweep {

// What is known besides: results of another sweep, and how long a run takes.
struct PilotInput {
  std::optional<SweepResults> results;    // in place of what is trained of the sweep itself
  std::optional<double> seconds_per_run;  // in place of the mean over finished runs
};

// What the sweep can show, what the trials that are already trained say of the seeds that it needs, and what it costs.
struct Prospect {
  Reach reach;
  std::vector<PilotArm> pilot;
  std::optional<SimulatedTrainings> trainings;  // with selection or stopping
  std::optional<double> seconds_per_run;        // on one slot
};
// `plan` is that of `sweep`; arms known to train as the baseline does are no part of the family.
Prospect prospect_of(const Sweep& sweep, const coordinator::Plan& plan, const PilotInput& input = {});

std::string plan_table(const Sweep& sweep, const coordinator::Plan& plan, const Prospect& prospect);
// docs/format/plan.md.
std::string plan_json(const Sweep& sweep, const coordinator::Plan& plan, const Prospect& prospect);

}  // namespace evensweep

#pragma once
// What `plan` prints.

#include <string>
#include <vector>

#include "common/model/spec.h"
#include "coordinator/core/plan.h"
#include "sweeps/stats/design.h"

namespace evensweep {

// What the sweep can show, and what the trials that are already trained say of the seeds that it needs.
struct Prospect {
  Reach reach;
  std::vector<PilotArm> pilot;
};
// `plan` is that of `sweep`; arms known to train as the baseline does are no part of the family.
Prospect prospect_of(const Sweep& sweep, const coordinator::Plan& plan);

std::string plan_table(const Sweep& sweep, const coordinator::Plan& plan, const Prospect& prospect);
// docs/format/plan.md.
std::string plan_json(const Sweep& sweep, const coordinator::Plan& plan, const Prospect& prospect);

}  // namespace evensweep

#pragma once

#include <cstdint>

#include "common/base/id.h"

namespace evensweep {

using SweepId = StrongId<struct SweepIdTag>;  // SHA-256 of the canonical resolved sweep
using RunKey = StrongId<struct RunKeyTag>;    // SHA-256 of the canonical run spec
using AgentId = StrongId<struct AgentIdTag>;

// One execution of a run. `number` rises with each execution, so the pair is the fencing token on every message.
struct AttemptId {
  RunKey run;
  uint32_t number = 0;
  friend auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

}  // namespace evensweep

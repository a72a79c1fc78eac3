#pragma once
// `training.threads: auto`: one run on each core, or one on all of them, whichever this machine trains faster.

#include <string>

#include "agent/devices/machine.h"
#include "common/base/status.h"
#include "common/model/spec.h"

namespace evensweep {

// Runs per second with a run on each core, and with one run at a time on all cores.
struct ThreadSpeeds {
  double one_each = 0, one_on_all = 0;
};

// One thread unless all cores on one run are at least 5 % faster: below that they are not known to be, and one thread
// gives the same numbers on every machine.
int64_t better_threads(const ThreadSpeeds& speeds, int64_t cores);

struct ThreadChoice {
  int64_t threads = 1;
  std::string why;  // "training.threads: auto: ...", for people; empty where the sweep names a number
};

// What a probe of a few seconds for each of the two says, or, without `trainer`, what an earlier one said. Probes are
// kept in `state`/threads by model, recipe, data, trainer and machine. No probe is needed where there is one core, or
// where `slots` runs (0: not decided) are to share the cores. NotFound without a trainer and an earlier probe.
StatusOr<ThreadChoice> choose_threads(const Sweep& sweep, const Machine& machine, const std::string& state,
                                      const std::string& trainer, int64_t slots);

}  // namespace evensweep

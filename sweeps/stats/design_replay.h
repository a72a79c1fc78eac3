#pragma once
// What a design with selection or stopping would have done with results that are all known, real or simulated.

#include <cstdint>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"
#include "sweeps/stats/staged_design.h"

namespace evensweep {

struct DesignReplay {
  std::vector<DesignDecision> decisions;
  int64_t trainings = 0;  // runs that the design asks for, baselines included
};

// `cells` hold every arm at every seed of all_seeds().
DesignReplay replay_design(const Sweep& sweep, const StageCells& cells);

// What the sweep's finished runs gave. InvalidArgument where test or validation counts are no confusion matrix.
StatusOr<StageCells> stage_cells(const SweepResults& results);

// Sweeps of this design with normal noise, the same in every run, so that the differences of two arms correlate by 1/2.
struct SimulatedTrainings {
  double none = 0;     // mean number of trainings where no arm has an effect
  double quarter = 0;  // where a quarter of the arms, rounded up, has one of `effect` standard deviations of D_u
  double effect = 0;
};
// Draws `sweeps` of each from the stream (seed, "simulated trainings").
SimulatedTrainings simulate_trainings(const Sweep& sweep, double effect, int64_t sweeps, uint64_t seed);

}  // namespace evensweep

#pragma once
// The sweeps that simulated people submit, and what their trainings give: a pure function of the run's key, so that it
// is known in advance what each trial must come to.

#include <memory>
#include <string>
#include <vector>

#include "common/model/ids.h"
#include "common/model/result.h"
#include "common/model/spec.h"

namespace evensweep::simulation {

// The trainer of some sweeps, beside the built-in one.
inline constexpr char kForeignTrainer[] = "foreign";

struct KnownSweep {
  SweepId id;
  Sweep sweep;
  size_t seeds = 0;              // all of them
  std::vector<RunKey> expected;  // [arm * seeds + seed]: the run that the trial must come to, if all goes well
  bool rounds = false;           // some arm has several: runs that are no trial's last one
  bool staged = false;
};

// Whether the treatments of an arm (0: the baseline) are made from the baseline's counts.
bool needs_counts(const KnownSweep& known, uint32_t arm);

// Sorted by size, so that the first ones are small.
const std::vector<KnownSweep>& known_sweeps();

// The result of a training, as result.json holds it.
std::shared_ptr<const std::string> result_of(const RunKey& run);
// The same training by a trainer that evaluated other examples.
std::string other_result_of(const RunKey& run);

// A number that belongs to the run, the same in every seed of the simulation.
uint64_t number_of(const RunKey& run);

}  // namespace evensweep::simulation

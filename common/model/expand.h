#pragma once
// From a sweep to its trainings.

#include <cstdint>
#include <optional>
#include <vector>

#include "common/model/spec.h"

namespace evensweep {

// All weights 1, cross entropy: what the baseline gets.
Treatment unit_treatment(size_t classes);

// In what else than its treatment a training differs from the others of its block.
struct Variation {
  uint64_t replicate = 0;
  std::optional<uint64_t> training_seed = {};
  int64_t trainings = 1;  // the recipe's epochs are taken so many times
  friend bool operator==(const Variation&, const Variation&) = default;
};

// The training of one block under a treatment.
RunSpec make_run_spec(const Sweep& sweep, uint64_t seed, Treatment treatment, const Variation& variation = {});

// The sweep's seeds, then its selection seeds. A trial's seed is a position in this list.
std::vector<uint64_t> all_seeds(const Sweep& sweep);

// Arm 0 of a sweep is the baseline, arm i + 1 is sweep.arms[i].
Arm arm_of_trial(const Sweep& sweep, size_t arm);

}  // namespace evensweep

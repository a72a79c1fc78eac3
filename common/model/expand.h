#pragma once
// From a sweep to its trainings.

#include <cstdint>

#include "common/model/spec.h"

namespace evensweep {

// All weights 1, cross entropy: what the baseline gets.
Treatment unit_treatment(size_t classes);

// The training of one block under a treatment.
RunSpec make_run_spec(const Sweep& sweep, uint64_t seed, Treatment treatment);

// Arm 0 of a sweep is the baseline, arm i + 1 is sweep.arms[i].
Arm arm_of_trial(const Sweep& sweep, size_t arm);

}  // namespace evensweep

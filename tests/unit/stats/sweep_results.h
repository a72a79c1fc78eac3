#pragma once
// Sweep results made by hand or by chance, without any training.

#include <map>
#include <string>
#include <vector>

#include "common/base/rng.h"
#include "common/model/result.h"

namespace evensweep {

// A sweep of `seeds` blocks and the given arms over classes of `support` test examples each, without any results.
SweepResults make_sweep(int64_t seeds, const std::vector<Arm>& arms, int64_t classes = 3, int64_t support = 200);

inline Arm focal_arm(double gamma) { return {"focal", {{"gamma", gamma}}, {}}; }
inline Arm baseline_arm() { return {"baseline", {}, {}}; }

// The diagonal holds correct[c]; what is wrong goes to the next class.
ConfusionMatrix confusion_of(const std::vector<int64_t>& correct, int64_t support);

// Each is about the trial of `arm` at `seed`.
void add_result(SweepResults& results, const Arm& arm, uint64_t seed, const std::vector<int64_t>& correct);
void add_failure(SweepResults& results, const Arm& arm, uint64_t seed, FailureClass failure);
void add_same_run_as_baseline(SweepResults& results, const Arm& arm, uint64_t seed);

// Correct answers of each class when a model has these TPRs.
std::vector<int64_t> draw_correct(Rng& rng, const std::vector<double>& tpr, int64_t support);

}  // namespace evensweep

#pragma once
// Small sweeps and results for cores that train for pretend.

#include <string>
#include <utility>
#include <vector>

#include "common/model/json.h"
#include "tests/unit/model/examples.h"

namespace evensweep::coordinator {

// Two classes, a small data set, these arms.
inline Sweep small_sweep(const std::string& name, std::vector<Arm> arms, std::vector<uint64_t> seeds = {1}) {
  Sweep sweep = example_sweep();
  sweep.name = name;
  sweep.arms = std::move(arms);
  sweep.seeds = std::move(seeds);
  sweep.analysis.primary.reset();
  return sweep;
}

inline Arm tpr_arm(double gamma) {
  return {.method = "tpr_weighting", .parameters = {{"gamma", gamma}}, .options = {}};
}
inline Arm focal_arm(double gamma) { return {.method = "focal", .parameters = {{"gamma", gamma}}, .options = {}}; }
inline Arm effective_arm(double beta) {
  return {.method = "effective_number", .parameters = {{"beta", beta}}, .options = {{"counts", "train"}}};
}

// A result with these validation hits of 20 and 10 examples; the defaults give a skewed baseline.
inline std::string result_text(int64_t hits_of_first = 18, int64_t hits_of_second = 5) {
  RunResult result = example_result();
  result.validation.counts = {hits_of_first, 20 - hits_of_first, 10 - hits_of_second, hits_of_second};
  return to_json(result).dump();
}

// A result whose test examples are hit as often as its validation examples.
inline std::string even_result_text(int64_t hits_of_first, int64_t hits_of_second) {
  RunResult result = example_result();
  result.validation.counts = {hits_of_first, 20 - hits_of_first, 10 - hits_of_second, hits_of_second};
  result.test = result.validation;
  result.test_predictions.clear();
  for (size_t cell = 0; cell < result.test.counts.size(); ++cell)
    result.test_predictions.insert(result.test_predictions.end(), static_cast<size_t>(result.test.counts[cell]),
                                   static_cast<uint16_t>(cell % 2));
  return to_json(result).dump();
}

// Focal arms with these gammas, which need no baseline; stops at these looks.
inline Sweep stopping_sweep(const std::string& name, const std::vector<double>& gammas, std::vector<int64_t> looks) {
  Sweep sweep = small_sweep(name, {}, {});
  for (const double gamma : gammas) sweep.arms.push_back(focal_arm(gamma));
  for (int64_t seed = 1; seed <= looks.back(); ++seed) sweep.seeds.push_back(static_cast<uint64_t>(seed));
  sweep.analysis.correction = "none";
  sweep.analysis.stopping = StoppingSpec{.looks = std::move(looks), .spending = "pocock"};
  return sweep;
}

}  // namespace evensweep::coordinator

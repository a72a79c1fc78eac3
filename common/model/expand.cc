#include "common/model/expand.h"

#include <utility>

namespace evensweep {

Treatment unit_treatment(size_t classes) {
  return {.class_weights = std::vector<double>(classes, 1.0), .focal_gamma = 0};
}

RunSpec make_run_spec(const Sweep& sweep, uint64_t seed, Treatment treatment, const Variation& variation) {
  RunSpec spec{.dataset = sweep.dataset,
               .model = sweep.model,
               .training = sweep.training,
               .seed = seed,
               .treatment = std::move(treatment),
               .trainer = sweep.trainer,
               .replicate = variation.replicate,
               .training_seed = variation.training_seed};
  spec.training.epochs *= variation.trainings;
  return spec;
}

std::vector<uint64_t> all_seeds(const Sweep& sweep) {
  std::vector<uint64_t> seeds = sweep.seeds;
  if (const auto& selection = sweep.analysis.selection)
    seeds.insert(seeds.end(), selection->seeds.begin(), selection->seeds.end());
  return seeds;
}

Arm arm_of_trial(const Sweep& sweep, size_t arm) {
  if (arm > 0) return sweep.arms[arm - 1];
  return {.method = kBaseline, .parameters = {}, .options = {}};
}

}  // namespace evensweep

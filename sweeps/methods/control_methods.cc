// Controls that train the baseline once more: what they differ by from it is what chance or more training does.
#include <fmt/core.h>

#include "common/base/rng.h"
#include "sweeps/methods/definition.h"

namespace evensweep {
namespace {

MethodDefinition control(const char* name, const char* meaning,
                         std::function<Variation(const Arm&, uint64_t seed)> variation) {
  MethodDefinition method{.description = {name, {}, {}, meaning}, .touches = {Touch::kWholeRun}};
  method.may_start_late = false;
  method.needs_baseline = never;
  method.identity = [](const Arm&, auto) { return std::optional<std::string>(); };
  method.decide = [variation = std::move(variation)](const Arm& arm,
                                                     const ClassEvidence& evidence) -> StatusOr<Decision> {
    return Decision{.treatment = unit_treatment(evidence.train_counts.size()),
                    .variation = variation(arm, evidence.seed)};
  };
  return method;
}

MethodDefinition same_cost() {
  MethodDefinition method =
      control(kSameCost, "control: the baseline with the epochs of a method's trainings taken together",
              [](const Arm& arm, uint64_t) {
                return Variation{.trainings = static_cast<int64_t>(parameter(arm, "trainings", 2))};
              });
  method.description.parameters.push_back({.name = "trainings",
                                           .least = 2,
                                           .most = 100,
                                           .meaning = "how many: 2 for a baseline and the training after it",
                                           .whole = true,
                                           .usual = 2});
  return method;
}

}  // namespace

std::vector<MethodDefinition> control_methods() {
  return {control(kTwin, "control: the baseline trained again with the same seed",
                  [](const Arm&, uint64_t) { return Variation{.replicate = 1}; }),
          control(kReseed, "control: the baseline on the same division of the rows, all other chance drawn anew",
                  [](const Arm&, uint64_t seed) { return Variation{.training_seed = Rng(seed, "reseed")()}; }),
          same_cost()};
}

}  // namespace evensweep

#pragma once
// Rebalancing methods as pure functions: (training class counts, the baseline's validation confusion counts,
// hyperparameters, seed) -> treatment. Formulas and sources: docs/methods.md.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/expand.h"
#include "common/model/result.h"
#include "common/model/spec.h"

namespace evensweep {

struct ParameterDescription {
  std::string name;  // gamma, beta, ...
  double least = 0, most = 0;
  bool most_excluded = false;
  std::string meaning;
  bool whole = false;
  // What it is where nothing is said. An arm with that value does not hold it, so that arms of versions which did not
  // know the parameter keep their names. Absent: the parameter is required.
  std::optional<double> usual = {};
};
struct OptionDescription {
  std::string name;                 // counts
  std::vector<std::string> values;  // the first is the default, unless the option is required
  std::string meaning;
  bool left_out = false;  // an arm with the default does not hold it
  bool required = false;
};
struct MethodDescription {
  std::string name;  // "tpr_weighting"; of a combination "tpr_weighting+focal"
  std::vector<ParameterDescription> parameters;
  std::vector<OptionDescription> options;
  std::string meaning;
};
// Every method that a sweep file may name, the baseline first.
std::span<const MethodDescription> known_methods();

// Several methods as one, in the order of known_methods(); their parameters are "tpr_weighting.gamma", ...
// InvalidArgument says why these do not go together, or which name is not known. One method is described as it is.
StatusOr<MethodDescription> combine_methods(const std::vector<std::string>& names);

// Whether the arm names a known method or combination, all its parameters within their ranges, and known option values
// only. InvalidArgument says which word or number is wrong.
Status check_arm(const Arm& arm);
// The same, and whether the arm is defined for the data, model and recipe of this sweep.
Status check_arm_in(const Arm& arm, const Sweep& sweep);
// The arm without the parameters and options that say no more than their absence.
Arm without_usual(Arm arm, const MethodDescription& method);

// Whether the treatment is made from the baseline's TPRs, so that the baseline must be trained first.
bool needs_baseline(const Arm& arm);
// How many trainings follow one another, the baseline's not counted: the treatment of the first is made from the
// baseline's validation counts, that of each other one from those of the training before it. The last one is judged.
int64_t rounds_of(const Arm& arm);

struct Decision {
  Treatment treatment;
  std::vector<std::string> notes = {};  // floored and clipped classes, identity on this data, ...
  Variation variation = {};             // what a control changes besides
};

// `validation` is that of the baseline, or of the round before; required where needs_baseline(arm). `seed` is that of
// the block; what a method draws depends on it alone. FailedPrecondition or InvalidArgument says which class or
// parameter makes it impossible.
StatusOr<Decision> decide(const Arm& arm, std::span<const int64_t> train_counts,
                          const std::optional<ConfusionMatrix>& validation, uint64_t seed);

// A sentence if the arm cannot differ from the baseline on data with these class counts, whatever the training gives.
std::optional<std::string> known_identity(const Arm& arm, std::span<const int64_t> train_counts);

}  // namespace evensweep

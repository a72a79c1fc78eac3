#pragma once
// Rebalancing methods as pure functions: (training class counts, the baseline's validation confusion counts,
// hyperparameters, seed) -> treatment. Formulas and sources: docs/methods.md.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"
#include "common/model/spec.h"

namespace evensweep {

struct ParameterDescription {
  std::string name;  // gamma, beta, ...
  double least = 0, most = 0;
  bool most_excluded = false;
  std::string meaning;
};
struct OptionDescription {
  std::string name;                 // counts
  std::vector<std::string> values;  // the first is the default
  std::string meaning;
};
struct MethodDescription {
  std::string name;
  std::vector<ParameterDescription> parameters;  // all are required
  std::vector<OptionDescription> options;
  std::string meaning;
  std::string not_for_images = {};  // why it is not defined for images; empty where it is
};
// Every method that a sweep file may name, the baseline first.
std::span<const MethodDescription> known_methods();

// Whether the arm names a known method, all its parameters within their ranges, and known option values only.
// InvalidArgument says which word or number is wrong.
Status check_arm(const Arm& arm);

// Whether the treatment is made from the baseline's TPRs, so that the baseline must be trained first.
bool needs_baseline(const Arm& arm);

struct Decision {
  Treatment treatment;
  std::vector<std::string> notes;  // floored and clipped classes, identity on this data, ...
};

// `baseline_validation` is required where needs_baseline(arm). `seed` is that of the block; what a method draws depends
// on it alone. FailedPrecondition or InvalidArgument says which class or parameter makes it impossible.
StatusOr<Decision> decide(const Arm& arm, std::span<const int64_t> train_counts,
                          const std::optional<ConfusionMatrix>& baseline_validation, uint64_t seed);

// A sentence if the arm cannot differ from the baseline on data with these class counts, whatever the training gives.
std::optional<std::string> known_identity(const Arm& arm, std::span<const int64_t> train_counts);

}  // namespace evensweep

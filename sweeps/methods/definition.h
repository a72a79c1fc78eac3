#pragma once
// What the code of one method consists of, and pieces that several methods share. Internal to sweeps/methods.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sweeps/methods/method.h"
#include "sweeps/methods/weights.h"

namespace evensweep {

// What a method may know of the classes of one block.
struct ClassEvidence {
  std::span<const int64_t> train_counts;     // one for each class, at least one class
  std::optional<ValidationTprs> validation;  // of the baseline; there where the method needs it
  uint64_t seed = 0;                         // of the block
};

struct MethodDefinition {
  MethodDescription description;
  std::function<bool(const Arm&)> needs_baseline;
  // See known_identity; the baseline's own is not asked for.
  std::function<std::optional<std::string>(const Arm&, std::span<const int64_t> train_counts)> identity;
  std::function<StatusOr<Decision>(const Arm&, const ClassEvidence&)> decide;
};

// Each file defines the methods of one kind, in the order in which they are listed.
std::vector<MethodDefinition> weighting_methods();  // the loss of an example depends on its class
std::vector<MethodDefinition> logit_methods();      // the logits are changed in training
std::vector<MethodDefinition> sampling_methods();   // an epoch has other rows
std::vector<MethodDefinition> dynamic_methods();    // the trainer changes the weights as it goes

// A parameter or option of an arm that has passed check_arm.
double parameter(const Arm& arm, const char* name);
bool counts_by_tpr(const Arm& arm);
// The option that counts_by_tpr reads.
OptionDescription counts_option();

inline bool always(const Arm&) { return true; }
inline bool never(const Arm&) { return false; }

// The last bits of exp and log differ between C libraries. Twelve digits are the same everywhere, so that a treatment,
// and with it the run key, does not depend on the machine that decided it.
std::vector<double> portable(const std::vector<double>& values);

// TPR weights (portable) with notes on every class that was floored or cut.
Decision weigh_by_tpr(double gamma, const ClassEvidence& evidence);

struct ClassSizes {
  std::vector<double> sizes;  // > 0
  std::vector<std::string> notes;
};
// Training counts, or training counts times TPR where the arm asks for that. InvalidArgument names the class that has
// no training samples.
StatusOr<ClassSizes> class_sizes(const Arm& arm, const ClassEvidence& evidence);

// The sentence for an arm that depends on class sizes alone, where they are all the same.
std::optional<std::string> equal_sizes_identity(const Arm& arm, std::span<const int64_t> train_counts,
                                                const char* consequence);

}  // namespace evensweep

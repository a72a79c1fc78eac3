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

// What of a training a method changes. Two methods that change the same thing cannot be combined.
enum class Touch { kClassWeights, kFocus, kLogits, kEpochRows, kViews, kWholeRun };

struct MethodDefinition {
  MethodDescription description;  // without start_epoch, rounds and normalization, which are added where they apply
  std::vector<Touch> touches;
  bool may_start_late = true;  // start_epoch has a meaning
  bool normalizes = false;     // it decides class weights, whose sum can be chosen
  std::function<bool(const Arm&)> needs_baseline;
  // See known_identity; the baseline's own is not asked for.
  std::function<std::optional<std::string>(const Arm&, std::span<const int64_t> train_counts)> identity;
  std::function<StatusOr<Decision>(const Arm&, const ClassEvidence&)> decide;
  // What is wrong with an arm whose parameters are all within their ranges; absent where every arm is good. `whole` is
  // the combination, or the arm itself.
  std::function<Status(const Arm&, const Arm& whole)> check = nullptr;
  // Why the arm is not defined for the data, model or recipe of a sweep; absent where it is for all.
  std::function<std::optional<std::string>(const Arm&, const Sweep&)> undefined = nullptr;
};

// Each file defines the methods of one kind, in the order in which they are listed.
std::vector<MethodDefinition> weighting_methods();  // the loss of an example depends on its class
std::vector<MethodDefinition> logit_methods();      // the logits are changed in training
std::vector<MethodDefinition> sampling_methods();   // an epoch has other rows
std::vector<MethodDefinition> view_methods();       // examples are seen changed
std::vector<MethodDefinition> dynamic_methods();    // the trainer changes the weights as it goes
std::vector<MethodDefinition> control_methods();    // the baseline once more

// All of them, and one by its name; nullptr if there is none.
const std::vector<MethodDefinition>& method_definitions();
const MethodDefinition* find_method(const std::string& name);

// One method of an arm, with its own parameters and options alone.
struct Part {
  const MethodDefinition* method;
  Arm arm;
};
// The description of an arm's method or combination; see combine_methods.
StatusOr<MethodDescription> describe_arm(const Arm& arm);
// The methods of an arm that has passed check_arm. Empty where it names an unknown one.
std::vector<Part> parts_of(const Arm& arm);

// Parameters that any method may have.
inline constexpr char kStartEpoch[] = "start_epoch";
inline constexpr char kRounds[] = "rounds";
inline constexpr char kNormalization[] = "normalization";
inline constexpr char kSampleMean[] = "sample_mean";

// A parameter of an arm that has passed check_arm; `usual` where it is left out.
double parameter(const Arm& arm, const char* name, double usual = 0);
std::string option(const Arm& arm, const char* name, const char* usual);
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

#include "sweeps/methods/method.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "sweeps/methods/definition.h"
#include "sweeps/methods/frequency.h"

namespace evensweep {
namespace {

bool in_range(const ParameterDescription& p, double value) {
  return std::isfinite(value) && value >= p.least && (p.most_excluded ? value < p.most : value <= p.most);
}

Status check_parameters(const Arm& arm, const MethodDescription& method) {
  for (const ParameterDescription& p : method.parameters) {
    const auto found = arm.parameters.find(p.name);
    if (found == arm.parameters.end()) {
      if (p.usual) continue;
      return absl::InvalidArgumentError(fmt::format("{} needs the parameter {}: {}", arm.method, p.name, p.meaning));
    }
    if (p.whole && found->second != std::floor(found->second)) {
      return absl::InvalidArgumentError(
          fmt::format("{}: {} = {} is not a whole number", arm.method, p.name, shortest(found->second)));
    }
    if (!in_range(p, found->second)) {
      return absl::InvalidArgumentError(fmt::format("{}: {} = {} is outside [{}, {}{}", arm.method, p.name,
                                                    shortest(found->second), shortest(p.least), shortest(p.most),
                                                    p.most_excluded ? ")" : "]"));
    }
  }
  for (const auto& [name, value] : arm.parameters) {
    const auto is_it = [&n = name](const ParameterDescription& p) { return p.name == n; };
    if (std::none_of(method.parameters.begin(), method.parameters.end(), is_it)) {
      return absl::InvalidArgumentError(fmt::format("{} has no parameter \"{}\"; remove it", arm.method, name));
    }
  }
  return absl::OkStatus();
}

Status check_options(const Arm& arm, const MethodDescription& method) {
  for (const OptionDescription& o : method.options)
    if (o.required && !arm.options.contains(o.name))
      return absl::InvalidArgumentError(fmt::format("{} needs the option {}: {}", arm.method, o.name, o.meaning));
  for (const auto& [name, value] : arm.options) {
    const auto is_it = [&n = name](const OptionDescription& o) { return o.name == n; };
    const auto option = std::find_if(method.options.begin(), method.options.end(), is_it);
    if (option == method.options.end()) {
      return absl::InvalidArgumentError(fmt::format("{} has no option \"{}\"; remove it", arm.method, name));
    }
    if (std::find(option->values.begin(), option->values.end(), value) == option->values.end()) {
      std::string known;
      for (const std::string& v : option->values) known += (known.empty() ? "" : " or ") + v;
      return absl::InvalidArgumentError(fmt::format("{}: {} must be {}, not \"{}\"", arm.method, name, known, value));
    }
  }
  return absl::OkStatus();
}

StatusOr<std::optional<ValidationTprs>> tprs_if_needed(const Arm& arm, size_t classes,
                                                       const std::optional<ConfusionMatrix>& validation) {
  if (!needs_baseline(arm)) return std::nullopt;
  if (!validation.has_value()) {
    return absl::FailedPreconditionError("needs the baseline's validation counts: train the baseline first");
  }
  EV_ASSIGN_OR_RETURN(ValidationTprs tprs, validation_tprs(*validation));
  if (tprs.tpr.size() != classes) {
    return absl::InvalidArgumentError(
        fmt::format("the baseline's validation counts have {} classes, the data {}", tprs.tpr.size(), classes));
  }
  return std::optional<ValidationTprs>(std::move(tprs));
}

// Each part is made of what one method decided; methods of a combination touch different ones.
void take_over(Decision part, Decision& all) {
  const Treatment nothing = unit_treatment(all.treatment.class_weights.size());
  Treatment &to = all.treatment, &from = part.treatment;
  if (from.class_weights != nothing.class_weights) to.class_weights = std::move(from.class_weights);
  if (from.focal_gamma != nothing.focal_gamma) to.focal_gamma = from.focal_gamma;
  if (!from.logit_offsets.empty()) to.logit_offsets = std::move(from.logit_offsets);
  if (!from.epoch_rows.empty()) to.epoch_rows = std::move(from.epoch_rows);
  if (from.smote_neighbours != 0) to.smote_neighbours = from.smote_neighbours;
  if (from.smote_features) to.smote_features = true;
  if (from.augmentation) to.augmentation = std::move(from.augmentation);
  if (from.margin) to.margin = std::move(from.margin);
  if (from.weights_from != 0) to.weights_from = from.weights_from;
  if (from.rule) to.rule = std::move(from.rule);
  if (part.variation != Variation()) all.variation = part.variation;
  all.notes.insert(all.notes.end(), part.notes.begin(), part.notes.end());
}

// What any method may be told besides its own parameters.
Status apply_common(const Arm& arm, std::span<const int64_t> train_counts, Treatment& treatment) {
  const Treatment nothing = unit_treatment(train_counts.size());
  if (option(arm, kNormalization, "sum") == kSampleMean && treatment.class_weights != nothing.class_weights) {
    for (size_t c = 0; c < train_counts.size(); ++c)
      if (train_counts[c] <= 0) return absl::InvalidArgumentError(fmt::format("class {} has no training samples", c));
    const std::vector<double> sizes(train_counts.begin(), train_counts.end());
    treatment.class_weights = portable(with_sample_mean_one(treatment.class_weights, sizes));
  }
  // A treatment that does nothing has no beginning, so that equal trainings have equal keys.
  if (treatment != nothing) treatment.start_epoch = static_cast<int64_t>(parameter(arm, kStartEpoch));
  return absl::OkStatus();
}

StatusOr<Decision> decide_checked(const Arm& arm, std::span<const int64_t> train_counts,
                                  const std::optional<ConfusionMatrix>& validation, uint64_t seed) {
  if (train_counts.empty()) return absl::InvalidArgumentError("there are no classes");
  EV_ASSIGN_OR_RETURN(const std::optional<ValidationTprs> tprs, tprs_if_needed(arm, train_counts.size(), validation));
  const ClassEvidence evidence{.train_counts = train_counts, .validation = tprs, .seed = seed};
  Decision all{.treatment = unit_treatment(train_counts.size())};
  for (const Part& part : parts_of(arm)) {
    EV_ASSIGN_OR_RETURN(Decision decision, part.method->decide(part.arm, evidence));
    take_over(std::move(decision), all);
  }
  EV_RETURN_IF_ERROR(apply_common(arm, train_counts, all.treatment));
  if (arm.method != kBaseline)
    if (auto identity = known_identity(arm, train_counts)) all.notes.push_back(*std::move(identity));
  return all;
}

}  // namespace

const std::vector<MethodDefinition>& method_definitions() {
  static const std::vector<MethodDefinition> kDefinitions = [] {
    std::vector<MethodDefinition> all;
    for (const auto& methods : {weighting_methods(), logit_methods(), sampling_methods(), view_methods(),
                                dynamic_methods(), control_methods()})
      all.insert(all.end(), methods.begin(), methods.end());
    return all;
  }();
  return kDefinitions;
}

const MethodDefinition* find_method(const std::string& name) {
  for (const MethodDefinition& method : method_definitions())
    if (method.description.name == name) return &method;
  return nullptr;
}

std::span<const MethodDescription> known_methods() {
  static const std::vector<MethodDescription> kMethods = [] {
    std::vector<MethodDescription> all;
    for (const MethodDefinition& method : method_definitions())
      all.push_back(*combine_methods({method.description.name}));
    return all;
  }();
  return kMethods;
}

Status check_arm(const Arm& arm) {
  EV_ASSIGN_OR_RETURN(const MethodDescription description, describe_arm(arm));
  EV_RETURN_IF_ERROR(check_parameters(arm, description));
  EV_RETURN_IF_ERROR(check_options(arm, description));
  for (const Part& part : parts_of(arm))
    if (part.method->check) EV_RETURN_IF_ERROR(part.method->check(part.arm, arm));
  if (arm.parameters.contains(kRounds) && !needs_baseline(arm))
    return absl::InvalidArgumentError(
        fmt::format("{}: rounds has no effect where no TPRs are used; remove it", arm.method));
  return absl::OkStatus();
}

Status check_arm_in(const Arm& arm, const Sweep& sweep) {
  EV_RETURN_IF_ERROR(check_arm(arm));
  for (const Part& part : parts_of(arm)) {
    const auto why = part.method->undefined ? part.method->undefined(part.arm, sweep) : std::nullopt;
    if (why) return absl::InvalidArgumentError(fmt::format("{} is not defined here: {}", part.arm.method, *why));
  }
  const auto start = static_cast<int64_t>(parameter(arm, kStartEpoch));
  if (start < sweep.training.epochs) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: start_epoch is {}, but training has {} epoch{}, so the method would never begin; start earlier",
                  arm.method, start, sweep.training.epochs, sweep.training.epochs == 1 ? "" : "s"));
}

Arm without_usual(Arm arm, const MethodDescription& method) {
  for (const ParameterDescription& p : method.parameters)
    if (const auto found = arm.parameters.find(p.name); found != arm.parameters.end() && p.usual == found->second)
      arm.parameters.erase(found);
  for (const OptionDescription& o : method.options)
    if (const auto found = arm.options.find(o.name);
        found != arm.options.end() && o.left_out && o.values.front() == found->second)
      arm.options.erase(found);
  return arm;
}

bool needs_baseline(const Arm& arm) {
  if (const MethodDefinition* one = find_method(arm.method)) return one->needs_baseline(arm);
  const std::vector<Part> parts = parts_of(arm);
  return std::any_of(parts.begin(), parts.end(), [](const Part& p) { return p.method->needs_baseline(p.arm); });
}

int64_t rounds_of(const Arm& arm) { return static_cast<int64_t>(parameter(arm, kRounds, 1)); }

StatusOr<Decision> decide(const Arm& arm, std::span<const int64_t> train_counts,
                          const std::optional<ConfusionMatrix>& validation, uint64_t seed) {
  EV_RETURN_IF_ERROR(check_arm(arm));
  StatusOr<Decision> decision = decide_checked(arm, train_counts, validation, seed);
  if (decision.ok()) return decision;
  return Status(decision.status().code(), arm_name(arm) + ": " + std::string(decision.status().message()));
}

std::optional<std::string> known_identity(const Arm& arm, std::span<const int64_t> train_counts) {
  std::string all;
  for (const Part& part : parts_of(arm)) {
    const auto one = part.method->identity(part.arm, train_counts);
    if (!one) return std::nullopt;
    all += (all.empty() ? "" : "; ") + *one;
  }
  return all.empty() ? std::nullopt : std::optional(all);
}

}  // namespace evensweep

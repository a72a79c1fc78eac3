#include "sweeps/methods/method.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "sweeps/methods/definition.h"

namespace evensweep {
namespace {

const std::vector<MethodDefinition>& definitions() {
  static const std::vector<MethodDefinition> kDefinitions = [] {
    std::vector<MethodDefinition> all;
    for (const auto& methods : {weighting_methods(), logit_methods(), sampling_methods(), dynamic_methods()})
      all.insert(all.end(), methods.begin(), methods.end());
    return all;
  }();
  return kDefinitions;
}

// nullptr if there is no method of that name.
const MethodDefinition* find_method(const std::string& name) {
  for (const MethodDefinition& method : definitions())
    if (method.description.name == name) return &method;
  return nullptr;
}

bool in_range(const ParameterDescription& p, double value) {
  return std::isfinite(value) && value >= p.least && (p.most_excluded ? value < p.most : value <= p.most);
}

Status check_parameters(const Arm& arm, const MethodDescription& method) {
  for (const ParameterDescription& p : method.parameters) {
    const auto found = arm.parameters.find(p.name);
    if (found == arm.parameters.end()) {
      return absl::InvalidArgumentError(fmt::format("{} needs the parameter {}: {}", arm.method, p.name, p.meaning));
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

StatusOr<Decision> decide_checked(const Arm& arm, std::span<const int64_t> train_counts,
                                  const std::optional<ConfusionMatrix>& baseline_validation, uint64_t seed) {
  if (train_counts.empty()) return absl::InvalidArgumentError("there are no classes");
  EV_ASSIGN_OR_RETURN(std::optional<ValidationTprs> tprs,
                      tprs_if_needed(arm, train_counts.size(), baseline_validation));
  EV_ASSIGN_OR_RETURN(Decision decision,
                      find_method(arm.method)
                          ->decide(arm, {.train_counts = train_counts, .validation = std::move(tprs), .seed = seed}));
  if (arm.method != kBaseline) {
    if (auto identity = known_identity(arm, train_counts)) decision.notes.push_back(*std::move(identity));
  }
  return decision;
}

}  // namespace

std::span<const MethodDescription> known_methods() {
  static const std::vector<MethodDescription> kMethods = [] {
    std::vector<MethodDescription> all;
    for (const MethodDefinition& method : definitions()) all.push_back(method.description);
    return all;
  }();
  return kMethods;
}

Status check_arm(const Arm& arm) {
  const MethodDefinition* method = find_method(arm.method);
  if (method == nullptr) {
    std::vector<std::string> names;
    for (const MethodDescription& known : known_methods()) names.push_back(known.name);
    const auto near = nearest_name(arm.method, names);
    return absl::InvalidArgumentError(
        fmt::format("there is no method \"{}\"{}", arm.method, near ? "; did you mean " + *near + "?" : ""));
  }
  EV_RETURN_IF_ERROR(check_parameters(arm, method->description));
  return check_options(arm, method->description);
}

bool needs_baseline(const Arm& arm) {
  const MethodDefinition* method = find_method(arm.method);
  return method != nullptr && method->needs_baseline(arm);
}

StatusOr<Decision> decide(const Arm& arm, std::span<const int64_t> train_counts,
                          const std::optional<ConfusionMatrix>& baseline_validation, uint64_t seed) {
  EV_RETURN_IF_ERROR(check_arm(arm));
  StatusOr<Decision> decision = decide_checked(arm, train_counts, baseline_validation, seed);
  if (decision.ok()) return decision;
  return Status(decision.status().code(), arm_name(arm) + ": " + std::string(decision.status().message()));
}

std::optional<std::string> known_identity(const Arm& arm, std::span<const int64_t> train_counts) {
  const MethodDefinition* method = find_method(arm.method);
  return method == nullptr ? std::nullopt : method->identity(arm, train_counts);
}

}  // namespace evensweep

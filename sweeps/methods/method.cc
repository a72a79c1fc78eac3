#include "sweeps/methods/method.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/base/text.h"
#include "sweeps/methods/weights.h"

namespace evensweep {
namespace {

constexpr char kTprWeighting[] = "tpr_weighting";
constexpr char kEffectiveNumber[] = "effective_number";
constexpr char kFocal[] = "focal";

std::vector<MethodDescription> describe_methods() {
  return {
      {kBaseline, {}, {}, "plain cross entropy, all class weights 1"},
      {kTprWeighting,
       {{"gamma", -10, 10, false, "strength; 0 does nothing, below 0 favours the classes that are already good"}},
       {},
       "class weights (mean TPR / TPR)^gamma from the baseline's validation TPRs"},
      {kEffectiveNumber,
       {{"beta", 0, 1, true, "overlap of samples; 0 does nothing, towards 1 it becomes inverse class frequency"}},
       {{"counts", {"train", "tpr"}, "train: class sizes; tpr: class sizes times the baseline's validation TPRs"}},
       "class weights 1 / effective number of samples"},
      {kFocal,
       {{"gamma", 0, 10, false, "how much well-classified examples are played down; 0 does nothing"}},
       {},
       "focal loss, all class weights 1"},
  };
}

const MethodDescription* find_method(const std::string& name) {
  for (const MethodDescription& method : known_methods())
    if (method.name == name) return &method;
  return nullptr;
}

double parameter(const Arm& arm, const char* name) {
  const auto found = arm.parameters.find(name);
  return found == arm.parameters.end() ? 0 : found->second;
}

bool counts_by_tpr(const Arm& arm) {
  const auto found = arm.options.find("counts");
  return found != arm.options.end() && found->second == "tpr";
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

// The last bits of exp and log differ between C libraries. Twelve digits are the same everywhere, so that a treatment,
// and with it the run key, does not depend on the machine that decided it.
std::vector<double> portable(const std::vector<double>& weights) {
  std::vector<double> rounded;
  for (double w : weights) {
    const std::string text = fmt::format("{:.12g}", w);
    std::from_chars(text.data(), text.data() + text.size(), w);
    rounded.push_back(w);
  }
  return rounded;
}

Decision weight_by_tpr(double gamma, const ValidationTprs& validation) {
  const TprWeights w = tpr_weights(validation.tpr, gamma, validation.floor);
  Decision decision{{portable(w.weights), 0}, {}};
  if (w.mean_tpr <= 0) {
    decision.notes.push_back("every validation TPR is 0: all weights are 1, as in the baseline");
    return decision;
  }
  for (size_t c = 0; c < w.raw.size(); ++c) {
    if (w.floored[c]) {
      decision.notes.push_back(fmt::format("class {}: validation TPR {} raised to {:.4g}, half an example", c,
                                           shortest(validation.tpr[c]), validation.floor[c]));
    }
    if (w.clipped[c]) {
      decision.notes.push_back(
          fmt::format("class {}: raw weight {:.4g} cut to {}", c, w.raw[c], shortest(kMaxRawWeight)));
    }
  }
  return decision;
}

StatusOr<Decision> weight_by_effective_number(double beta, std::span<const int64_t> train_counts,
                                              const std::optional<ValidationTprs>& validation) {
  std::vector<double> counts(train_counts.begin(), train_counts.end());
  Decision decision;
  if (validation.has_value()) {
    for (size_t c = 0; c < train_counts.size(); ++c) {
      if (train_counts[c] <= 0) return absl::InvalidArgumentError(fmt::format("class {} has no training samples", c));
    }
    const AdaptedCounts adapted = tpr_adapted_counts(train_counts, validation->tpr);
    counts = adapted.counts;
    for (size_t c = 0; c < counts.size(); ++c) {
      if (!adapted.raised[c]) continue;
      decision.notes.push_back(fmt::format("class {}: class size times validation TPR is below 1, raised to 1", c));
    }
  }
  EV_ASSIGN_OR_RETURN(const EffectiveNumberWeights w, effective_number_weights(counts, beta));
  decision.treatment.class_weights = portable(w.weights);
  return decision;
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
                                  const std::optional<ConfusionMatrix>& baseline_validation) {
  if (train_counts.empty()) return absl::InvalidArgumentError("there are no classes");
  EV_ASSIGN_OR_RETURN(const std::optional<ValidationTprs> tprs,
                      tprs_if_needed(arm, train_counts.size(), baseline_validation));
  Decision decision{{std::vector<double>(train_counts.size(), 1.0), 0}, {}};
  if (arm.method == kTprWeighting) {
    decision = weight_by_tpr(parameter(arm, "gamma"), *tprs);
  } else if (arm.method == kEffectiveNumber) {
    EV_ASSIGN_OR_RETURN(decision, weight_by_effective_number(parameter(arm, "beta"), train_counts, tprs));
  } else if (arm.method == kFocal) {
    decision.treatment.focal_gamma = parameter(arm, "gamma");
  }
  if (arm.method != kBaseline) {
    if (auto identity = known_identity(arm, train_counts)) decision.notes.push_back(*std::move(identity));
  }
  return decision;
}

}  // namespace

std::span<const MethodDescription> known_methods() {
  static const std::vector<MethodDescription> kMethods = describe_methods();
  return kMethods;
}

Status check_arm(const Arm& arm) {
  const MethodDescription* method = find_method(arm.method);
  if (method == nullptr) {
    std::vector<std::string> names;
    for (const MethodDescription& known : known_methods()) names.push_back(known.name);
    const auto near = nearest_name(arm.method, names);
    return absl::InvalidArgumentError(
        fmt::format("there is no method \"{}\"{}", arm.method, near ? "; did you mean " + *near + "?" : ""));
  }
  EV_RETURN_IF_ERROR(check_parameters(arm, *method));
  return check_options(arm, *method);
}

bool needs_baseline(const Arm& arm) {
  return arm.method == kTprWeighting || (arm.method == kEffectiveNumber && counts_by_tpr(arm));
}

StatusOr<Decision> decide(const Arm& arm, std::span<const int64_t> train_counts,
                          const std::optional<ConfusionMatrix>& baseline_validation) {
  EV_RETURN_IF_ERROR(check_arm(arm));
  StatusOr<Decision> decision = decide_checked(arm, train_counts, baseline_validation);
  if (decision.ok()) return decision;
  return Status(decision.status().code(), arm_name(arm) + ": " + std::string(decision.status().message()));
}

std::optional<std::string> known_identity(const Arm& arm, std::span<const int64_t> train_counts) {
  if (arm.method == kBaseline) return "it is the baseline";
  if (arm.method == kTprWeighting && parameter(arm, "gamma") == 0) {
    return "gamma = 0 gives every class the weight 1: the same training as the baseline";
  }
  if (arm.method == kFocal && parameter(arm, "gamma") == 0) {
    return "gamma = 0 makes the focal loss the cross entropy: the same training as the baseline";
  }
  if (arm.method != kEffectiveNumber) return std::nullopt;
  if (parameter(arm, "beta") == 0) {
    return "beta = 0 gives every class the weight 1: the same training as the baseline";
  }
  const auto same_size = [&](int64_t n) { return n == train_counts.front(); };
  if (!counts_by_tpr(arm) && !train_counts.empty() &&
      std::all_of(train_counts.begin(), train_counts.end(), same_size)) {
    return "all classes have the same size, so every class gets the weight 1: the same training as the baseline; "
           "counts = tpr would use the TPRs instead";
  }
  return std::nullopt;
}

}  // namespace evensweep

#include "sweeps/methods/definition.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/base/text.h"
#include "common/model/expand.h"

namespace evensweep {

double parameter(const Arm& arm, const char* name, double usual) {
  const auto found = arm.parameters.find(name);
  return found == arm.parameters.end() ? usual : found->second;
}

std::string option(const Arm& arm, const char* name, const char* usual) {
  const auto found = arm.options.find(name);
  return found == arm.options.end() ? usual : found->second;
}

bool counts_by_tpr(const Arm& arm) { return option(arm, "counts", "train") == "tpr"; }

OptionDescription counts_option() {
  return {"counts", {"train", "tpr"}, "train: class sizes; tpr: class sizes times the baseline's validation TPRs"};
}

std::vector<double> portable(const std::vector<double>& values) {
  std::vector<double> rounded;
  for (double value : values) {
    const std::string text = fmt::format("{:.12g}", value);
    std::from_chars(text.data(), text.data() + text.size(), value);
    rounded.push_back(value);
  }
  return rounded;
}

Decision weigh_by_tpr(double gamma, const ClassEvidence& evidence) {
  const ValidationTprs& validation = *evidence.validation;
  const TprWeights w = tpr_weights(validation.tpr, gamma, validation.floor);
  Decision decision{unit_treatment(evidence.train_counts.size()), {}};
  decision.treatment.class_weights = portable(w.weights);
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

StatusOr<ClassSizes> class_sizes(const Arm& arm, const ClassEvidence& evidence) {
  const std::span<const int64_t> counts = evidence.train_counts;
  for (size_t c = 0; c < counts.size(); ++c)
    if (counts[c] <= 0) return absl::InvalidArgumentError(fmt::format("class {} has no training samples", c));
  if (!counts_by_tpr(arm)) return ClassSizes{.sizes = {counts.begin(), counts.end()}, .notes = {}};
  AdaptedCounts adapted = tpr_adapted_counts(counts, evidence.validation->tpr);
  ClassSizes result{.sizes = std::move(adapted.counts), .notes = {}};
  for (size_t c = 0; c < counts.size(); ++c) {
    if (!adapted.raised[c]) continue;
    result.notes.push_back(fmt::format("class {}: class size times validation TPR is below 1, raised to 1", c));
  }
  return result;
}

std::optional<std::string> equal_sizes_identity(const Arm& arm, std::span<const int64_t> train_counts,
                                                const char* consequence) {
  const auto same_size = [&](int64_t n) { return n == train_counts.front(); };
  if (counts_by_tpr(arm) || train_counts.empty() || !std::all_of(train_counts.begin(), train_counts.end(), same_size))
    return std::nullopt;
  return fmt::format(
      "all classes have the same size, so {}: the same training as the baseline; counts = tpr would use the TPRs "
      "instead",
      consequence);
}

}  // namespace evensweep

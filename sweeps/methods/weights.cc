#include "sweeps/methods/weights.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evensweep {

std::vector<double> normalize_weights(std::span<const double> raw) {
  std::vector<double> weights(raw.size(), 1.0);
  const bool all_equal = std::all_of(raw.begin(), raw.end(), [&](double w) { return w == raw.front(); });
  if (all_equal) return weights;
  const double sum = std::accumulate(raw.begin(), raw.end(), 0.0);
  for (size_t c = 0; c < raw.size(); ++c) weights[c] = raw[c] / sum * static_cast<double>(raw.size());
  return weights;
}

TprWeights tpr_weights(std::span<const double> tpr, double gamma, std::span<const double> floor, double max_raw) {
  const size_t classes = tpr.size();
  TprWeights result;
  result.raw.assign(classes, 1.0);
  result.weights.assign(classes, 1.0);
  result.floored.assign(classes, false);
  result.clipped.assign(classes, false);
  if (classes == 0) return result;
  result.mean_tpr = std::accumulate(tpr.begin(), tpr.end(), 0.0) / static_cast<double>(classes);
  if (result.mean_tpr <= 0) return result;

  std::vector<double> cut(classes);
  for (size_t c = 0; c < classes; ++c) {
    result.floored[c] = tpr[c] < floor[c];
    const double exponent = gamma * (std::log(result.mean_tpr) - std::log(std::max(tpr[c], floor[c])));
    result.raw[c] = std::exp(exponent);
    result.clipped[c] = result.raw[c] > max_raw;
    cut[c] = std::min(result.raw[c], max_raw);
  }
  result.weights = normalize_weights(cut);
  return result;
}

StatusOr<EffectiveNumberWeights> effective_number_weights(std::span<const double> counts, double beta) {
  EffectiveNumberWeights result;
  for (size_t c = 0; c < counts.size(); ++c) {
    if (!(counts[c] > 0)) return absl::InvalidArgumentError(fmt::format("class {} has no training samples", c));
    // 1 - beta^n loses all digits for beta near 1; expm1 and log1p keep them.
    const double rest = 1 - beta;
    const double number = rest > 0 ? -std::expm1(counts[c] * std::log1p(-rest)) / rest : counts[c];
    result.effective_number.push_back(number);
    result.raw.push_back(1 / number);
  }
  result.weights = normalize_weights(result.raw);
  return result;
}

AdaptedCounts tpr_adapted_counts(std::span<const int64_t> train_counts, std::span<const double> tpr, double least) {
  AdaptedCounts result;
  for (size_t c = 0; c < train_counts.size(); ++c) {
    const double adapted = static_cast<double>(train_counts[c]) * tpr[c];
    result.raised.push_back(adapted < least);
    result.counts.push_back(std::max(least, adapted));
  }
  return result;
}

std::vector<double> augmentation_probabilities(std::span<const double> tpr, double amount) {
  std::vector<double> probabilities(tpr.size());
  if (tpr.empty()) return probabilities;
  const double most_missed = 1 - *std::min_element(tpr.begin(), tpr.end());
  if (most_missed <= 0) return probabilities;
  for (size_t c = 0; c < tpr.size(); ++c) probabilities[c] = std::min(1.0, amount * (1 - tpr[c]) / most_missed);
  return probabilities;
}

StatusOr<ValidationTprs> validation_tprs(const ConfusionMatrix& validation) {
  const int64_t classes = validation.classes;
  if (classes < 1 || static_cast<int64_t>(validation.counts.size()) / classes != classes ||
      static_cast<int64_t>(validation.counts.size()) % classes != 0) {
    return absl::InvalidArgumentError("validation counts: not a square confusion matrix");
  }
  ValidationTprs result;
  for (int64_t c = 0; c < classes; ++c) {
    int64_t support = 0;
    for (int64_t predicted = 0; predicted < classes; ++predicted) {
      if (validation.at(c, predicted) < 0) {
        return absl::InvalidArgumentError(fmt::format("validation counts: a count of class {} is negative", c));
      }
      support += validation.at(c, predicted);
    }
    if (support == 0) {
      return absl::FailedPreconditionError(
          fmt::format("class {} has no validation samples; its TPR is undefined, enlarge the validation split", c));
    }
    result.tpr.push_back(static_cast<double>(validation.at(c, c)) / static_cast<double>(support));
    result.floor.push_back(0.5 / static_cast<double>(support));
  }
  return result;
}

}  // namespace evensweep

#include "sweeps/methods/dynamic.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sweeps/methods/weights.h"

namespace evensweep {

double dynamic_cdb_tau(std::span<const double> accuracy) {
  if (accuracy.empty()) return 0.5;
  const auto [least, most] = std::minmax_element(accuracy.begin(), accuracy.end());
  return 1 / (1 + std::exp(-*most / (*least + 0.01)));
}

std::vector<double> cdb_weights(std::span<const double> accuracy, double tau) {
  std::vector<double> difficulty;
  for (const double a : accuracy) difficulty.push_back(std::pow(1 - a, tau));
  return normalize_weights(difficulty);
}

RecallLoss recall_loss(std::span<const int64_t> labels, std::span<const int64_t> predictions, size_t classes) {
  std::vector<double> there(classes), missed(classes);
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto truth = static_cast<size_t>(labels[i]);
    ++there[truth];
    if (predictions[i] != labels[i]) ++missed[truth];
  }
  RecallLoss result;
  for (size_t c = 0; c < classes; ++c) {
    const double count = std::max(there[c], 1.0);
    result.missed.push_back(missed[c] / count);
    result.weights.push_back(std::max(missed[c], 1.0) / count);
  }
  return result;
}

std::vector<double> group_dro_update(std::span<const double> q, std::span<const double> class_losses, double eta) {
  if (q.empty()) return {};
  // Divided by the largest factor, which the normalisation takes out again: the exponential of a large loss overflows.
  const double largest = *std::max_element(class_losses.begin(), class_losses.end());
  std::vector<double> updated;
  for (size_t c = 0; c < q.size(); ++c) updated.push_back(q[c] * std::exp(eta * (class_losses[c] - largest)));
  const double sum = std::accumulate(updated.begin(), updated.end(), 0.0);
  for (double& share : updated) share /= sum;
  return updated;
}

}  // namespace evensweep

#include "sweeps/methods/frequency.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sweeps/methods/weights.h"

namespace evensweep {
namespace {

std::vector<double> powers(std::span<const double> counts, double power) {
  std::vector<double> raw;
  for (double n : counts) raw.push_back(std::pow(n, power));
  return raw;
}

double sum_of(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// Gives the rows that rounding down has left to the classes with the largest remainders.
void share_out(int64_t left, ResampleQuota& quota) {
  std::vector<size_t> order(quota.exact.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto remainder = [&](size_t c) { return quota.exact[c] - std::floor(quota.exact[c]); };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return remainder(a) > remainder(b); });
  for (size_t i = 0; left > 0; i = (i + 1) % order.size(), --left) ++quota.rows[order[i]];
}

}  // namespace

std::vector<double> frequency_weights(std::span<const double> counts, double power) {
  return normalize_weights(powers(counts, power));
}

std::vector<double> with_sample_mean_one(std::span<const double> weights, std::span<const double> counts) {
  const double weighted = std::inner_product(weights.begin(), weights.end(), counts.begin(), 0.0);
  const double scale = sum_of(counts) / weighted;
  std::vector<double> result(weights.begin(), weights.end());
  for (double& w : result) w *= scale;
  return result;
}

std::vector<double> ldam_margins(std::span<const double> counts, double largest) {
  std::vector<double> margins = powers(counts, -0.25);
  const double most = *std::max_element(margins.begin(), margins.end());
  for (double& m : margins) m *= largest / most;
  return margins;
}

std::vector<double> log_priors(std::span<const double> counts, double tau) {
  const double all = sum_of(counts);
  std::vector<double> priors;
  for (double n : counts) priors.push_back(tau * std::log(n / all));
  return priors;
}

StatusOr<ResampleQuota> resample_quota(std::span<const int64_t> counts, std::span<const double> weights,
                                       int64_t total) {
  if (counts.empty() || counts.size() != weights.size()) {
    return absl::InvalidArgumentError("resampling: one weight is needed for each class");
  }
  if (total < 0) return absl::InvalidArgumentError("resampling: the number of rows is negative");
  double sum = 0;
  for (size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] <= 0) return absl::InvalidArgumentError(fmt::format("class {} has no training samples", c));
    if (!(weights[c] > 0) || !std::isfinite(weights[c])) {
      return absl::InvalidArgumentError(fmt::format("class {} has the weight {}; it must be above 0", c, weights[c]));
    }
    sum += static_cast<double>(counts[c]) * weights[c];
  }
  const double least = *std::min_element(weights.begin(), weights.end());
  ResampleQuota quota;
  for (size_t c = 0; c < counts.size(); ++c) {
    const double share = static_cast<double>(counts[c]) * weights[c];
    quota.exact.push_back(static_cast<double>(total) * share / sum);
    quota.rows.push_back(static_cast<int64_t>(std::floor(quota.exact.back())));
    // Rounding must not turn the lightest class's own n into n + 1.
    quota.oversampled.push_back(static_cast<int64_t>(std::ceil(share / least * (1 - 1e-12))));
  }
  share_out(total - std::accumulate(quota.rows.begin(), quota.rows.end(), int64_t{0}), quota);
  return quota;
}

}  // namespace evensweep

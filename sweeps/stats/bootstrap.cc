#include "sweeps/stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "common/base/rng.h"
#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

// Linear between the order statistics, the first at p = 0 and the last at p = 1.
double quantile(const std::vector<double>& sorted, double p) {
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

Interval quantiles(const std::vector<double>& sorted, const Interval& at) {
  return {quantile(sorted, at.low), quantile(sorted, at.high)};
}

double bias_correction(const std::vector<double>& sorted, double estimate) {
  const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), estimate);
  const auto below_and_up_to = static_cast<double>((low - sorted.begin()) + (high - sorted.begin()));
  return normal_quantile(below_and_up_to / (2 * static_cast<double>(sorted.size())));
}

double acceleration_of(std::span<const double> d, const Statistic& statistic) {
  std::vector<double> without(d.begin() + 1, d.end()), values;
  for (size_t i = 0; i < d.size(); ++i) {
    values.push_back(statistic(without));
    if (i < without.size()) without[i] = d[i];  // next the one after it is left out
  }
  const double mean = sample_mean(values);
  double squares = 0, cubes = 0;
  for (double value : values) {
    const double off = mean - value;
    squares += off * off;
    cubes += off * off * off;
  }
  return cubes / (6 * std::pow(squares, 1.5));
}

Bca correct(const std::vector<double>& sorted, double z0, double acceleration, double alpha) {
  const auto level = [&](double z) { return normal_cdf(z0 + (z0 + z) / (1 - acceleration * (z0 + z))); };
  const double z = normal_quantile(1 - alpha / 2);
  const Interval at{level(-z), level(z)};
  return {quantiles(sorted, at), at};
}

}  // namespace

double sample_mean(std::span<const double> d) {
  return std::accumulate(d.begin(), d.end(), 0.0) / static_cast<double>(d.size());
}

double sample_median(std::span<const double> d) {
  std::vector<double> values(d.begin(), d.end());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.size() % 2 == 1 ? *middle : std::midpoint(*std::max_element(values.begin(), middle), *middle);
}

std::optional<BootstrapIntervals> bootstrap_intervals(std::span<const double> d, const Statistic& statistic,
                                                      std::span<const double> replicates, double alpha) {
  if (d.size() < 2 || replicates.size() < 2 || !all_finite(d) || !all_finite(replicates)) return std::nullopt;
  const double estimate = statistic(d);
  std::vector<double> sorted(replicates.begin(), replicates.end());
  std::sort(sorted.begin(), sorted.end());
  BootstrapIntervals result;
  result.se = paired_t(sorted, alpha).sd;
  result.percentile = quantiles(sorted, {alpha / 2, 1 - alpha / 2});
  result.basic = {2 * estimate - result.percentile.high, 2 * estimate - result.percentile.low};
  result.z0 = bias_correction(sorted, estimate);
  result.acceleration = acceleration_of(d, statistic);
  if (std::isfinite(result.z0) && std::isfinite(result.acceleration))
    result.bca = correct(sorted, result.z0, result.acceleration, alpha);
  return result;
}

std::optional<BootstrapIntervals> bootstrap(std::span<const double> d, const Statistic& statistic, double alpha,
                                            uint64_t seed, int64_t count) {
  if (d.size() < 2 || !all_finite(d)) return std::nullopt;
  Rng rng(seed, "bootstrap");
  std::vector<double> drawn(d.size()), replicates;
  for (int64_t r = 0; r < count; ++r) {
    for (double& x : drawn) x = d[rng.below(d.size())];
    replicates.push_back(statistic(drawn));
  }
  return bootstrap_intervals(d, statistic, replicates, alpha);
}

}  // namespace evensweep

#include "sweeps/stats/effects.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (double v : values) squares += (v - mean) * (v - mean);
  return squares / static_cast<double>(values.size() - 1);
}

double superiority(double a, double b) { return a > b ? 1 : a == b ? 0.5 : 0; }

double interquartile_mean(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const size_t cut = sorted.size() / 4;
  return mean_of(std::span<const double>(sorted).subspan(cut, sorted.size() - 2 * cut));
}

Interval clipped(double middle, double reach) { return {std::max(0.0, middle - reach), std::min(1.0, middle + reach)}; }

Interval wilson(double p, double n, double z) {
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double reach = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return clipped(middle, reach);
}

// The shift of the noncentral t distribution with P(T > t) = share, which rises with the shift.
double shift_of(double t, double df, double share) {
  double low = t - 1, high = t + 1;
  for (double step = 1; noncentral_t_sf(t, df, low) > share && step < 1e6; step *= 2) low = t - 2 * step;
  for (double step = 1; noncentral_t_sf(t, df, high) < share && step < 1e6; step *= 2) high = t + 2 * step;
  for (int i = 0; i < 60; ++i) {
    const double middle = std::midpoint(low, high);
    (noncentral_t_sf(t, df, middle) > share ? high : low) = middle;
  }
  return std::midpoint(low, high);
}

}  // namespace

std::optional<Interval> standard_effect_interval(const PairedSummary& summary, double alpha) {
  const StandardEffect effect = standard_effect(summary);
  if (summary.status != PairedStatus::kOk || !std::isfinite(effect.gz)) return std::nullopt;
  const auto n = static_cast<double>(summary.n);
  const double unit = effect.hedges_j / std::sqrt(n);
  return Interval{shift_of(summary.t, n - 1, alpha / 2) * unit, shift_of(summary.t, n - 1, 1 - alpha / 2) * unit};
}

EffectSizes effect_sizes(std::span<const double> x, std::span<const double> y) {
  EffectSizes e;
  for (double a : x)
    for (double b : y) e.a12 += superiority(a, b);
  e.a12 /= static_cast<double>(x.size() * y.size());
  e.cliffs_delta = 2 * e.a12 - 1;
  for (size_t i = 0; i < x.size(); ++i) e.paired_superiority += superiority(x[i], y[i]) / static_cast<double>(x.size());
  const double pooled = std::sqrt((variance_of(x) + variance_of(y)) / 2);
  e.cohen_d_average = pooled > 0 ? (mean_of(x) - mean_of(y)) / pooled : std::numeric_limits<double>::quiet_NaN();
  e.interquartile_mean_x = interquartile_mean(x);
  return e;
}

ProportionIntervals proportion_intervals(int64_t correct, int64_t total, double confidence) {
  const double tail = (1 - confidence) / 2;
  const auto k = static_cast<double>(correct), n = static_cast<double>(total);
  const double z = -normal_quantile(tail);
  ProportionIntervals i;
  i.wilson = wilson(k / n, n, z);
  i.wald = clipped(k / n, z * std::sqrt(k / n * (1 - k / n) / n));
  i.clopper_pearson = {k == 0 ? 0 : beta_quantile(tail, k, n - k + 1),
                       k == n ? 1 : beta_quantile(1 - tail, k + 1, n - k)};
  i.jeffreys = {beta_quantile(tail, k + 0.5, n - k + 0.5), beta_quantile(1 - tail, k + 0.5, n - k + 0.5)};
  return i;
}

}  // namespace evensweep

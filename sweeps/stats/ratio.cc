#include "sweeps/stats/ratio.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

// Means of pairs (x, y), and variances and covariance of these means.
struct PairMoments {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
};

PairMoments moments(std::span<const double> x, std::span<const double> y) {
  PairMoments m;
  m.n = static_cast<double>(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    m.x += x[i] / m.n;
    m.y += y[i] / m.n;
  }
  const double divisor = m.n * (m.n - 1);
  for (size_t i = 0; i < x.size(); ++i) {
    m.xx += (x[i] - m.x) * (x[i] - m.x) / divisor;
    m.xy += (x[i] - m.x) * (y[i] - m.y) / divisor;
    m.yy += (y[i] - m.y) * (y[i] - m.y) / divisor;
  }
  return m;
}

// The ratios r for which y - r x is no further from 0 than t standard errors: a r^2 - 2 b r + c <= 0. With a <= 0 they
// are no interval, but all numbers or all outside of one.
std::optional<Interval> fieller(const PairMoments& m, double alpha) {
  const double t = student_quantile(1 - alpha / 2, m.n - 1);
  const double a = m.x * m.x - t * t * m.xx;
  const double b = m.x * m.y - t * t * m.xy;
  const double c = m.y * m.y - t * t * m.yy;
  if (!(a > 0)) return std::nullopt;
  const double root = std::sqrt(std::max(0.0, b * b - a * c));
  return Interval{(b - root) / a, (b + root) / a};
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

bool all_positive(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return v > 0; });
}

PairedSummary log_ratio(std::span<const double> baseline, std::span<const double> rebalanced, double alpha) {
  std::vector<double> ratios;
  for (size_t i = 0; i < baseline.size(); ++i) ratios.push_back(std::log(rebalanced[i]) - std::log(baseline[i]));
  return paired_t(ratios, alpha, 1);
}

}  // namespace

std::optional<SpreadRatio> spread_ratio(std::span<const double> baseline, std::span<const double> rebalanced,
                                        double alpha) {
  if (baseline.size() != rebalanced.size() || baseline.size() < 2) return std::nullopt;
  if (!all_finite(baseline) || !all_finite(rebalanced)) return std::nullopt;
  const PairMoments m = moments(baseline, rebalanced);
  SpreadRatio result;
  result.of_means = m.x != 0 ? m.y / m.x : std::nan("");
  result.fieller = fieller(m, alpha);
  if (!all_positive(baseline) || !all_positive(rebalanced)) return result;
  const PairedSummary logs = log_ratio(baseline, rebalanced, alpha);
  result.log_ratio = logs;
  result.geometric_mean = std::exp(logs.mean);
  result.geometric_interval = Interval{std::exp(logs.ci_low), std::exp(logs.ci_high)};
  return result;
}

}  // namespace evensweep

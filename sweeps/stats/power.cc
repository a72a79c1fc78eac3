#include "sweeps/stats/power.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double t_power(int64_t n, double dz, const TestLevel& level) {
  if (n < 2 || std::isnan(dz)) return kNaN;
  const double df = static_cast<double>(n - 1), shift = dz * std::sqrt(static_cast<double>(n));
  const double bound = -student_quantile(level.two_sided ? level.alpha / 2 : level.alpha, df);
  const double above = noncentral_t_sf(bound, df, shift);
  return level.two_sided ? above + noncentral_t_sf(bound, df, -shift) : above;
}

std::optional<int64_t> seeds_for_power(double dz, double power, const TestLevel& level) {
  const auto enough = [&](int64_t n) { return t_power(n, dz, level) >= power; };
  if (!enough(kMostSeeds)) return std::nullopt;
  int64_t low = 1, high = kMostSeeds;
  while (high - low > 1) {
    const int64_t middle = std::midpoint(low, high);
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

std::optional<double> detectable_effect(int64_t n, double power, const TestLevel& level) {
  if (n < 2) return std::nullopt;
  double low = 0, high = 1;
  while (t_power(n, high, level) < power) {
    low = high;
    high *= 2;
    if (high > 1e9) return std::nullopt;
  }
  for (int step = 0; step < 60; ++step) {
    const double middle = std::midpoint(low, high);
    (t_power(n, middle, level) >= power ? high : low) = middle;
  }
  return high;
}

double sd_upper_limit(double sd, int64_t n, double confidence) {
  if (n < 2) return kNaN;
  const auto df = static_cast<double>(n - 1);
  return sd * std::sqrt(df / chi2_quantile(1 - confidence, df));
}

double noether_pairs(double gamma, double alpha, double beta) {
  const double z = normal_quantile(1 - alpha) + normal_quantile(1 - beta);
  return z * z / (6 * (gamma - 0.5) * (gamma - 0.5));
}

}  // namespace evensweep

#include "sweeps/stats/shapiro.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

// c[0] + c[1] x + c[2] x^2 + ...
template <size_t N>
double polynomial(const std::array<double, N>& c, double x) {
  double value = 0;
  for (size_t i = N; i-- > 0;) value = value * x + c[i];
  return value;
}

// Royston's fits: corrections of the outer two weights in 1 / sqrt(n), then mean and log standard deviation of the
// transformed W in n (n <= 11) and in ln n.
constexpr std::array kOuter{0.0, 0.221157, -0.147981, -2.071190, 4.434685, -2.706056};
constexpr std::array kSecond{0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633};
constexpr std::array kSmallShift{-2.273, 0.459};
constexpr std::array kSmallMean{0.5440, -0.39978, 0.025054, -0.0006714};
constexpr std::array kSmallLogSd{1.3822, -0.77857, 0.062767, -0.0020322};
constexpr std::array kLargeMean{-1.5861, -0.31082, -0.083751, 0.0038915};
constexpr std::array kLargeLogSd{-0.4803, -0.082676, 0.0030302};

// Approximate expected normal order statistics (Blom), ascending.
std::vector<double> normal_scores(size_t n) {
  std::vector<double> scores;
  for (size_t i = 1; i <= n; ++i)
    scores.push_back(normal_quantile((static_cast<double>(i) - 0.375) / (static_cast<double>(n) + 0.25)));
  return scores;
}

// The weights of the ordered values; their squares sum to 1.
std::vector<double> weights(size_t n) {
  if (n == 3) return {-std::numbers::sqrt2 / 2, 0, std::numbers::sqrt2 / 2};
  std::vector<double> w = normal_scores(n);
  const double squares = std::inner_product(w.begin(), w.end(), w.begin(), 0.0);
  const double u = 1 / std::sqrt(static_cast<double>(n));
  const size_t corrected = n > 5 ? 2 : 1;
  double left = squares, share = 1;  // of the weights that are only scaled
  std::array<double, 2> outer{polynomial(kOuter, u), polynomial(kSecond, u)};
  for (size_t i = 0; i < corrected; ++i) {
    const double score = w[n - 1 - i];
    outer[i] += score / std::sqrt(squares);
    left -= 2 * score * score;
    share -= 2 * outer[i] * outer[i];
  }
  const double scale = std::sqrt(share / left);
  for (double& x : w) x *= scale;
  for (size_t i = 0; i < corrected; ++i) {
    w[n - 1 - i] = outer[i];
    w[i] = -outer[i];
  }
  return w;
}

double p_of(double w, double n) {
  if (n == 3) {
    const double p = 6 / std::numbers::pi * (std::asin(std::sqrt(w)) - std::asin(std::sqrt(0.75)));
    return std::clamp(p, 0.0, 1.0);
  }
  const double y = std::log1p(-w);
  if (n > 11) {
    const double log_n = std::log(n);
    return normal_sf((y - polynomial(kLargeMean, log_n)) / std::exp(polynomial(kLargeLogSd, log_n)));
  }
  const double room = polynomial(kSmallShift, n) - y;
  if (room <= 0) return 0;
  return normal_sf((-std::log(room) - polynomial(kSmallMean, n)) / std::exp(polynomial(kSmallLogSd, n)));
}

}  // namespace

std::optional<ShapiroWilk> shapiro_wilk(std::span<const double> values) {
  const size_t n = values.size();
  if (n < 3 || n > static_cast<size_t>(kMostShapiroValues)) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  if (!std::all_of(sorted.begin(), sorted.end(), [](double x) { return std::isfinite(x); })) return std::nullopt;
  std::sort(sorted.begin(), sorted.end());
  const double range = sorted.back() - sorted.front();
  if (!(range > 0) || !std::isfinite(range)) return std::nullopt;
  const double first = sorted.front();
  for (double& x : sorted) x = (x - first) / range;  // squares neither vanish nor overflow
  const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(n);
  const std::vector<double> a = weights(n);
  double weighted = 0, squares = 0;
  for (size_t i = 0; i < n; ++i) {
    weighted += a[i] * sorted[i];
    squares += (sorted[i] - mean) * (sorted[i] - mean);
  }
  ShapiroWilk result;
  result.w = std::min(1.0, weighted * weighted / squares);
  result.p = p_of(result.w, static_cast<double>(n));
  return result;
}

}  // namespace evensweep

#include "sweeps/stats/paired.h"

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "common/base/rng.h"
#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRelativeZero = 1e-12;

double two_sided(double greater, double less) { return std::min(1.0, 2 * std::min(greater, less)); }

bool all_finite(std::span<const double> d) {
  return std::all_of(d.begin(), d.end(), [](double x) { return std::isfinite(x); });
}

double largest(std::span<const double> d) {
  double most = 0;
  for (double x : d) most = std::max(most, std::abs(x));
  return most;
}

double sum_of(std::span<const double> d) { return std::accumulate(d.begin(), d.end(), 0.0); }

double sample_sd(std::span<const double> d, double mean) {
  double squares = 0;
  for (double x : d) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / static_cast<double>(d.size() - 1));
}

void set_degenerate(PairedSummary& s) {
  s.sd = s.se = 0;
  s.ci_low = s.ci_high = s.mean;
  if (s.status == PairedStatus::kAllZero) {
    s.t = kNaN;
    s.mean = s.ci_low = s.ci_high = 0;
    s.p_two_sided = s.p_greater = s.p_less = 1;
    return;
  }
  s.t = s.mean > 0 ? kInfinity : -kInfinity;
  s.p_two_sided = 0;
  s.p_greater = s.mean > 0 ? 0 : 1;
  s.p_less = s.mean > 0 ? 1 : 0;
}

void set_student(double alpha, PairedSummary& s) {
  const auto df = static_cast<double>(s.n - 1);
  s.se = s.sd / std::sqrt(static_cast<double>(s.n));
  s.t = s.mean / s.se;
  s.p_greater = student_sf(s.t, df);
  s.p_less = student_sf(-s.t, df);
  s.p_two_sided = two_sided(*s.p_greater, *s.p_less);
  const double reach = student_quantile(1 - alpha / 2, df) * s.se;
  s.ci_low = s.mean - reach;
  s.ci_high = s.mean + reach;
}

// All 2^k sums of the values with either sign, ascending.
std::vector<double> signed_sums(std::span<const double> values) {
  std::vector<double> sums{0.0};
  for (double value : values) {
    const double size = std::abs(value);
    std::vector<double> lower(sums), upper(sums), merged(2 * sums.size());
    for (double& x : lower) x -= size;
    for (double& x : upper) x += size;
    std::merge(lower.begin(), lower.end(), upper.begin(), upper.end(), merged.begin());
    sums.swap(merged);
  }
  return sums;
}

// The number of pairs, one of each ascending list, that sum to `bound` or more. As a double: up to 2^53 it is exact.
double pairs_reaching(const std::vector<double>& a, const std::vector<double>& b, double bound) {
  double count = 0;
  size_t first = b.size();
  for (double x : a) {
    while (first > 0 && x + b[first - 1] >= bound) --first;
    count += static_cast<double>(b.size() - first);
  }
  return count;
}

void flip_all(std::span<const double> d, double sum, double tolerance, SignFlip& result) {
  const std::vector<double> a = signed_sums(d.first(d.size() / 2));
  const std::vector<double> b = signed_sums(d.subspan(d.size() / 2));
  const double all = std::ldexp(1.0, static_cast<int>(d.size()));
  result.p_greater = pairs_reaching(a, b, sum - tolerance) / all;
  result.p_less = pairs_reaching(a, b, -sum - tolerance) / all;  // the sums lie symmetrically around 0
}

void flip_some(std::span<const double> d, double sum, double tolerance, uint64_t seed, SignFlip& result) {
  Rng rng(seed, "sign flip");
  int64_t above = 0, below = 0;
  for (int64_t draw = 0; draw < kDrawnSignFlips; ++draw) {
    double flipped = 0;
    uint64_t bits = 0;
    for (size_t i = 0; i < d.size(); ++i) {
      if (i % 64 == 0) bits = rng();
      flipped += (bits & 1) != 0 ? d[i] : -d[i];
      bits >>= 1;
    }
    above += flipped >= sum - tolerance ? 1 : 0;
    below += flipped <= sum + tolerance ? 1 : 0;
  }
  result.p_greater = monte_carlo_p(above, kDrawnSignFlips);
  result.p_less = monte_carlo_p(below, kDrawnSignFlips);
}

std::vector<double> shifted(std::span<const double> values, double by) {
  std::vector<double> result(values.begin(), values.end());
  for (double& x : result) x += by;
  return result;
}

}  // namespace

const char* paired_status_name(PairedStatus status) {
  switch (status) {
    case PairedStatus::kOk: return "ok";
    case PairedStatus::kTooFew: return "too_few";
    case PairedStatus::kAllZero: return "all_zero";
    case PairedStatus::kZeroVariance: return "zero_variance";
    case PairedStatus::kNotFinite: return "not_finite";
  }
  return "";
}

PairedSummary paired_t(std::span<const double> d, double alpha, double scale) {
  PairedSummary s;
  s.n = static_cast<int64_t>(d.size());
  s.ci_low = -kInfinity;
  s.ci_high = kInfinity;
  s.t = kNaN;
  if (!all_finite(d)) {
    s.status = PairedStatus::kNotFinite;
    s.mean = s.sd = s.se = kNaN;
    return s;
  }
  if (s.n > 0) s.mean = sum_of(d) / static_cast<double>(s.n);
  if (s.n < 2) return s;
  const double zero = kRelativeZero * std::max(1e-300, scale > 0 ? scale : largest(d));
  s.sd = sample_sd(d, s.mean);
  s.status = largest(d) <= zero ? PairedStatus::kAllZero
             : s.sd <= zero     ? PairedStatus::kZeroVariance
                                : PairedStatus::kOk;
  if (s.status == PairedStatus::kOk) {
    set_student(alpha, s);
  } else {
    set_degenerate(s);
  }
  return s;
}

double monte_carlo_p(int64_t exceed, int64_t draws) {
  return static_cast<double>(exceed + 1) / static_cast<double>(draws + 1);
}

SignFlip sign_flip(std::span<const double> d, uint64_t seed) {
  SignFlip result;
  result.n = static_cast<int64_t>(d.size());
  if (d.empty() || !all_finite(d)) return result;
  result.exact = result.n <= kExactSignFlips;
  const double sum = sum_of(d);
  double reach = 0;
  for (double x : d) reach += std::abs(x);
  const double tolerance = kRelativeZero * reach;
  if (result.exact) {
    flip_all(d, sum, tolerance, result);
  } else {
    flip_some(d, sum, tolerance, seed, result);
  }
  result.p_two_sided = two_sided(*result.p_greater, *result.p_less);
  return result;
}

SignTest sign_test(std::span<const double> d) {
  SignTest test;
  for (double x : d) {
    test.positive += x > 0 ? 1 : 0;
    test.negative += x < 0 ? 1 : 0;
  }
  const auto n = static_cast<double>(test.positive + test.negative);
  if (n == 0) return test;
  test.p_greater = coin_sf(static_cast<double>(test.positive), n);
  test.p_less = coin_cdf(static_cast<double>(test.positive), n);
  test.p_two_sided = two_sided(test.p_greater, test.p_less);
  return test;
}

NonInferiority non_inferiority(std::span<const double> change, double margin, uint64_t seed) {
  const std::vector<double> above = shifted(change, margin);
  NonInferiority result;
  result.above_loss = paired_t(above, 0.1);
  result.below_gain = paired_t(shifted(change, -margin), 0.1);
  if (result.above_loss.p_greater && result.below_gain.p_less) {
    result.p_equivalent = std::max(*result.above_loss.p_greater, *result.below_gain.p_less);
  }
  result.p_sign_flip = sign_flip(above, seed).p_greater;
  result.ci90 = {result.above_loss.ci_low - margin, result.above_loss.ci_high - margin};
  return result;
}

StandardEffect standard_effect(const PairedSummary& summary) {
  const auto n = static_cast<double>(summary.n);
  StandardEffect effect;
  effect.dz = summary.sd > 0 ? summary.mean / summary.sd : kNaN;
  effect.hedges_j = n >= 3 ? boost::math::tgamma_ratio((n - 1) / 2, (n - 2) / 2) / std::sqrt((n - 1) / 2) : kNaN;
  effect.gz = effect.dz * effect.hedges_j;
  return effect;
}

}  // namespace evensweep

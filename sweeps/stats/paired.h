#pragma once
// Tests of paired differences d_i, one for each block. docs/statistics.md gives the formulas and their sources.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace evensweep {

enum class PairedStatus {
  kOk,
  kTooFew,        // fewer than two differences: no test
  kAllZero,       // every difference is zero: t undefined, every p is 1
  kZeroVariance,  // all differences are the same: t infinite, not to be used for a verdict
  kNotFinite,     // a difference is NaN or infinite: no test
};
const char* paired_status_name(PairedStatus status);  // "ok", "too_few", "all_zero", ...

struct PairedSummary {
  int64_t n = 0;
  PairedStatus status = PairedStatus::kTooFew;
  double mean = 0, sd = 0, se = 0;  // sd with n - 1
  double t = 0;                     // mean / se; NaN where all differences are zero, infinite where sd is zero
  std::optional<double> p_two_sided, p_greater, p_less;  // Student t, n - 1 degrees of freedom
  double ci_low = 0, ci_high = 0;                        // two-sided, level 1 - alpha; -inf and inf where n < 2
};

// Student's paired t test of mean d = 0. `alpha` in (0, 1). A difference counts as zero, and all as the same, within
// 1e-12 of `scale`: the size of the numbers that were subtracted; 0: the largest |d|.
PairedSummary paired_t(std::span<const double> d, double alpha, double scale = 0);

struct SignFlip {
  int64_t n = 0;
  bool exact = true;                                     // all 2^n sign vectors; else drawn with the +1 rule
  std::optional<double> p_two_sided, p_greater, p_less;  // absent where n = 0 or a difference is not finite
};

inline constexpr int64_t kExactSignFlips = 30;      // up to this n all sign vectors are counted
inline constexpr int64_t kDrawnSignFlips = 99'999;  // beyond it this many are drawn
// The sign-flip test of symmetry around 0 (Fisher 1935). Its statistic is the mean; the studentised mean gives the same
// p, as flips leave the sum of squares alone. Exact p by meeting in the middle: the sums of both halves, sorted,
// O(2^(n/2)). Drawn p: (b + 1) / (B + 1), Phipson and Smyth 2010, from the stream (seed, "sign flip").
SignFlip sign_flip(std::span<const double> d, uint64_t seed = 0);

// The p value of `exceed` draws out of `draws` that were at least as extreme as what was seen: never 0.
double monte_carlo_p(int64_t exceed, int64_t draws);

struct SignTest {
  int64_t positive = 0, negative = 0;  // zeros are left out
  double p_two_sided = 1, p_greater = 1, p_less = 1;
};
SignTest sign_test(std::span<const double> d);

struct Interval {
  double low = 0, high = 0;
};

// Whether a change is no loss of `margin` or more, and whether it lies within both margins (two one-sided t tests).
struct NonInferiority {
  PairedSummary above_loss;            // of change + margin; p_greater is the p of non-inferiority
  PairedSummary below_gain;            // of change - margin
  std::optional<double> p_equivalent;  // the larger of the two one-sided p values
  std::optional<double> p_sign_flip;   // of change + margin, one-sided
  Interval ci90;                       // of the change
};
NonInferiority non_inferiority(std::span<const double> change, double margin, uint64_t seed = 0);

struct StandardEffect {
  double dz = 0;        // mean / sd
  double hedges_j = 1;  // small-sample factor; NaN where n < 3
  double gz = 0;        // dz * hedges_j
};
StandardEffect standard_effect(const PairedSummary& summary);

}  // namespace evensweep

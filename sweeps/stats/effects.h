#pragma once
// Effect sizes and intervals that papers report beside the tests. Formulas: docs/statistics.md, section 5.

#include <cstdint>
#include <optional>
#include <span>

#include "sweeps/stats/paired.h"

namespace evensweep {

struct EffectSizes {
  double cliffs_delta = 0;          // P(x > y) - P(x < y) over all pairs, unpaired
  double a12 = 0;                   // P(x > y) + P(x = y) / 2 over all pairs, unpaired
  double paired_superiority = 0;    // the same over the pairs (x_i, y_i)
  double cohen_d_average = 0;       // difference of means / root of the mean of both variances; NaN where that is 0
  double interquartile_mean_x = 0;  // mean of the middle half: floor(n/4) values are cut at either end
};
// `x` and `y` are of the same length, at least 2, and finite.
EffectSizes effect_sizes(std::span<const double> x, std::span<const double> y);

// Two-sided interval of standard_effect(summary).gz by the noncentral t distribution, level 1 - alpha: the effects
// under which a t as large, or as small, as that seen has probability alpha / 2 or more. Absent for fewer than three
// differences and without spread.
std::optional<Interval> standard_effect_interval(const PairedSummary& summary, double alpha);

struct ProportionIntervals {
  Interval wilson, clopper_pearson, jeffreys, wald;
};
// Two-sided intervals of the share of which `correct` of `total` were seen; 0 <= correct <= total, total > 0,
// 0 < confidence < 1.
ProportionIntervals proportion_intervals(int64_t correct, int64_t total, double confidence);

}  // namespace evensweep

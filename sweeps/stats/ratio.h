#pragma once
// The ratio of two spreads over blocks: rebalanced / baseline, below 1 where the spread falls. Formulas and sources:
// docs/statistics.md, section 3.

#include <optional>
#include <span>

#include "sweeps/stats/paired.h"

namespace evensweep {

struct SpreadRatio {
  double of_means = 0;              // mean of rebalanced / mean of baseline; NaN where the latter is 0
  std::optional<Interval> fieller;  // of of_means; absent where the baseline's mean could be 0, as no interval has it
  // The mean log ratio over the blocks, and its t test of 0. Absent where a spread is not positive: Var_u may be
  // negative, and leaving out such blocks would favour one side.
  std::optional<PairedSummary> log_ratio;
  std::optional<double> geometric_mean;        // of the ratios
  std::optional<Interval> geometric_interval;  // by Student's t of the log ratios
};

// `baseline` and `rebalanced` hold one spread for each block, in the same order; `alpha` in (0, 1). Absent where they
// differ in length, for fewer than two blocks, and where a number is not finite.
std::optional<SpreadRatio> spread_ratio(std::span<const double> baseline, std::span<const double> rebalanced,
                                        double alpha);

}  // namespace evensweep

#pragma once
// Whether the spread hardly changes: the ratio of Var_u of the rebalanced model to that of the baseline lies within
// 1/1.1 and 1.1. Two one-sided tests (Schuirmann 1987); formulas: docs/statistics.md, section 6.

#include <optional>
#include <span>

namespace evensweep {

inline constexpr double kPracticalRatio = 1.1;

enum class RatioScale {
  kLog,    // of the mean log ratio; every spread must be above 0
  kMeans,  // of the ratio of means: of rebalanced - r baseline for both limits r
};

// The larger p of the two tests. Spreads of the same blocks in the same order. Absent for fewer than two blocks, where
// the baseline's mean spread is not above 0, and where a number has no logarithm that needs one or is not finite.
// Where t has no spread to work with, sign flips take its place.
std::optional<double> p_equivalent_spread(std::span<const double> baseline, std::span<const double> rebalanced,
                                          RatioScale scale);

}  // namespace evensweep

#pragma once
// Distribution-free intervals of the centre of paired differences. Formulas and sources: docs/statistics.md, section 3.

#include <cstdint>
#include <optional>
#include <span>

#include "sweeps/stats/paired.h"

namespace evensweep {

struct HodgesLehmann {
  double estimate = 0;    // median of the means (d_i + d_j) / 2, i <= j
  int64_t index = 1;      // the interval goes from the index-th smallest to the index-th largest of these means
  Interval interval;      // Wilcoxon's signed-rank test with ties ignored, inverted
  double confidence = 0;  // exact level of the interval: below 1 - alpha where there are too few differences
};

inline constexpr int64_t kMostWalshValues = 1000;
// Hodges and Lehmann 1963. `alpha` in (0, 1). Absent without differences, for more than kMostWalshValues of them, and
// where one is not finite.
std::optional<HodgesLehmann> hodges_lehmann(std::span<const double> d, double alpha);

// Two-sided interval of the centre of symmetry that inverts the sign-flip test: the k-th smallest and k-th largest mean
// of the 2^n - 1 subsets of d, k = floor(2^n alpha / 2); from -inf to inf where k = 0 (Hartigan 1969). Exact up to
// kExactSignFlips differences, in O(2^(n/2)) time and memory; beyond, kDrawnSignFlips subsets are drawn from the stream
// (seed, "subset means"). `alpha` in (0, 1). Absent without differences and where one is not finite.
std::optional<Interval> sign_flip_interval(std::span<const double> d, double alpha, uint64_t seed = 0);

}  // namespace evensweep

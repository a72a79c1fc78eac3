#pragma once
// The sign-flip test of a whole family of arms that share their blocks (Westfall and Young 1993).
// Formulas and sources: docs/statistics.md, section 4.

#include <cstdint>
#include <optional>
#include <vector>

#include "sweeps/stats/paired.h"

namespace evensweep {

// The differences of each arm, one for each block, in the same order of blocks. An arm with a difference that is not
// finite, or with fewer than the longest arm, is not tested.
using FamilyDifferences = std::vector<std::vector<double>>;

enum class Side { kGreater, kLess, kTwoSided };

inline constexpr int64_t kExactMaxT = 20;  // up to this number of blocks all sign vectors are counted

struct MaxTOptions {
  Side side = Side::kGreater;
  bool studentised = true;  // else the statistic is the mean, which favours arms that scatter widely
  int64_t untested = 0;     // planned arms that have no differences; each adds an arm's own p to its p in the family
  uint64_t seed = 0;        // of the stream (seed, "max t") where sign vectors are drawn
};

struct MaxTArm {
  double statistic = 0;  // t or the mean; two-sided: its size. t is infinite where all differences are the same
  double p = 1;          // of the arm alone: its sign-flip test
  double p_single_step = 1, p_step_down = 1;  // in the family; the latter is never larger and as valid
};

// One for each arm, absent where it is not tested. All rows of signs are applied to whole blocks, so that the
// dependence between arms is kept. Up to kExactMaxT blocks exact, 2^(n-1) steps for each arm; beyond it
// kDrawnSignFlips are drawn, the +1 rule.
std::vector<std::optional<MaxTArm>> max_t_sign_flip(const FamilyDifferences& arms, const MaxTOptions& options);

// Intervals of the arms' means that hold for all arms together with probability 1 - alpha, 0 < alpha < 1:
// mean -+ q sd / sqrt(n), q the quantile of the family's largest t (two-sided: |t|) over the sign vectors of the
// differences from their means. Infinite where there are too few blocks for that quantile. Absent as above.
std::vector<std::optional<Interval>> simultaneous_intervals(const FamilyDifferences& arms, double alpha,
                                                            Side side = Side::kTwoSided, uint64_t seed = 0);

}  // namespace evensweep

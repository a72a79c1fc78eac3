#pragma once
// The permutation test of arms against a shared baseline: within a block, any model might as well have been the
// baseline. Formulas and limits: docs/statistics.md, section 4.

#include <cstdint>
#include <optional>
#include <vector>

namespace evensweep {

inline constexpr int64_t kDrawnLabelPermutations = 99'999;

struct LabelPermutation {
  bool exact = true;
  int64_t permutations = 0;                  // ((arms + 1)!)^blocks, or as many as were drawn
  std::vector<double> statistic;             // of each arm: mean over blocks of baseline less arm
  std::vector<double> p_raw, p_single_step;  // one-sided: the baseline's value is larger
};

// `values[block]` holds the baseline's value and then one for each arm. Drawn from the stream (seed, "label
// permutation") by the +1 rule; up to ten times as many are all counted. Absent where there is no block or no arm,
// where blocks differ in length, or a value is not finite.
std::optional<LabelPermutation> max_t_label_permutation(const std::vector<std::vector<double>>& values,
                                                        uint64_t seed = 0, int64_t draws = kDrawnLabelPermutations);

}  // namespace evensweep

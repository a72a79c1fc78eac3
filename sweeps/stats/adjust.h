#pragma once
// Adjusting p values for the number of comparisons. Formulas and sources: docs/statistics.md, section 4.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evensweep {

enum class Correction {
  kNone,
  kBonferroni,
  kSidak,
  kHolm,
  kHolmSidak,
  kHochberg,
  kHommel,
  kBenjaminiHochberg,
  kBenjaminiYekutieli
};

// Adjusted p values in the order given; equal p stay equal. An absent p is a comparison that was planned but could not
// be tested: it counts in the number of comparisons and stays absent.
std::vector<std::optional<double>> adjust_p(std::span<const std::optional<double>> p, Correction correction);

// The two-stage step-up test of Benjamini, Krieger and Yekutieli 2006 at false discovery rate `alpha`.
std::vector<bool> reject_two_stage(std::span<const std::optional<double>> p, double alpha);

// The smallest number of blocks n with comparisons / 2^n <= alpha (two-sided: 2 comparisons / 2^n): with fewer, no
// sign-flip p can stay below alpha after Bonferroni's or Holm's adjustment. 0 < alpha < 1.
int64_t min_blocks(int64_t comparisons, double alpha, bool two_sided);

}  // namespace evensweep

#pragma once
// Wilcoxon's signed-rank test. Formulas and sources: docs/statistics.md, section 3.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evensweep {

enum class ZeroMethod {
  kDrop,   // zeros are dropped, then the rest is ranked (Wilcoxon 1945)
  kPratt,  // zeros are ranked, then their ranks dropped (Pratt 1959)
  kSplit,  // half of the zeros' ranks goes to either side
};

struct OneSided {
  double two_sided = 1, greater = 1, less = 1;
};

struct SignedRank {
  double rank_sum_positive = 0, rank_sum_negative = 0;
  OneSided exact;                 // all sign vectors of the differences that aren't zero, ties by midranks
  double z = 0, z_corrected = 0;  // normal approximation; corrected: 1/2 towards 0 for "greater". NaN without spread
  OneSided normal, normal_corrected;  // its p values, without and with continuity correction
  double rank_biserial = 0;           // (R+ - R-) / (R+ + R-); 0 where all are zero
};
// `d` finite. Numbers that agree in twelve significant digits count as tied: ranks must not depend on rounding.
SignedRank signed_rank(std::span<const double> d, ZeroMethod zeros);

// `value` rounded to twelve significant digits, for ranking.
double twelve_digits(double value);

// P(W+ = w) for w = 0 .. n (n + 1) / 2 without ties. n from 0 to 1000.
std::vector<double> signed_rank_distribution(int64_t n);

}  // namespace evensweep

#pragma once
// Looking at the data several times without more false findings: planned looks. Formulas and sources:
// docs/statistics.md, section 4.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evensweep {

enum class Spending {
  kObrienFleming,    // 2 (1 - Phi(z_(1-alpha/2) / sqrt t)): almost nothing early
  kPocock,           // alpha ln(1 + (e - 1) t): evenly
  kHwangShihDeCani,  // alpha (1 - exp(-gamma t)) / (1 - exp(-gamma)), gamma = -4 unless given
};

// The part of alpha that may be spent up to the share t of the blocks (Lan and DeMets 1983). NaN unless 0 < alpha < 1
// and gamma is finite; t below 0 counts as 0, above 1 as 1.
double alpha_spent(Spending spending, double alpha, double t, double gamma = -4);

inline constexpr int64_t kExactSequential = 20;  // up to this many planned blocks all sign vectors are counted

struct SequentialPlan {
  std::vector<int64_t> looks;  // blocks at each look, increasing, from 1
  std::vector<double> shares;  // of alpha's time at each look, where blocks were lost; empty: looks / the last look
  double alpha = 0.05;
  Spending spending = Spending::kObrienFleming;
  double gamma = -4;
  uint64_t seed = 0;  // of the stream (seed, "sequential"), where sign vectors are drawn: by number of planned blocks
};

struct SequentialTest {
  bool exact = true;                   // all sign vectors; else the one that is seen and kDrawnSignFlips drawn ones
  std::vector<double> alpha_spent;     // up to each planned look
  std::vector<double> boundaries;      // of the looks that d reaches: a sum of d at least as large rejects; may be inf
  std::vector<double> p;               // of each of these looks: the share of sign vectors that crossed a boundary
                                       // before, or reach the sum that is seen (stagewise ordering)
  std::optional<int64_t> rejected_at;  // the first look that rejects, counted from 1
};

// One-sided group-sequential sign-flip test (larger d): at each look the boundary is the smallest sum that at most
// floor(alpha_spent 2^n) sign vectors have reached, at this look or before. The chance of any rejection under symmetry
// is at most alpha. What is decided at a look stays when blocks are added. Absent where the looks are not increasing
// numbers above 0, shares are given but not one for each look, alpha or gamma is none, or a difference is not finite.
std::optional<SequentialTest> sequential_sign_flip(std::span<const double> d, const SequentialPlan& plan);

}  // namespace evensweep

#pragma once
// What a number of blocks can show. Power of Student's paired t test, by the noncentral t distribution; the sign-flip
// test that decides comes close to it above its floor (min_blocks in adjust.h). Formulas: docs/statistics.md,
// section 12.

#include <cstdint>
#include <optional>

namespace evensweep {

struct TestLevel {
  double alpha = 0.05;  // in (0, 1)
  bool two_sided = false;
};

// The chance of p <= alpha where the mean difference is `dz` standard deviations, `n` blocks. NaN for n < 2.
double t_power(int64_t n, double dz, const TestLevel& level);

inline constexpr int64_t kMostSeeds = 1'000'000;
// The fewest blocks, at least 2, for which t_power >= power; `power` in (0, 1). Absent above kMostSeeds: an effect of
// 0, below it where one-sided, or a NaN.
std::optional<int64_t> seeds_for_power(double dz, double power, const TestLevel& level);

// The smallest dz > 0 with t_power >= power; `power` in (alpha, 1). Absent for n < 2.
std::optional<double> detectable_effect(int64_t n, double power, const TestLevel& level);

// Upper confidence limit of a standard deviation, normal data: sd sqrt((n - 1) / chi2_(1 - confidence; n - 1)). `sd`
// is of `n` values, with n - 1. NaN for n < 2.
double sd_upper_limit(double sd, int64_t n, double confidence);

// Pairs needed to see, one-sided at `alpha` with power 1 - beta, that the method wins in a share `gamma` of them
// (Noether 1987). Infinite for gamma = 1/2.
double noether_pairs(double gamma, double alpha, double beta);

}  // namespace evensweep

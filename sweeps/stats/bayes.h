#pragma once
// Posterior probabilities that a method is worse, practically the same, or better, for paired differences d_i and a
// region of practical equivalence (ROPE) from -rope to rope. Formulas and sources: docs/statistics.md, "Bayesian
// tests".

#include <cstdint>
#include <optional>
#include <span>

namespace evensweep {

struct Posterior {
  double worse = 0, rope = 0, better = 0;  // below -rope, within, above rope; they sum to 1
};

// Of the mean difference, under a flat prior: Student's t with n - 1 degrees of freedom around the mean of d, scale
// s sqrt(1/n + rho/(1-rho)). `rho`, in [0, 1), is the correlation of the d_i: 0 for independent seeds, the test share
// for resampled splits of the same data (Nadeau and Bengio 2003; 1/n for n-fold cross-validation). Without spread the
// mean is certain. Absent where n < 2, a difference is not finite, rope < 0 or rho is outside [0, 1).
std::optional<Posterior> bayes_t(std::span<const double> d, double rope, double rho = 0);

struct DrawnPosterior {
  Posterior sign;         // of the sign of one difference
  Posterior signed_rank;  // of the sign of the sum of two
};

inline constexpr int64_t kPosteriorDraws = 50'000;
// The Bayesian sign and signed-rank tests (Benavoli et al. 2014, 2017): a Dirichlet process whose prior lies at 0, with
// weight 1 for the sign test and 1/2 for the signed-rank test. A probability is the share of the draws in which that
// region has the most mass, exact to about 0.002 with kPosteriorDraws. Drawn from (seed, "bayes signed rank"). O(n) a
// draw. Absent where d is empty or not finite, or rope < 0.
std::optional<DrawnPosterior> bayes_signed_rank(std::span<const double> d, double rope, uint64_t seed = 0,
                                                int64_t draws = kPosteriorDraws);

}  // namespace evensweep

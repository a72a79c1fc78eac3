#pragma once
// Comparing methods over several data sets by the ranks they have on each. Formulas and sources: docs/statistics.md,
// "Several data sets". Scores: one row for each data set, one column for each method, higher is better, rank 1 is the
// best.

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/status.h"

namespace evensweep {

enum class FriedmanStatus {
  kOk,
  kAllTied,  // on every data set all methods have the same score: chi2 and F undefined, every p is 1
};

struct Friedman {
  int64_t datasets = 0, methods = 0;
  FriedmanStatus status = FriedmanStatus::kOk;
  std::vector<double> mean_ranks;  // of each method; ties share the mean of their ranks
  double chi2 = 0;                 // corrected for ties
  double p_chi2 = 1;               // k - 1 degrees of freedom; poor for fewer than five data sets
  double kendall_w = 0;            // agreement of the data sets: 0 none, 1 all rank alike
  double f = 0;                    // Iman and Davenport 1980; infinite where all data sets rank alike
  double p_f = 1;
  double p_permutation = 1;       // of the same statistic, scores permuted within each data set
  bool permutation_exact = true;  // all permutations counted; else drawn with the +1 rule
};

inline constexpr int64_t kDrawnPermutations = 99'999;
// Friedman's test that all methods rank alike. InvalidArgument names the data set whose row has another length than the
// first or a score that is not finite; two data sets and two methods are the least. Scores that agree in twelve
// significant digits are tied. Permutations are drawn, where they are too many, from (seed, "friedman").
StatusOr<Friedman> friedman(std::span<const std::vector<double>> scores, uint64_t seed = 0);

// Nemenyi's critical value: quantile 1 - alpha of the studentised range over sqrt 2. k >= 2, 0 < alpha < 1; else NaN.
double nemenyi_q(int64_t methods, double alpha);
// The difference of two mean ranks from which on it is significant at alpha: among all pairs (Nemenyi 1963), or against
// one control (Dunn 1961, Bonferroni).
double nemenyi_cd(const Friedman& ranks, double alpha);
double bonferroni_dunn_cd(const Friedman& ranks, double alpha);

// p[i][j] of methods i and j, adjusted for all pairs; the diagonal is 1.
std::vector<std::vector<double>> nemenyi_p(const Friedman& ranks);

struct ControlComparison {
  int64_t method = 0;
  double z = 0;  // above 0: the method ranks better than the control
  double p = 1;  // two-sided
  double p_holm = 1, p_bonferroni = 1;
};
// Every other method against `control`, in the order of the columns. Empty where `control` is no column.
std::vector<ControlComparison> compare_with_control(const Friedman& ranks, int64_t control);

}  // namespace evensweep

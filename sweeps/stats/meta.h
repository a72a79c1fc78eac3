#pragma once
// Random-effects meta-analysis: one mean effect over data sets that may differ in their true effects. Formulas and
// sources: docs/statistics.md, "Several data sets". Made for the log ratio ln(Var'/Var), whose scale is the same on all
// data sets.

#include <cstdint>
#include <optional>
#include <span>

#include "sweeps/stats/paired.h"

namespace evensweep {

struct StudyEffect {
  double effect = 0;
  double variance = 0;  // of the effect as an estimate: its squared standard error
};

enum class BetweenVariance {
  kPauleMandel,       // the tau^2 with which Q is what is expected (1982); the usual choice
  kDerSimonianLaird,  // the first step towards it from tau^2 = 0 (1986)
};

enum class MetaStatus {
  kOk,
  kTooFew,     // fewer than three studies
  kNotUsable,  // a variance that is not above 0, or numbers that are not finite or too far apart to calculate with
};

struct MetaAnalysis {
  MetaStatus status = MetaStatus::kTooFew;
  int64_t studies = 0;
  double mean = 0, se = 0;    // se by Hartung and Knapp 2001
  double t = 0;               // mean / se, k - 1 degrees of freedom; infinite where se is 0
  std::optional<double> p;    // two-sided
  Interval interval;          // of the mean, level 1 - alpha
  Interval prediction;        // of the true effect on a further data set, level 1 - alpha (Higgins et al. 2009)
  double tau2 = 0;            // variance of the true effects between data sets
  double q = 0;               // Cochran's Q
  std::optional<double> p_q;  // of no differences between data sets
  double i2 = 0;              // share of the scatter that is between data sets: max(0, 1 - (k - 1)/Q)
};

// `alpha` in (0, 1). What is undefined has a status; then only `studies` is set.
MetaAnalysis random_effects(std::span<const StudyEffect> studies, double alpha,
                            BetweenVariance between = BetweenVariance::kPauleMandel);

}  // namespace evensweep

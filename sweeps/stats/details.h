#pragma once
// What stands beside the verdicts: secondary measures, other tests and intervals of D_u, classes, trends. None of it
// decides anything. Formulas: docs/statistics.md, sections 3 to 6 and 11.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sweeps/stats/bayes.h"
#include "sweeps/stats/bootstrap.h"
#include "sweeps/stats/evidence.h"
#include "sweeps/stats/intervals.h"
#include "sweeps/stats/ranks.h"
#include "sweeps/stats/test_set.h"
#include "sweeps/stats/trend.h"

namespace evensweep {

// One measure of both models, a number for each complete block in the order of the seeds.
struct Estimand {
  const char* name;  // "accuracy", "worst_tpr", ...
  std::vector<double> baseline, rebalanced;
  PairedSummary change;  // rebalanced less baseline, interval at 1 - alpha
};
// accuracy, balanced_accuracy, macro_f1 (where confusions are known), worst_tpr, baseline_worst_class_tpr (the class
// that is the baseline's worst in that block), range, mean_abs_deviation and cv of the TPRs.
std::vector<Estimand> estimands_of(const std::vector<BlockEffect>& blocks, double alpha);

// Two-sided max-T over the classes of one arm.
struct ClassChange {
  std::optional<double> p_adjusted;
  std::optional<Interval> simultaneous;
};
inline constexpr size_t kMostTestedClasses = 100;  // with more, none is tested
std::vector<ClassChange> class_changes(const ArmEvidence& arm, double alpha);

struct TestOfReduction {
  const char* name;
  std::optional<double> p;  // one-sided, of the arm alone; of the label permutation: in the family
  bool agrees = true;       // with the sign-flip test of the arm alone, or in the family, about p <= alpha
};

struct ArmDetails {
  std::vector<Estimand> estimands;
  std::vector<ClassChange> classes;  // empty where not tested
  // t, wilcoxon_drop, wilcoxon_pratt, wilcoxon_split, sign, log_ratio, label_permutation
  std::vector<TestOfReduction> tests;
  // The sign-flip p, adjusted in other ways.
  std::optional<double> p_holm, p_hochberg, p_benjamini_hochberg, p_benjamini_yekutieli;
  std::optional<Interval> sign_flip_interval;
  std::optional<HodgesLehmann> hodges_lehmann;
  std::optional<Bca> bca;
  std::optional<double> shapiro_w;
  StandardEffect effect;
  std::optional<Interval> gz_interval;     // of effect.gz
  std::optional<double> rank_biserial;     // Wilcoxon's, zeros dropped
  int64_t positive_blocks = 0;             // with D_u > 0
  std::optional<Interval> positive_share;  // Clopper-Pearson interval of P(D_u > 0)
  std::optional<double> correlation;       // of both models' Var_u over blocks; below 0 pairing costs power
  std::optional<double> detectable;        // mean of D_u found with kPlannedPower at family_level, this sd
  double rope = 0;                         // a tenth of the baseline's mean Var_u
  std::optional<Posterior> bayes_t, bayes_signed_rank;
  std::optional<TestSetPart> test_set;  // where the results have predictions and labels
};

struct Details {
  std::vector<ArmDetails> arms;  // as in the evidence
  std::vector<Trend> trends;
};
// Of identities and arms without blocks the lists are empty. Deterministic; a few milliseconds for each arm.
Details details_of(const SweepResults& results, const Evidence& evidence, const TestLabels& labels = {});

// A sentence for each arm whose tests do not agree; one for all where these are many.
std::vector<std::string> disagreements(const Evidence& evidence, const Details& details, double alpha);

}  // namespace evensweep

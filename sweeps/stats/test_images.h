#pragma once
// Two models on the same test examples: what the examples themselves add to the uncertainty of D.
// Formulas: docs/statistics.md, section 1.

#include <span>
#include <vector>

#include "common/base/status.h"
#include "sweeps/stats/metrics.h"

namespace evensweep {

// Test examples of each class by which model is right.
struct JointCounts {
  std::vector<int64_t> both, only_baseline, only_rebalanced, neither;
};

struct TestComparison {
  ModelMetrics baseline, rebalanced;
  double d = 0, d_bias = 0, d_unbiased = 0;      // of Var(baseline) - Var(rebalanced)
  double relative = 0, relative_unbiased = 0;    // d / var; NaN where the divisor is not positive
  double log_ratio = 0;                          // ln(var(rebalanced) / var(baseline)); NaN where either is zero
  double d_test_se = 0;                          // leading-order standard error of d over new test examples
  double worst_change = 0, accuracy_change = 0;  // rebalanced less baseline
  double range_reduction = 0;                    // baseline less rebalanced, as D
  int64_t discordant_baseline = 0, discordant_rebalanced = 0;  // examples that one model alone gets right
  double mcnemar_p = 1;                                        // exact, two-sided
};
// InvalidArgument where the lists differ in length, or as model_metrics.
StatusOr<TestComparison> compare_on_test(const JointCounts& counts);

}  // namespace evensweep

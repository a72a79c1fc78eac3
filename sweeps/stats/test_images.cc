#include "sweeps/stats/test_images.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

double ratio_of_positive(double part, double whole) {
  return whole > 0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
}

double log_ratio(double part, double whole) {
  return part > 0 && whole > 0 ? std::log(part / whole) : std::numeric_limits<double>::quiet_NaN();
}

// The delta method on both variances at once; both models see the same examples, so their hits covary.
double test_standard_error(const JointCounts& counts, const ModelMetrics& baseline, const ModelMetrics& rebalanced) {
  const auto classes = static_cast<double>(baseline.tpr.size());
  double sum = 0;
  for (size_t c = 0; c < baseline.tpr.size(); ++c) {
    const auto n = static_cast<double>(baseline.support[c]);
    const double s = baseline.tpr[c], r = rebalanced.tpr[c];
    const double ds = s - baseline.mean_tpr, dr = r - rebalanced.mean_tpr;
    const double covariance = static_cast<double>(counts.both[c]) / n - s * r;
    sum += (ds * ds * s * (1 - s) + dr * dr * r * (1 - r) - 2 * ds * dr * covariance) / (n - 1);
  }
  return 2 / classes * std::sqrt(std::max(0.0, sum));
}

double mcnemar(int64_t a, int64_t b) {
  const auto few = static_cast<double>(std::min(a, b));
  return a + b == 0 ? 1 : std::min(1.0, 2 * coin_cdf(few, static_cast<double>(a + b)));
}

}  // namespace

StatusOr<TestComparison> compare_on_test(const JointCounts& counts) {
  const size_t classes = counts.both.size();
  if (counts.only_baseline.size() != classes || counts.only_rebalanced.size() != classes ||
      counts.neither.size() != classes) {
    return absl::InvalidArgumentError("joint test counts: the four lists must have one number for each class");
  }
  std::vector<int64_t> total, hit_baseline, hit_rebalanced;
  for (size_t c = 0; c < classes; ++c) {
    hit_baseline.push_back(counts.both[c] + counts.only_baseline[c]);
    hit_rebalanced.push_back(counts.both[c] + counts.only_rebalanced[c]);
    total.push_back(hit_baseline[c] + counts.only_rebalanced[c] + counts.neither[c]);
  }
  TestComparison t;
  EV_ASSIGN_OR_RETURN(t.baseline, model_metrics(hit_baseline, total));
  EV_ASSIGN_OR_RETURN(t.rebalanced, model_metrics(hit_rebalanced, total));
  t.d = t.baseline.var - t.rebalanced.var;
  t.d_bias = t.baseline.noise_bias - t.rebalanced.noise_bias;
  t.d_unbiased = t.d - t.d_bias;
  t.relative = ratio_of_positive(t.d, t.baseline.var);
  t.relative_unbiased = ratio_of_positive(t.d_unbiased, t.baseline.var_unbiased);
  t.log_ratio = log_ratio(t.rebalanced.var, t.baseline.var);
  t.d_test_se = test_standard_error(counts, t.baseline, t.rebalanced);
  t.worst_change = t.rebalanced.worst_tpr - t.baseline.worst_tpr;
  t.range_reduction = t.baseline.range - t.rebalanced.range;
  t.accuracy_change = t.rebalanced.accuracy - t.baseline.accuracy;
  t.discordant_baseline = std::accumulate(counts.only_baseline.begin(), counts.only_baseline.end(), int64_t{0});
  t.discordant_rebalanced = std::accumulate(counts.only_rebalanced.begin(), counts.only_rebalanced.end(), int64_t{0});
  t.mcnemar_p = mcnemar(t.discordant_baseline, t.discordant_rebalanced);
  return t;
}

}  // namespace evensweep

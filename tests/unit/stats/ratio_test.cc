#include "sweeps/stats/ratio.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "common/base/rng.h"

namespace evensweep {
namespace {

using Values = std::vector<double>;

// Spreads of about 4e-3, as far apart as the seeds of a real sweep.
Values some_spreads(size_t n, const char* whose) {
  Rng rng(*rc::gen::arbitrary<uint64_t>(), whose);
  Values spreads(n);
  for (double& v : spreads) v = 3e-3 + 2e-3 * rng.uniform();
  return spreads;
}

// The p value of no mean difference if the spreads had this ratio.
double p_of_ratio(const Values& baseline, const Values& rebalanced, double ratio) {
  Values d;
  for (size_t i = 0; i < baseline.size(); ++i) d.push_back(rebalanced[i] - ratio * baseline[i]);
  return *paired_t(d, 0.05).p_two_sided;
}

RC_GTEST_PROP(SpreadRatio, HasFiellersLimitsWhereTheTestIsAtItsLevel, ()) {
  const auto n = *rc::gen::inRange<size_t>(4, 21);
  const Values baseline = some_spreads(n, "baseline"), rebalanced = some_spreads(n, "rebalanced");
  const SpreadRatio r = *spread_ratio(baseline, rebalanced, 0.05);
  RC_ASSERT(r.fieller->low < r.of_means && r.of_means < r.fieller->high);
  RC_ASSERT(std::abs(p_of_ratio(baseline, rebalanced, r.fieller->low) - 0.05) < 1e-9);
  RC_ASSERT(std::abs(p_of_ratio(baseline, rebalanced, r.fieller->high) - 0.05) < 1e-9);
}

RC_GTEST_PROP(SpreadRatio, DoesNotDependOnUnits, ()) {
  Values baseline = some_spreads(8, "baseline"), rebalanced = some_spreads(8, "rebalanced");
  const SpreadRatio before = *spread_ratio(baseline, rebalanced, 0.05);
  for (double& v : baseline) v *= 1e4;
  for (double& v : rebalanced) v *= 1e4;
  const SpreadRatio after = *spread_ratio(baseline, rebalanced, 0.05);
  RC_ASSERT(std::abs(before.of_means - after.of_means) < 1e-12);
  RC_ASSERT(std::abs(before.fieller->high - after.fieller->high) < 1e-12);
  RC_ASSERT(std::abs(*before.geometric_mean - *after.geometric_mean) < 1e-12);
}

TEST(SpreadRatio, OfProportionalSpreadsHasNoWidth) {
  const SpreadRatio r = *spread_ratio(Values{4, 6, 8}, Values{2, 3, 4}, 0.05);
  EXPECT_EQ(r.of_means, 0.5);
  EXPECT_NEAR(r.fieller->low, 0.5, 1e-9);
  EXPECT_NEAR(r.fieller->high, 0.5, 1e-9);
  EXPECT_NEAR(*r.geometric_mean, 0.5, 1e-12);
  EXPECT_EQ(r.log_ratio->status, PairedStatus::kZeroVariance);
}

TEST(SpreadRatio, HasNoIntervalOverABaselineThatCouldBeZero) {
  const SpreadRatio r = *spread_ratio(Values{-3, 4, 1}, Values{1, 2, 1.5}, 0.05);
  EXPECT_FALSE(r.fieller);
  EXPECT_FALSE(r.log_ratio) << "a negative spread has no logarithm, and leaving out its block would be a choice";
  EXPECT_TRUE(std::isnan(spread_ratio(Values{-1, 1}, Values{1, 2}, 0.05)->of_means));
}

TEST(SpreadRatio, NeedsTwoWholeBlocks) {
  EXPECT_FALSE(spread_ratio(Values{1}, Values{1}, 0.05));
  EXPECT_FALSE(spread_ratio(Values{1, 2}, Values{1, 2, 3}, 0.05));
  EXPECT_FALSE(spread_ratio(Values{1, 2}, Values{1, std::numeric_limits<double>::quiet_NaN()}, 0.05));
}

}  // namespace
}  // namespace evensweep

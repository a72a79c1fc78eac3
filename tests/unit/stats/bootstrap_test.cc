#include "sweeps/stats/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace evensweep {
namespace {

using Values = std::vector<double>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const Values kDifferences{0.43, -0.75, 1.45, 0.56, -0.49, 2.36, 0.33, 1.04, 0.24, -1.33};

Values replicates_from(double first) {
  Values values;
  for (int i = 0; i <= 100; ++i) values.push_back(first + i);
  return values;
}

TEST(Bootstrap, TakesLinearQuantilesOfTheReplicates) {
  const auto b = *bootstrap_intervals(kDifferences, sample_mean, replicates_from(-50), 0.05);
  EXPECT_DOUBLE_EQ(b.percentile.low, -47.5);
  EXPECT_DOUBLE_EQ(b.percentile.high, 47.5);
  const double estimate = sample_mean(kDifferences);
  EXPECT_DOUBLE_EQ(b.basic.low, 2 * estimate - 47.5);
  EXPECT_DOUBLE_EQ(b.basic.high, 2 * estimate + 47.5);
}

TEST(Bootstrap, CorrectsNothingWhereNothingIsToBeCorrected) {
  const auto b = *bootstrap_intervals(Values{-2, -1, 1, 2}, sample_mean, replicates_from(-50), 0.1);
  EXPECT_NEAR(b.z0, 0, 1e-12);
  EXPECT_NEAR(b.acceleration, 0, 1e-12);
  EXPECT_NEAR(b.bca->interval.low, b.percentile.low, 1e-9);
  EXPECT_NEAR(b.bca->interval.high, b.percentile.high, 1e-9);
}

TEST(Bootstrap, MovesTowardsTheLongTailOfSkewedDifferences) {
  const Values skewed{0.1, 0.2, 0.1, 0.3, 0.2, 0.1, 0.4, 0.2, 3.0, 0.3};
  const auto b = *bootstrap(skewed, sample_mean, 0.05);
  EXPECT_GT(b.acceleration, 0.05);
  EXPECT_GT(b.bca->interval.low, b.percentile.low);
  EXPECT_GT(b.bca->interval.high, b.percentile.high);
}

TEST(Bootstrap, FindsTheStandardErrorOfTheMean) {
  const auto b = *bootstrap(kDifferences, sample_mean, 0.05);
  const double n = static_cast<double>(kDifferences.size());
  EXPECT_NEAR(b.se, paired_t(kDifferences, 0.05).se * std::sqrt((n - 1) / n), 0.002);
}

TEST(Bootstrap, IsAFunctionOfItsSeed) {
  const auto low = [](uint64_t seed) { return bootstrap(kDifferences, sample_mean, 0.05, seed)->bca->interval.low; };
  EXPECT_EQ(low(0), low(0));
  EXPECT_NE(low(0), low(1));
}

TEST(Bootstrap, HasNoCorrectedIntervalWhereItIsUndefined) {
  const auto same = *bootstrap(Values(8, 0.5), sample_mean, 0.05);
  EXPECT_FALSE(same.bca);
  EXPECT_EQ(same.se, 0);
  EXPECT_EQ(same.percentile.low, 0.5);
  const auto all_above = *bootstrap_intervals(kDifferences, sample_mean, replicates_from(1000), 0.05);
  EXPECT_FALSE(all_above.bca);
  EXPECT_TRUE(std::isinf(all_above.z0));
}

TEST(Bootstrap, NeedsTwoFiniteDifferences) {
  EXPECT_FALSE(bootstrap(Values{}, sample_mean, 0.05));
  EXPECT_FALSE(bootstrap(Values{1}, sample_mean, 0.05));
  EXPECT_FALSE(bootstrap(Values{1, kNaN}, sample_mean, 0.05));
  EXPECT_FALSE(bootstrap_intervals(kDifferences, sample_mean, Values{1}, 0.05));
  EXPECT_FALSE(bootstrap_intervals(kDifferences, sample_mean, Values{1, kNaN}, 0.05));
}

TEST(SampleMedian, IsTheMiddleOrTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(sample_median(Values{5, 1, 3}), 3);
  EXPECT_EQ(sample_median(Values{5, 1, 3, 2}), 2.5);
  EXPECT_EQ(sample_median(Values{4}), 4);
}

}  // namespace
}  // namespace evensweep

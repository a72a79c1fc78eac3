#include "sweeps/stats/intervals.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "common/base/rng.h"
#include "sweeps/stats/ranks.h"

namespace evensweep {
namespace {

using Values = std::vector<double>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kClose = 1e-9;

// Continuous, so that no two means are equal.
Values some_differences(size_t least, size_t most) {
  Rng rng(*rc::gen::arbitrary<uint64_t>(), "differences");
  Values d(*rc::gen::inRange(least, most + 1));
  for (double& x : d) x = rng.uniform() - 0.4;
  return d;
}

Values moved(Values d, double scale, double by) {
  for (double& x : d) x = scale * x + by;
  return d;
}

Values all_subset_means(const Values& d) {
  Values means;
  for (uint64_t subset = 1; subset < (uint64_t{1} << d.size()); ++subset) {
    double sum = 0, count = 0;
    for (size_t i = 0; i < d.size(); ++i)
      if ((subset >> i & 1) != 0) sum += d[i], ++count;
    means.push_back(sum / count);
  }
  std::sort(means.begin(), means.end());
  return means;
}

RC_GTEST_PROP(SignFlipInterval, IsMadeOfOrderStatisticsOfTheSubsetMeans, ()) {
  const Values d = some_differences(1, 11);
  const double alpha = *rc::gen::element(0.05, 0.1, 0.25, 0.5);
  const Values means = all_subset_means(d);
  const auto k = static_cast<size_t>(alpha / 2 * std::ldexp(1.0, static_cast<int>(d.size())));
  const Interval interval = *sign_flip_interval(d, alpha);
  RC_ASSERT(k > 0 || (interval.low == -kInfinity && interval.high == kInfinity));
  RC_PRE(k > 0);
  RC_ASSERT(std::abs(interval.low - means[k - 1]) < 1e-14);
  RC_ASSERT(std::abs(interval.high - means[means.size() - k]) < 1e-14);
}

RC_GTEST_PROP(SignFlipInterval, HoldsWhatTheTestDoesNotReject, ()) {
  const Values d = some_differences(6, 20);
  const Interval interval = *sign_flip_interval(d, 0.05);
  RC_ASSERT(*sign_flip(moved(d, 1, -interval.low + kClose)).p_greater <= 0.025);
  RC_ASSERT(*sign_flip(moved(d, 1, -interval.low - kClose)).p_greater > 0.025);
  RC_ASSERT(*sign_flip(moved(d, 1, -interval.high - kClose)).p_less <= 0.025);
  RC_ASSERT(*sign_flip(moved(d, 1, -interval.high + kClose)).p_less > 0.025);
}

TEST(SignFlipInterval, IsUnboundedWithTooFewDifferences) {
  const Values five{1, 2, 3, 4, 5};  // 5 blocks reach p = 1/32 on one side: never 0.025
  EXPECT_EQ(sign_flip_interval(five, 0.05)->low, -kInfinity);
  EXPECT_EQ(sign_flip_interval(five, 0.05)->high, kInfinity);
  EXPECT_EQ(sign_flip_interval(five, 2.0 / 32)->low, 1);  // exactly at the floor: from the smallest to the largest
  EXPECT_EQ(sign_flip_interval(five, 2.0 / 32)->high, 5);
}

TEST(SignFlipInterval, DrawsSubsetsBeyondTheExactLimit) {
  Rng rng(3, "differences");
  Values d;
  for (int i = 0; i < 40; ++i) d.push_back(rng.uniform());
  const Interval drawn = *sign_flip_interval(d, 0.05), student{paired_t(d, 0.05).ci_low, paired_t(d, 0.05).ci_high};
  EXPECT_NEAR(drawn.low, student.low, 0.02);
  EXPECT_NEAR(drawn.high, student.high, 0.02);
  EXPECT_EQ(drawn.low, sign_flip_interval(d, 0.05)->low);
  EXPECT_NE(drawn.low, sign_flip_interval(d, 0.05, 1)->low);
}

TEST(SignFlipInterval, OfEqualDifferencesIsTheirValue) {
  const Interval interval = *sign_flip_interval(Values(12, -0.25), 0.05);
  EXPECT_EQ(interval.low, -0.25);
  EXPECT_EQ(interval.high, -0.25);
}

RC_GTEST_PROP(HodgesLehmann, InvertsTheSignedRankTest, ()) {
  const Values d = some_differences(2, 20);
  const HodgesLehmann h = *hodges_lehmann(d, 0.1);
  const auto p_at = [&](double centre) { return signed_rank(moved(d, 1, -centre), ZeroMethod::kDrop).exact.two_sided; };
  const double rejected = 1 - h.confidence + 1e-12;
  RC_ASSERT(p_at(h.interval.low - kClose) <= rejected);
  RC_ASSERT(p_at(h.interval.high + kClose) <= rejected);
  RC_ASSERT(p_at(h.interval.low + kClose) > rejected);
  RC_ASSERT(p_at(h.interval.high - kClose) > rejected);
}

RC_GTEST_PROP(HodgesLehmann, MovesWithTheDifferences, ()) {
  const Values d = some_differences(1, 15);
  const HodgesLehmann a = *hodges_lehmann(d, 0.1), b = *hodges_lehmann(moved(d, -2, 3), 0.1);
  RC_ASSERT(std::abs(b.estimate - (3 - 2 * a.estimate)) < 1e-12);
  RC_ASSERT(std::abs(b.interval.low - (3 - 2 * a.interval.high)) < 1e-12);
  RC_ASSERT(std::abs(b.interval.high - (3 - 2 * a.interval.low)) < 1e-12);
}

TEST(HodgesLehmann, IsTheMedianOfThePairwiseMeans) {
  const HodgesLehmann h = *hodges_lehmann(Values{0, 1, 10}, 0.5);  // means 0, 0.5, 1, 5, 5.5, 10
  EXPECT_EQ(h.estimate, 3);
}

TEST(HodgesLehmann, TellsWhichConfidenceItReaches) {
  EXPECT_EQ(hodges_lehmann(Values{1, 2, 3, 4, 5}, 0.05)->confidence, 1 - 2.0 / 32);  // less than asked for
  EXPECT_EQ(hodges_lehmann(Values{7}, 0.05)->confidence, 0);
  EXPECT_GE(hodges_lehmann(Values{1, 2, 3, 4, 5, 6}, 0.05)->confidence, 0.95);
}

TEST(Intervals, AreAbsentWithoutUsableDifferences) {
  EXPECT_FALSE(hodges_lehmann({}, 0.05));
  EXPECT_FALSE(hodges_lehmann(Values{1, kNaN}, 0.05));
  EXPECT_FALSE(hodges_lehmann(Values(kMostWalshValues + 1, 1.0), 0.05));
  EXPECT_FALSE(sign_flip_interval({}, 0.05));
  EXPECT_FALSE(sign_flip_interval(Values{1, kInfinity}, 0.05));
}

}  // namespace
}  // namespace evensweep

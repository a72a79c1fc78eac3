#include "sweeps/stats/paired.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace evensweep {
namespace {

using Values = std::vector<double>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Multiples of 1/8, so that sums are exact and ties happen.
Values some_differences(size_t least, size_t most) {
  const auto n = *rc::gen::inRange(least, most + 1);
  Values d;
  for (int k : *rc::gen::container<std::vector<int>>(n, rc::gen::inRange(-40, 41))) d.push_back(k / 8.0);
  return d;
}

double by_brute_force(const Values& d) {
  const double sum = std::accumulate(d.begin(), d.end(), 0.0);
  int64_t reaching = 0;
  for (uint64_t signs = 0; signs < (uint64_t{1} << d.size()); ++signs) {
    double flipped = 0;
    for (size_t i = 0; i < d.size(); ++i) flipped += (signs >> i & 1) != 0 ? d[i] : -d[i];
    reaching += flipped >= sum ? 1 : 0;
  }
  return static_cast<double>(reaching) / std::ldexp(1.0, static_cast<int>(d.size()));
}

RC_GTEST_PROP(SignFlip, AgreesWithBruteForce, ()) {
  const Values d = some_differences(1, 10);
  const SignFlip flip = sign_flip(d);
  RC_ASSERT(flip.exact);
  RC_ASSERT(*flip.p_greater == by_brute_force(d));
  Values negated(d);
  for (double& x : negated) x = -x;
  RC_ASSERT(*flip.p_less == by_brute_force(negated));
}

RC_GTEST_PROP(SignFlip, DoesNotDependOnScaleOrOrder, ()) {
  const Values d = some_differences(1, 25);
  Values other(d.rbegin(), d.rend());
  for (double& x : other) x *= 1e-7;
  RC_ASSERT(*sign_flip(d).p_greater == *sign_flip(other).p_greater);
}

RC_GTEST_PROP(SignFlip, FallsAsTheDifferencesRise, ()) {
  const Values d = some_differences(1, 12);
  Values higher(d);
  for (double& x : higher) x += 0.5;
  RC_ASSERT(*sign_flip(higher).p_greater <= *sign_flip(d).p_greater);
}

TEST(SignFlip, ReachesItsFloorWhenAllDifferencesArePositive) {
  for (int n = 1; n <= kExactSignFlips; ++n) {
    Values d;
    for (int i = 1; i <= n; ++i) d.push_back(0.1 * i);
    EXPECT_EQ(*sign_flip(d).p_greater, std::ldexp(1.0, -n)) << n;
  }
}

TEST(SignFlip, DrawsBeyondTheExactLimitAndNeverGivesZero) {
  const Values d(kExactSignFlips + 1, 1.0);
  const SignFlip flip = sign_flip(d, 7);
  EXPECT_FALSE(flip.exact);
  EXPECT_EQ(*flip.p_greater, 1.0 / (kDrawnSignFlips + 1));
  EXPECT_EQ(*flip.p_less, 1.0);
  Values mixed;
  for (int i = 0; i < 60; ++i) mixed.push_back(i % 2 == 0 ? 1.0 : -1.0);
  EXPECT_EQ(*sign_flip(mixed, 7).p_greater, *sign_flip(mixed, 7).p_greater);
  EXPECT_NEAR(*sign_flip(mixed, 7).p_greater, 0.551, 0.01);  // P(|sum| can tie): 1/2 + P(sum = 0)/2
}

TEST(SignFlip, GivesNoPForNothingAndForNaN) {
  EXPECT_FALSE(sign_flip({}).p_greater);
  EXPECT_FALSE(sign_flip(Values{1, kNaN}).p_greater);
  EXPECT_EQ(*sign_flip(Values{0, 0, 0}).p_greater, 1);
  EXPECT_EQ(*sign_flip(Values{2}).p_greater, 0.5);
}

RC_GTEST_PROP(PairedT, ScalesWithTheDifferences, ()) {
  const Values d = some_differences(3, 20);
  Values scaled(d);
  for (double& x : scaled) x *= 1e-6;
  const PairedSummary a = paired_t(d, 0.05), b = paired_t(scaled, 0.05);
  RC_ASSERT(a.status == b.status);
  RC_PRE(a.status == PairedStatus::kOk);
  RC_ASSERT(std::abs(a.t - b.t) < 1e-6 * std::max(1.0, std::abs(a.t)));
  RC_ASSERT(a.ci_low <= a.mean && a.mean <= a.ci_high);
}

RC_GTEST_PROP(PairedT, ChangesSidesWithTheSign, ()) {
  const Values d = some_differences(3, 20);
  Values negated(d);
  for (double& x : negated) x = -x;
  const PairedSummary a = paired_t(d, 0.05), b = paired_t(negated, 0.05);
  RC_PRE(a.status == PairedStatus::kOk);
  RC_ASSERT(std::abs(*a.p_greater - *b.p_less) < 1e-12);
  RC_ASSERT(std::abs(*a.p_two_sided - *b.p_two_sided) < 1e-12);
}

TEST(PairedT, HasAStatusForEveryEdge) {
  EXPECT_EQ(paired_t({}, 0.05).status, PairedStatus::kTooFew);
  EXPECT_FALSE(paired_t(Values{0.3}, 0.05).p_greater);
  EXPECT_EQ(paired_t(Values{0.3}, 0.05).mean, 0.3);
  EXPECT_EQ(paired_t(Values{1, kNaN, 2}, 0.05).status, PairedStatus::kNotFinite);
  EXPECT_FALSE(paired_t(Values{1, kNaN, 2}, 0.05).p_greater);
  const PairedSummary zero = paired_t(Values{0, 0, 0}, 0.05);
  EXPECT_EQ(zero.status, PairedStatus::kAllZero);
  EXPECT_EQ(*zero.p_two_sided, 1);
  const PairedSummary same = paired_t(Values{-0.1, -0.1, -0.1}, 0.05);
  EXPECT_EQ(same.status, PairedStatus::kZeroVariance);
  EXPECT_EQ(*same.p_less, 0);
  EXPECT_EQ(*same.p_greater, 1);
}

TEST(PairedT, TakesRoundingNoiseForZero) {
  // 1e-16 is what is left of equal variances of size 0.01 after rounding.
  EXPECT_EQ(paired_t(Values{1e-16, -2e-16, 1e-16}, 0.05, 0.01).status, PairedStatus::kAllZero);
  EXPECT_EQ(paired_t(Values{1e-16, -2e-16, 1e-16}, 0.05).status, PairedStatus::kOk);
}

TEST(SignTest, LeavesOutZeros) {
  const SignTest test = sign_test(Values{1, 2, 3, 0, -1});
  EXPECT_EQ(test.positive, 3);
  EXPECT_EQ(test.negative, 1);
  EXPECT_NEAR(test.p_greater, 5.0 / 16, 1e-12);
  EXPECT_EQ(sign_test(Values{0, 0}).p_two_sided, 1);
}

TEST(NonInferiority, NeedsMoreThanAMeanAboveTheMargin) {
  const Values steady{0.001, -0.001, 0.0005, -0.0005, 0.0};
  EXPECT_LT(*non_inferiority(steady, 0.005).above_loss.p_greater, 0.01);
  const Values wild{0.05, -0.05, 0.02, -0.02, 0.0};
  EXPECT_GT(*non_inferiority(wild, 0.005).above_loss.p_greater, 0.3);
  EXPECT_FALSE(non_inferiority(Values{0.1}, 0.005).p_equivalent);
}

}  // namespace
}  // namespace evensweep

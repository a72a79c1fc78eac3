#include "sweeps/stats/bayes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "sweeps/stats/distributions.h"
#include "sweeps/stats/paired.h"

namespace evensweep {
namespace {

using Values = std::vector<double>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Values negated(Values d) {
  for (double& x : d) x = -x;
  return d;
}

Values some_differences(size_t least, size_t most) {
  const auto n = *rc::gen::inRange(least, most + 1);
  Values d;
  for (int k : *rc::gen::container<std::vector<int>>(n, rc::gen::inRange(-400, 401))) d.push_back(k / 64.0);
  return d;
}

double sum(const Posterior& p) { return p.worse + p.rope + p.better; }

RC_GTEST_PROP(BayesT, WithoutARegionIsTheOneSidedPValue, ()) {
  const Values d = some_differences(2, 20);
  const PairedSummary summary = paired_t(d, 0.05);
  RC_PRE(summary.status == PairedStatus::kOk);
  const Posterior posterior = *bayes_t(d, 0);
  RC_ASSERT(std::abs(posterior.worse - *summary.p_greater) < 1e-12);
  RC_ASSERT(std::abs(posterior.better - *summary.p_less) < 1e-12);
}

RC_GTEST_PROP(BayesT, SumsToOneAndChangesSidesWithTheSign, ()) {
  const Values d = some_differences(2, 20);
  const double rope = *rc::gen::inRange(0, 100) / 32.0;
  const Posterior a = *bayes_t(d, rope), b = *bayes_t(negated(d), rope);
  RC_ASSERT(std::abs(sum(a) - 1) < 1e-12);
  RC_ASSERT(std::abs(a.worse - b.better) < 1e-12);
  RC_ASSERT(bayes_t(d, rope + 1)->rope >= a.rope);
}

TEST(BayesT, WidensWithTheCorrelation) {
  const Values d{0.2, 0.3, 0.1, 0.4, 0.25};
  EXPECT_GT(bayes_t(d, 0)->better, bayes_t(d, 0, 0.2)->better);
  EXPECT_GT(bayes_t(d, 0, 0.2)->better, bayes_t(d, 0, 0.5)->better);
}

TEST(BayesT, IsCertainWithoutSpread) {
  EXPECT_EQ(bayes_t(Values{0.1, 0.1, 0.1}, 0.05)->better, 1);
  EXPECT_EQ(bayes_t(Values{-0.1, -0.1}, 0.05)->worse, 1);
  EXPECT_EQ(bayes_t(Values{0, 0, 0}, 0)->rope, 1);
}

TEST(BayesT, SaysNothingOfWhatCannotBeUsed) {
  EXPECT_FALSE(bayes_t(Values{0.1}, 0));
  EXPECT_FALSE(bayes_t(Values{0.1, kNaN}, 0));
  EXPECT_FALSE(bayes_t(Values{0.1, 0.2}, -0.1));
  EXPECT_FALSE(bayes_t(Values{0.1, 0.2}, kNaN));
  EXPECT_FALSE(bayes_t(Values{0.1, 0.2}, 0, 1));
  EXPECT_FALSE(bayes_t(Values{0.1, 0.2}, 0, -0.1));
}

TEST(BayesSignedRank, OfOneDifferenceCanBeCalculated) {
  // Weights w of the difference and 1 - w of the prior. Sign: Beta(1, 1), so either has more mass in half of all draws.
  // Signed ranks, prior weight 1/2: both from the difference w^2, mixed 2 w (1 - w), both from the prior (1 - w)^2.
  // With d above 2 rope the first two are "better", so that 1 - (1 - w)^2 > 1/2, w > 1 - sqrt(1/2), is what it takes.
  const DrawnPosterior posterior = *bayes_signed_rank(Values{1.0}, 0.1);
  EXPECT_NEAR(posterior.sign.better, 0.5, 0.01);
  EXPECT_NEAR(posterior.signed_rank.better, 1 - beta_cdf(1 - std::sqrt(0.5), 1, 0.5), 0.01);
  EXPECT_EQ(posterior.signed_rank.worse, 0);
}

TEST(BayesSignedRank, OfASignTestIsABetaDistribution) {
  // Four better, one worse, prior within: the mass of "better" is larger than that of the other two together in
  // 1 - I_1/2(4, 2) of all draws, and the largest in somewhat more.
  const Posterior sign = bayes_signed_rank(Values{1, 2, 3, 4, -1}, 0.1)->sign;
  EXPECT_GT(sign.better, 1 - beta_cdf(0.5, 4, 2));
  EXPECT_NEAR(sign.worse, sign.rope, 0.01);  // both have one unit of weight
}

TEST(BayesSignedRank, FollowsTheBulkOfTheDifferences) {
  Values better(30, 1.0), within(30, 0.01);
  EXPECT_GT(bayes_signed_rank(better, 0.1)->signed_rank.better, 0.999);
  EXPECT_GT(bayes_signed_rank(negated(better), 0.1)->signed_rank.worse, 0.999);
  EXPECT_EQ(bayes_signed_rank(within, 0.1)->signed_rank.rope, 1);
  EXPECT_EQ(bayes_signed_rank(within, 0.1)->sign.rope, 1);
}

TEST(BayesSignedRank, TreatsBothSidesAlike) {
  const Values d{0.4, -0.1, 0.2, 0.05, -0.3, 0.6, 0.1};
  const Posterior a = bayes_signed_rank(d, 0.05, 1)->signed_rank,
                  b = bayes_signed_rank(negated(d), 0.05, 2)->signed_rank;
  EXPECT_NEAR(sum(a), 1, 1e-12);
  EXPECT_NEAR(a.better, b.worse, 0.015);
  EXPECT_NEAR(a.rope, b.rope, 0.015);
  const Posterior even = bayes_signed_rank(Values{-1, 1}, 0)->signed_rank;
  EXPECT_NEAR(even.better, 0.5, 0.015);
}

TEST(BayesSignedRank, IsTheSameForTheSameSeed) {
  const Values d{0.4, -0.1, 0.2, 0.05, -0.3};
  EXPECT_EQ(bayes_signed_rank(d, 0.1, 5)->signed_rank.better, bayes_signed_rank(d, 0.1, 5)->signed_rank.better);
  EXPECT_NE(bayes_signed_rank(d, 0.1, 5)->signed_rank.better, bayes_signed_rank(d, 0.1, 6)->signed_rank.better);
}

TEST(BayesSignedRank, SaysNothingOfWhatCannotBeUsed) {
  EXPECT_FALSE(bayes_signed_rank({}, 0.1));
  EXPECT_FALSE(bayes_signed_rank(Values{kNaN}, 0.1));
  EXPECT_FALSE(bayes_signed_rank(Values{1}, -1));
}

}  // namespace
}  // namespace evensweep

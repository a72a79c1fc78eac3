#include "sweeps/stats/sequential.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sweeps/stats/e_process.h"
#include "sweeps/stats/paired.h"

namespace evensweep {
namespace {

using Values = std::vector<double>;
constexpr Spending kSpendings[] = {Spending::kObrienFleming, Spending::kPocock, Spending::kHwangShihDeCani};

Values some_differences(size_t n) {
  Values d;
  for (int k : *rc::gen::container<std::vector<int>>(n, rc::gen::inRange(-12, 13))) d.push_back(k / 8.0);
  return d;
}

Values with_signs(const Values& d, uint64_t signs) {
  Values flipped(d);
  for (size_t i = 0; i < d.size(); ++i)
    if ((signs >> i & 1) != 0) flipped[i] = -d[i];
  return flipped;
}

TEST(AlphaSpent, RisesFromNothingToAlpha) {
  for (const Spending spending : kSpendings) {
    EXPECT_EQ(alpha_spent(spending, 0.05, 0), 0);
    EXPECT_NEAR(alpha_spent(spending, 0.05, 1), 0.05, 1e-12);
    EXPECT_EQ(alpha_spent(spending, 0.05, 2), alpha_spent(spending, 0.05, 1));
    for (double t = 0.1; t < 1; t += 0.1)
      EXPECT_LT(alpha_spent(spending, 0.05, t - 0.1), alpha_spent(spending, 0.05, t));
    EXPECT_TRUE(std::isnan(alpha_spent(spending, 0, 0.5)));
    EXPECT_TRUE(std::isnan(alpha_spent(spending, 1, 0.5)));
    EXPECT_TRUE(std::isnan(alpha_spent(spending, 0.05, NAN)));
  }
  EXPECT_DOUBLE_EQ(alpha_spent(Spending::kHwangShihDeCani, 0.05, 0.5, 0), 0.025);
}

// Under symmetry all sign vectors are as likely: counting them is the exact chance of a rejection.
RC_GTEST_PROP(SequentialSignFlip, RejectsAtMostAlphaOfAllSignVectors, ()) {
  const Values d = some_differences(8);
  const Spending spending = *rc::gen::elementOf(std::vector<Spending>(std::begin(kSpendings), std::end(kSpendings)));
  const SequentialPlan plan{.looks = {3, 6, 8}, .alpha = *rc::gen::element(0.05, 0.2), .spending = spending};
  std::vector<double> rejected_by(4);
  for (uint64_t signs = 0; signs < 256; ++signs) {
    const SequentialTest test = *sequential_sign_flip(with_signs(d, signs), plan);
    for (int64_t look = test.rejected_at.value_or(4); look <= 3; ++look) rejected_by[static_cast<size_t>(look)] += 1;
  }
  const SequentialTest test = *sequential_sign_flip(d, plan);
  for (size_t look = 1; look <= 3; ++look) RC_ASSERT(rejected_by[look] <= test.alpha_spent[look - 1] * 256 + 1e-9);
}

RC_GTEST_PROP(SequentialSignFlip, WithOneLookIsTheSignFlipTest, ()) {
  const Values d = some_differences(*rc::gen::inRange<size_t>(1, 11));
  const double alpha = *rc::gen::element(0.01, 0.05, 0.3);
  const auto test = sequential_sign_flip(d, {.looks = {std::ssize(d)}, .alpha = alpha, .spending = Spending::kPocock});
  RC_ASSERT(test->rejected_at.has_value() == (*sign_flip(d).p_greater <= alpha));
}

// What is decided at a look must not change when blocks are added.
bool starts_the_same(const Values& d, const SequentialPlan& plan) {
  const SequentialTest whole = *sequential_sign_flip(d, plan);
  const SequentialTest part = *sequential_sign_flip(Values(d.begin(), d.begin() + 9), plan);
  return part.boundaries == Values(whole.boundaries.begin(), whole.boundaries.begin() + 2) &&
         (!part.rejected_at || part.rejected_at == whole.rejected_at);
}

RC_GTEST_PROP(SequentialSignFlip, KeepsItsBoundariesWhenBlocksAreAdded, ()) {
  const Values d = some_differences(12);
  RC_ASSERT(starts_the_same(d, {.looks = {4, 8, 12}, .alpha = 0.2, .spending = Spending::kPocock}));
}

TEST(SequentialSignFlip, KeepsItsBoundariesAlsoWhereItDraws) {
  Values d;
  for (int i = 0; i < 24; ++i) d.push_back(i % 5 - 1.3);
  const SequentialPlan plan{.looks = {4, 8, 24}, .alpha = 0.2, .spending = Spending::kPocock};
  EXPECT_FALSE(sequential_sign_flip(d, plan)->exact);
  EXPECT_TRUE(starts_the_same(d, plan));
}

TEST(SequentialSignFlip, StopsEarlyForALargeEffectOnly) {
  const SequentialPlan plan{.looks = {5, 10, 15, 30}, .spending = Spending::kPocock};
  Values strong, weak;
  for (int i = 0; i < 30; ++i) {
    strong.push_back(1 + 0.01 * i);
    weak.push_back((i % 2 == 0 ? 1 : -1) * (1 + 0.01 * i));
  }
  EXPECT_EQ(sequential_sign_flip(strong, plan)->rejected_at, 2);
  EXPECT_FALSE(sequential_sign_flip(weak, plan)->rejected_at);
}

TEST(SequentialSignFlip, RefusesWhatIsNoPlan) {
  const Values d{1, 2, 3};
  EXPECT_FALSE(sequential_sign_flip(d, {.looks = {}}));
  EXPECT_FALSE(sequential_sign_flip(d, {.looks = {0, 3}}));
  EXPECT_FALSE(sequential_sign_flip(d, {.looks = {2, 2}}));
  EXPECT_FALSE(sequential_sign_flip(d, {.looks = {3}, .alpha = 1}));
  EXPECT_FALSE(sequential_sign_flip(Values{1, NAN}, {.looks = {2}}));
  EXPECT_TRUE(sequential_sign_flip({}, {.looks = {3}})->boundaries.empty());
}

// A bet on symmetric signs is fair: over all sign vectors the mean of E is 1.
RC_GTEST_PROP(EProcess, IsAFairBetUnderSymmetry, ()) {
  const Values d = some_differences(8);
  double sum = 0, crossed = 0;
  for (uint64_t signs = 0; signs < 256; ++signs) {
    const EProcess process = *e_process_symmetry(with_signs(d, signs), 0.7);
    sum += process.e.back();
    crossed += process.p_anytime.back() <= 0.05 ? 1 : 0;
    RC_ASSERT(std::is_sorted(process.p_anytime.rbegin(), process.p_anytime.rend()));
  }
  RC_ASSERT(std::abs(sum / 256 - 1) < 1e-9);
  RC_ASSERT(crossed <= 0.05 * 256);
}

TEST(EProcess, DoublesWithEveryBlockAtMost) {
  const EProcess process = *e_process_symmetry(Values(2000, 1e9), 1e-9);
  EXPECT_DOUBLE_EQ(process.e[4], 32);
  EXPECT_DOUBLE_EQ(process.p_anytime[4], 1.0 / 32);
  EXPECT_EQ(process.p_anytime.back(), 0) << "below what a double holds";
  EXPECT_EQ(e_process_symmetry(Values(2000, -1e9), 1e-9)->p_anytime.back(), 1);
}

TEST(EProcess, RefusesWhatIsNoScaleOrBet) {
  const Values d{1, 2};
  EXPECT_FALSE(e_process_symmetry(d, 0));
  EXPECT_FALSE(e_process_symmetry(d, NAN));
  EXPECT_FALSE(e_process_symmetry(d, 1, Values{}));
  EXPECT_FALSE(e_process_symmetry(d, 1, Values{-1}));
  EXPECT_FALSE(e_process_symmetry(Values{INFINITY}, 1));
  EXPECT_TRUE(e_process_symmetry({}, 1)->e.empty());
}

}  // namespace
}  // namespace evensweep

#include "sweeps/stats/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two classes of 100 examples each: Var = ((first - second)/200)^2.
SeedCell cell(int64_t first, int64_t second) { return {TestCounts{{first, second}, {100, 100}, {}}, "", false}; }
SeedCell lacking(const std::string& why) { return {std::nullopt, why, false}; }

double var_of(int64_t first, int64_t second) {
  const double off = static_cast<double>(first - second) / 200;
  const auto noise = [](double share) { return share * (1 - share) / 99; };
  return off * off - (noise(static_cast<double>(first) / 100) + noise(static_cast<double>(second) / 100)) / 4;
}

// Baseline 90/50, one arm that halves the distance, one that does nothing; `better` moves the arm's second class.
SweepCells sweep(std::vector<uint64_t> seeds, int64_t better = 0) {
  SweepCells cells{std::move(seeds), {}, {{"halved", {}, false}, {"plain", {}, false}}};
  for (size_t i = 0; i < cells.seeds.size(); ++i) {
    const auto at = static_cast<int64_t>(cells.seeds[i] % 5);
    cells.baseline.push_back(cell(90 - at, 50));
    cells.arms[0].cells.push_back(cell(85, 65 + better + at));
    cells.arms[1].cells.push_back(cell(90 - at, 51));
  }
  return cells;
}

SweepComparison compared(const SweepCells& a, const SweepCells& b) {
  StatusOr<SweepComparison> comparison = compare_sweeps(a, b, 0.05);
  EXPECT_TRUE(comparison.ok()) << comparison.status();
  return comparison.ok() ? *std::move(comparison) : SweepComparison{};
}

std::string refusal(const SweepCells& a, const SweepCells& b, double alpha = 0.05) {
  return std::string(compare_sweeps(a, b, alpha).status().message());
}

TEST(CompareSweeps, TakesBLessAOfTheSameArmAndSeed) {
  const SweepComparison comparison = compared(sweep({1, 2, 3}), sweep({3, 2, 1}, 10));
  EXPECT_THAT(comparison.seeds, ElementsAre(1, 2, 3));
  ASSERT_EQ(comparison.arms.size(), 2u);
  const ArmDifference& halved = comparison.arms[0];
  EXPECT_EQ(halved.arm, "halved");
  ASSERT_EQ(halved.seeds.size(), 3u);
  for (const SeedDifference& at : halved.seeds) {
    const auto s = static_cast<int64_t>(at.seed);
    EXPECT_NEAR(at.var_unbiased, var_of(85, 75 + s) - var_of(85, 65 + s), 1e-15);
    EXPECT_NEAR(at.d_unbiased, -at.var_unbiased, 1e-15) << "the baselines are the same";
    EXPECT_NEAR(at.accuracy, 0.05, 1e-15);
  }
  EXPECT_LT(halved.var_unbiased.t.mean, 0);
  EXPECT_EQ(halved.accuracy.status, PairedStatus::kZeroVariance);
  EXPECT_EQ(comparison.arms[1].var_unbiased.t.status, PairedStatus::kAllZero);
  EXPECT_THAT(comparison.left_out_arms, IsEmpty());
  EXPECT_THAT(comparison.left_out_seeds, IsEmpty());
}

TEST(CompareSweeps, ChangesSignWithTheOrder) {
  const SweepCells a = sweep({1, 2, 3, 4}), b = sweep({1, 2, 3, 4}, 7);
  const SweepComparison there = compared(a, b), back = compared(b, a);
  EXPECT_DOUBLE_EQ(there.arms[0].d_unbiased.t.mean, -back.arms[0].d_unbiased.t.mean);
  EXPECT_EQ(there.arms[0].d_unbiased.sign_flip.p_two_sided, back.arms[0].d_unbiased.sign_flip.p_two_sided);
}

TEST(CompareSweeps, AdjustsOverTheMatchedArms) {
  const SweepComparison comparison = compared(sweep({0, 1, 2, 3, 4, 5}), sweep({0, 1, 2, 3, 4, 5}, 10));
  EXPECT_EQ(comparison.arms[0].var_unbiased.sign_flip.p_two_sided, 2.0 / 64);
  EXPECT_EQ(comparison.arms[0].var_unbiased.p_holm, 4.0 / 64);
  EXPECT_EQ(comparison.arms[1].var_unbiased.p_holm, 1);
}

TEST(CompareSweeps, NamesArmsAndSeedsOfOneSweepOnly) {
  SweepCells a = sweep({1, 2, 3}), b = sweep({2, 3, 4});
  a.arms[1].name = "old";
  b.arms[1].name = "new";
  const SweepComparison comparison = compared(a, b);
  EXPECT_THAT(comparison.seeds, ElementsAre(2, 3));
  ASSERT_EQ(comparison.arms.size(), 1u);
  ASSERT_EQ(comparison.left_out_arms.size(), 2u);
  EXPECT_EQ(comparison.left_out_arms[0].arm + ", " + comparison.left_out_arms[0].reason, "old, only in A");
  EXPECT_EQ(comparison.left_out_arms[1].arm + ", " + comparison.left_out_arms[1].reason, "new, only in B");
  ASSERT_EQ(comparison.left_out_seeds.size(), 2u);
  EXPECT_EQ(comparison.left_out_seeds[0].seed, 1u);
  EXPECT_EQ(comparison.left_out_seeds[0].reason, "only in A");
  EXPECT_EQ(comparison.left_out_seeds[1].seed, 4u);
  EXPECT_EQ(comparison.left_out_seeds[1].reason, "only in B");
}

TEST(CompareSweeps, LeavesOutAnIncompleteSeedForAllArms) {
  SweepCells a = sweep({1, 2, 3, 4}), b = sweep({1, 2, 3, 4});
  a.arms[1].cells[0] = lacking("not finished");
  b.baseline[2] = lacking("out_of_memory: no room");
  const SweepComparison comparison = compared(a, b);
  EXPECT_THAT(comparison.seeds, ElementsAre(2, 4));
  for (const ArmDifference& arm : comparison.arms) EXPECT_EQ(arm.seeds.size(), 2u);
  ASSERT_EQ(comparison.left_out_seeds.size(), 2u);
  EXPECT_EQ(comparison.left_out_seeds[0].reason, "plain in A: not finished");
  EXPECT_EQ(comparison.left_out_seeds[1].reason, "baseline in B: out_of_memory: no room");
}

TEST(CompareSweeps, LeavesOutAnArmThatFailedAndKeepsItsSeeds) {
  SweepCells a = sweep({1, 2, 3}), b = sweep({1, 2, 3});
  b.arms[1].cells[1] = {std::nullopt, "diverged: loss", true};
  const SweepComparison diverged = compared(a, b);
  EXPECT_THAT(diverged.seeds, ElementsAre(1, 2, 3));
  ASSERT_EQ(diverged.left_out_arms.size(), 1u);
  EXPECT_EQ(diverged.left_out_arms[0].reason, "diverged in B at 1 of 3 seeds");
  for (SeedCell& one : a.arms[1].cells) one = lacking("not started");
  EXPECT_EQ(compared(a, sweep({1, 2, 3})).left_out_arms[0].reason, "no result in A");
}

TEST(CompareSweeps, ComparesAnIdentityOnlyWhereItIsOneInOneSweepAlone) {
  SweepCells a = sweep({1, 2, 3}), b = sweep({1, 2, 3});
  a.arms[1].identity = true;
  EXPECT_EQ(compared(a, b).arms.size(), 2u);
  b.arms[1].identity = true;
  const SweepComparison comparison = compared(a, b);
  EXPECT_EQ(comparison.arms.size(), 1u);
  EXPECT_EQ(comparison.left_out_arms[0].reason, "the baseline's own run in both");
}

TEST(CompareSweeps, TellsWhetherTheBaselinesAgree) {
  SweepCells a = sweep({1, 2, 3}), b = sweep({1, 2, 3});
  EXPECT_THAT(compared(a, b).baseline.identical, ElementsAre(1, 2, 3));
  EXPECT_EQ(compared(a, b).baseline.var_unbiased.status, PairedStatus::kAllZero);
  b.baseline[1] = cell(80, 50);
  const BaselineAgreement other = compared(a, b).baseline;
  EXPECT_THAT(other.differing, ElementsAre(2));
  EXPECT_THAT(other.identical, ElementsAre(1, 3));
  EXPECT_NEAR(other.var_unbiased.mean, (var_of(80, 50) - var_of(88, 50)) / 3, 1e-15);
}

TEST(CompareSweeps, SeesBaselinesThatDifferInTheirConfusionsAlone) {
  SweepCells a = sweep({1, 2}), b = sweep({1, 2});
  for (SweepCells* one : {&a, &b})
    for (SeedCell& at : one->baseline) at.counts = TestCounts{{4, 5, 6}, {6, 6, 6}, {4, 1, 1, 0, 5, 1, 0, 0, 6}};
  b.baseline[0].counts->confusions = {4, 2, 0, 0, 5, 1, 0, 0, 6};
  EXPECT_THAT(compared(a, b).baseline.differing, ElementsAre(1));
  b.baseline[0].counts->confusions.clear();  // then there is nothing that says so
  EXPECT_THAT(compared(a, b).baseline.differing, IsEmpty());
}

TEST(CompareSweeps, RefusesWhatHasNothingInCommon) {
  EXPECT_THAT(refusal(sweep({1, 2}), sweep({3, 4, 5, 6, 7, 8})),
              HasSubstr("no seed is in both (A: 1, 2; B: 3, 4, 5, 6 and 2 more)"));
  SweepCells other = sweep({1, 2});
  other.arms = {{"else", other.arms[0].cells, false}};
  EXPECT_THAT(refusal(sweep({1, 2}), other), HasSubstr("no arm has results in both (A: halved, plain; B: else)"));
  other.arms.clear();
  EXPECT_THAT(refusal(sweep({1, 2}), other), HasSubstr("B: none"));
  SweepCells failed = sweep({1, 2});
  for (SeedCell& one : failed.baseline) one = lacking("bad_input: no rows");
  EXPECT_THAT(refusal(sweep({1, 2}), failed), HasSubstr("baseline in B: bad_input: no rows"));
}

TEST(CompareSweeps, RefusesWhatIsNoSweep) {
  SweepCells ragged = sweep({1, 2}), twice = sweep({1, 1}), same_name = sweep({1, 2});
  ragged.arms[0].cells.pop_back();
  same_name.arms[1].name = "halved";
  EXPECT_THAT(refusal(sweep({1, 2}), ragged), HasSubstr("B: every arm needs one cell for each seed"));
  EXPECT_THAT(refusal(twice, sweep({1, 2})), HasSubstr("A: a seed or an arm is listed twice"));
  EXPECT_THAT(refusal(sweep({1, 2}), same_name), HasSubstr("B: a seed or an arm is listed twice"));
  for (double alpha : {0.0, 1.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THAT(refusal(sweep({1, 2}), sweep({1, 2}), alpha), HasSubstr("alpha"));
}

TEST(CompareSweeps, TakesCountsThatGiveNoVarianceForALackingResult) {
  SweepCells a = sweep({1, 2}), b = sweep({1, 2});
  b.arms[0].cells[0].counts->total = {100, 1};
  const SweepComparison comparison = compared(a, b);
  EXPECT_THAT(comparison.seeds, ElementsAre(2));
  EXPECT_THAT(comparison.left_out_seeds[0].reason, HasSubstr("halved in B: class 1"));
}

}  // namespace
}  // namespace evensweep

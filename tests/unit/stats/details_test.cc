#include "sweeps/stats/details.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sweeps/stats/effects.h"
#include "sweeps/stats/max_t.h"
#include "sweeps/stats/test_images.h"
#include "tests/unit/stats/sweep_results.h"

namespace evensweep {
namespace {

using testing::ElementsAre;

constexpr int64_t kSupport = 1000;
const std::vector<double> kUneven{0.9, 0.75, 0.6}, kMild{0.82, 0.75, 0.68}, kEven{0.76, 0.75, 0.74};

// Arms with these TPRs, and chance of the test examples.
SweepResults drawn_sweep(int64_t seeds, const std::vector<std::pair<Arm, std::vector<double>>>& arms) {
  std::vector<Arm> names;
  for (const auto& arm : arms) names.push_back(arm.first);
  SweepResults results = make_sweep(seeds, names, 3, kSupport);
  for (const uint64_t seed : results.sweep.seeds) {
    Rng rng(seed, "details test");
    add_result(results, baseline_arm(), seed, draw_correct(rng, kUneven, kSupport));
    for (const auto& arm : arms) add_result(results, arm.first, seed, draw_correct(rng, arm.second, kSupport));
  }
  return results;
}

struct Weighed {
  Evidence evidence;
  Details details;
};
Weighed weighed(const SweepResults& results) {
  Evidence evidence = weigh(results).value();
  Details details = details_of(results, evidence);
  return {std::move(evidence), std::move(details)};
}

const Estimand& estimand(const ArmDetails& details, const std::string& name) {
  for (const Estimand& item : details.estimands)
    if (item.name == name) return item;
  throw std::runtime_error("no " + name);
}

TEST(Estimands, AreThoseOfTheCounts) {
  SweepResults results = make_sweep(2, {focal_arm(1)}, 3, 100);
  for (const uint64_t seed : results.sweep.seeds) {
    add_result(results, baseline_arm(), seed, {90, 60, 75});
    add_result(results, focal_arm(1), seed, {80, 70, 60});
  }
  const ArmDetails details = weighed(results).details.arms.at(0);
  EXPECT_NEAR(estimand(details, "accuracy").change.mean, -0.05, 1e-15);
  EXPECT_NEAR(estimand(details, "balanced_accuracy").baseline[0], 0.75, 1e-15);
  EXPECT_NEAR(estimand(details, "worst_tpr").change.mean, 0, 1e-15) << "class 2 is as bad as class 1 was";
  EXPECT_NEAR(estimand(details, "baseline_worst_class_tpr").change.mean, 0.1, 1e-15);
  EXPECT_NEAR(estimand(details, "range").change.mean, -0.1, 1e-15);
  EXPECT_NEAR(estimand(details, "mean_abs_deviation").baseline[0], 0.1, 1e-15);
  EXPECT_NEAR(estimand(details, "cv").baseline[0], std::sqrt(0.015) / 0.75, 1e-12);
  // Of 100 examples of each class what is wrong goes to the next one: 115, 70 and 115 predictions.
  EXPECT_NEAR(estimand(details, "macro_f1").baseline[0], (180.0 / 215 + 120.0 / 170 + 150.0 / 215) / 3, 1e-15);
}

TEST(Estimands, LeaveOutWhatCountsAloneDoNotTell) {
  SweepResults results = make_sweep(3, {focal_arm(1)}, 2, 10);
  for (auto* arm : {&results.sweep.arms[0]})
    for (const uint64_t seed : results.sweep.seeds)
      for (const Arm& each : {baseline_arm(), *arm}) {
        const RunKey key(arm_name(each) + std::to_string(seed));
        results.trials.push_back({each, seed, key, {}, {}});
        results.runs[key] = {
            .key = key, .treatment = {}, .result = {}, .failure = {}, .table = TableCounts{{9, 5}, {10, 10}, {}}};
      }
  const auto details = weighed(results).details.arms.at(0);
  ASSERT_FALSE(details.estimands.empty());
  for (const Estimand& item : details.estimands) EXPECT_STRNE(item.name, "macro_f1");
}

TEST(Details, TestsAgreeWhereTheEffectIsClear) {
  const auto [evidence, details] = weighed(drawn_sweep(10, {{focal_arm(1), kMild}, {focal_arm(2), kUneven}}));
  const ArmDetails& clear = details.arms.at(0);
  EXPECT_EQ(clear.tests.size(), 7u);
  for (const TestOfReduction& test : clear.tests) {
    ASSERT_TRUE(test.p) << test.name;
    EXPECT_LE(*test.p, 0.01) << test.name;
    EXPECT_TRUE(test.agrees) << test.name;
  }
  EXPECT_EQ(clear.positive_blocks, 10);
  EXPECT_EQ(clear.rank_biserial, 1);
  EXPECT_GT(clear.bayes_signed_rank->better, 0.99);
  const Posterior& p = *details.arms.at(1).bayes_signed_rank;
  EXPECT_NEAR(p.worse + p.rope + p.better, 1, 1e-12);
  EXPECT_GT(clear.positive_share->low, 0.6);
  EXPECT_LE(*evidence.arms[0].sign_flip.p_greater, *clear.p_hochberg);
  EXPECT_LE(*clear.p_hochberg, *clear.p_holm);
  EXPECT_LE(*clear.p_benjamini_hochberg, *clear.p_benjamini_yekutieli);
}

TEST(Details, NameTheTestsThatDisagree) {
  SweepResults results = make_sweep(6, {focal_arm(1)}, 2, 1000);
  // Five large reductions and a small increase: the mean is clear, the signs are not.
  const std::vector<int64_t> spread{300, 290, 310, 295, 305, 99};
  for (size_t b = 0; b < spread.size(); ++b) {
    add_result(results, baseline_arm(), b + 1, {500 + spread[b], 500});
    add_result(results, focal_arm(1), b + 1, {600, 500});
  }
  const auto [evidence, details] = weighed(results);
  EXPECT_EQ(*evidence.arms[0].sign_flip.p_greater, 2.0 / 64);
  std::vector<std::string> disagree;
  for (const TestOfReduction& test : details.arms[0].tests)
    if (!test.agrees) disagree.push_back(test.name);
  EXPECT_THAT(disagree, ElementsAre("sign"));
  EXPECT_THAT(disagreements(evidence, details, 0.05),
              ElementsAre(testing::HasSubstr("the tests of focal(gamma=1) disagree about p <= 0.05: sign flips 0.031, "
                                             "but sign 0.11;")));
}

TEST(Details, TellOfManyArmsThatDisagreeInOneSentence) {
  const std::vector<Arm> arms{focal_arm(1), focal_arm(2), focal_arm(3), focal_arm(4)};
  SweepResults results = make_sweep(6, arms, 2, 1000);
  const std::vector<int64_t> spread{300, 290, 310, 295, 305, 99};
  for (size_t b = 0; b < spread.size(); ++b) {
    add_result(results, baseline_arm(), b + 1, {500 + spread[b], 500});
    for (const Arm& arm : arms) add_result(results, arm, b + 1, {600, 500});
  }
  const auto [evidence, details] = weighed(results);
  EXPECT_THAT(disagreements(evidence, details, 0.05),
              ElementsAre(testing::HasSubstr("the tests of 4 arms disagree about p <= 0.05: focal(gamma=1), "
                                             "focal(gamma=2), focal(gamma=3), focal(gamma=4);")));
}

TEST(Details, TestEachClassInAFamilyOfItsOwn) {
  const auto [evidence, details] = weighed(drawn_sweep(8, {{focal_arm(1), kEven}}));
  const ArmEvidence& arm = evidence.arms.at(0);
  FamilyDifferences changes(3);
  for (size_t c = 0; c < 3; ++c)
    for (const BlockEffect& block : arm.blocks) changes[c].push_back(block.rebalanced.tpr[c] - block.baseline.tpr[c]);
  const auto expected = max_t_sign_flip(changes, {.side = Side::kTwoSided});
  ASSERT_EQ(details.arms[0].classes.size(), 3u);
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(details.arms[0].classes[c].p_adjusted, expected[c]->p_step_down);
    EXPECT_GT(details.arms[0].classes[c].simultaneous->high, details.arms[0].classes[c].simultaneous->low);
  }
  EXPECT_LE(*details.arms[0].classes[0].p_adjusted, 0.05) << "from 90 to 76 %";
}

TEST(Details, AreEmptyOfWhatIsNotCompared) {
  SweepResults results = make_sweep(3, {focal_arm(0), focal_arm(1)});
  for (const uint64_t seed : results.sweep.seeds) {
    add_result(results, baseline_arm(), seed, {180, 150, 120});
    add_same_run_as_baseline(results, focal_arm(0), seed);
  }
  const Details details = weighed(results).details;
  ASSERT_EQ(details.arms.size(), 2u);
  for (const ArmDetails& arm : details.arms) {
    EXPECT_TRUE(arm.estimands.empty() && arm.classes.empty() && arm.tests.empty());
    EXPECT_FALSE(arm.bca || arm.p_holm || arm.test_set);
  }
}

TEST(Trends, AreTheSlopesOfARow) {
  SweepResults results = make_sweep(4, {focal_arm(4), focal_arm(1), focal_arm(2)}, 2, 1000);
  for (const uint64_t seed : results.sweep.seeds) {
    const auto noise = static_cast<int64_t>(seed);
    add_result(results, baseline_arm(), seed, {900, 500});
    for (const double gamma : {4.0, 1.0, 2.0})
      add_result(results, focal_arm(gamma), seed, {900 - 20 * static_cast<int64_t>(gamma) - noise, 500});
  }
  const auto [evidence, details] = weighed(results);
  ASSERT_EQ(details.trends.size(), 1u);
  const Trend& trend = details.trends[0];
  EXPECT_EQ(trend.method + "/" + trend.parameter + "/" + trend.fixed, "focal/gamma/");
  EXPECT_THAT(trend.arms, ElementsAre(1u, 2u, 0u));
  double slope = 0;  // by the two-pass formula, mean over blocks
  for (size_t b = 0; b < 4; ++b) {
    const double x[] = {4, 1, 2};
    for (size_t a = 0; a < 3; ++a) slope += (x[a] - 7.0 / 3) * evidence.arms[a].blocks[b].d_unbiased / (14.0 / 3) / 4;
  }
  EXPECT_NEAR(trend.slope.mean, slope, 1e-15);
  EXPECT_EQ(trend.sign_flip.p_greater, 1.0 / 16);
}

TEST(Trends, NeedThreeValues) {
  EXPECT_TRUE(weighed(drawn_sweep(4, {{focal_arm(1), kEven}, {focal_arm(2), kEven}})).details.trends.empty());
}

// ---- the test set's part

// Predictions that give these counts: of each class the first correct ones, the rest go to the next class.
std::vector<uint16_t> predictions(const ConfusionMatrix& test, int64_t turn) {
  std::vector<uint16_t> list;
  for (int64_t c = 0; c < test.classes; ++c)
    for (int64_t i = 0; i < kSupport; ++i) {
      const bool right = (i + turn) % kSupport < test.at(c, c);
      list.push_back(static_cast<uint16_t>(right ? c : (c + 1) % test.classes));
    }
  return list;
}

struct WithPredictions {
  SweepResults results;
  TestLabels labels;
};
WithPredictions with_predictions(int64_t seeds) {
  TestLabels all_labels;
  SweepResults results = drawn_sweep(seeds, {{focal_arm(1), kEven}});
  for (TrialOutcome& trial : results.trials) {
    RunResult& run = *results.runs.at(*trial.run).result;
    run.test_predictions = predictions(run.test, trial.arm == baseline_arm() ? 0 : 17);
    std::vector<uint16_t>& labels = all_labels[trial.seed];
    labels.clear();
    for (uint16_t c = 0; c < 3; ++c) labels.insert(labels.end(), static_cast<size_t>(kSupport), c);
  }
  return {std::move(results), std::move(all_labels)};
}

TEST(TestSetPart, OfOneBlockIsTheDeltaMethodOnJointCounts) {
  const auto [results, labels] = with_predictions(1);
  const Evidence evidence = weigh(results).value();
  const auto part = test_set_part(results, labels, evidence.arms.at(0));
  ASSERT_TRUE(part);
  EXPECT_TRUE(part->shared);
  ASSERT_EQ(part->blocks.size(), 1u);
  EXPECT_NEAR(part->se_test, part->blocks[0].d_test_se, 1e-12);
  EXPECT_GT(part->se_test, 0);
  EXPECT_GT(part->blocks[0].only_baseline, 0);
}

TEST(TestSetPart, DoesNotAverageAwayOverSeedsThatShareATestSet) {
  auto [results, labels] = with_predictions(8);
  const Evidence evidence = weigh(results).value();
  const auto shared = test_set_part(results, labels, evidence.arms.at(0));
  ASSERT_TRUE(shared);
  EXPECT_NEAR(shared->se_new, std::hypot(shared->se_seeds, shared->se_test), 1e-15);
  results.sweep.dataset.test_files.clear();
  const auto anew = test_set_part(results, labels, evidence.arms.at(0));
  ASSERT_TRUE(anew);
  EXPECT_FALSE(anew->shared);
  EXPECT_EQ(anew->se_new, anew->se_seeds);
  EXPECT_GT(shared->se_test, 1.5 * anew->se_test) << "the same images are wrong at every seed here";
}

TEST(TestSetPart, IsAbsentWhereItCannotBeKnown) {
  const auto [results, labels] = with_predictions(2);
  const Evidence evidence = weigh(results).value();
  TestLabels other = labels;
  other.erase(2);
  EXPECT_FALSE(test_set_part(results, other, evidence.arms.at(0)));
  other = labels;
  std::swap(other[1].front(), other[1].back());
  EXPECT_FALSE(test_set_part(results, other, evidence.arms.at(0))) << "other labels than those that were counted";
  other = labels;
  other[1].pop_back();
  EXPECT_FALSE(test_set_part(results, other, evidence.arms.at(0)));
}

// ---- what these rest on

TEST(Equivalence, IsTheTestOfBothLimits) {
  const std::vector<double> base{1, 2, 3, 4, 5, 6}, same{1.01, 1.99, 3.02, 3.98, 5.01, 6.02},
      half{0.5, 1, 1.5, 2, 2.5, 3.1};
  for (const RatioScale scale : {RatioScale::kLog, RatioScale::kMeans}) {
    EXPECT_LT(*p_equivalent_spread(base, same, scale), 0.01);
    EXPECT_GT(*p_equivalent_spread(base, half, scale), 0.95);
    EXPECT_FALSE(p_equivalent_spread(std::vector<double>{1}, std::vector<double>{1}, scale));
  }
  const std::vector<double> negative{-1, 2, 3, 4, 5, 6};
  EXPECT_FALSE(p_equivalent_spread(base, negative, RatioScale::kLog));
  EXPECT_TRUE(p_equivalent_spread(base, negative, RatioScale::kMeans));
  EXPECT_FALSE(p_equivalent_spread(std::vector<double>{-1, 0.5}, std::vector<double>{1, 1}, RatioScale::kMeans));
  EXPECT_EQ(*p_equivalent_spread(base, base, RatioScale::kLog), 1.0 / 64) << "no scatter: sign flips";
}

// Noncentral t: at the lower limit a t as large as that seen has probability alpha / 2.
TEST(StandardEffectInterval, HoldsTheEffectWithItsLevel) {
  Rng rng(3, "details test");
  int held = 0;
  for (int i = 0; i < 400; ++i) {
    std::vector<double> d;
    for (int k = 0; k < 8; ++k)
      d.push_back(1 + std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(6.283185307179586 * rng.uniform()));
    const PairedSummary summary = paired_t(d, 0.05);
    const Interval interval = *standard_effect_interval(summary, 0.1);
    const double j = standard_effect(summary).hedges_j;
    EXPECT_LT(interval.low, interval.high);
    held += interval.low <= j && j <= interval.high ? 1 : 0;
  }
  EXPECT_NEAR(held, 360, 24);  // four standard deviations
  EXPECT_FALSE(standard_effect_interval(paired_t(std::vector<double>{1, 1, 1}, 0.05), 0.1));
}

}  // namespace
}  // namespace evensweep

#include "sweeps/stats/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/stats/sweep_results.h"

namespace evensweep {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const std::vector<int64_t> kUneven{180, 150, 120};
const std::vector<int64_t> kEven{152, 150, 148};

// Small differences between blocks, so that nothing has zero variance.
std::vector<int64_t> jitter(std::vector<int64_t> correct, uint64_t seed) {
  correct[0] += static_cast<int64_t>(seed % 3);
  correct[2] -= static_cast<int64_t>(seed % 2);
  return correct;
}

SweepResults with_baselines(int64_t seeds, const std::vector<Arm>& arms) {
  SweepResults results = make_sweep(seeds, arms);
  for (uint64_t seed : results.sweep.seeds) add_result(results, baseline_arm(), seed, jitter(kUneven, seed));
  return results;
}

void add_arm(SweepResults& results, const Arm& arm, const std::vector<int64_t>& correct) {
  for (uint64_t seed : results.sweep.seeds) add_result(results, arm, seed, jitter(correct, seed * 7 + 1));
}

Evidence weighed(const SweepResults& results) {
  const auto evidence = weigh(results);
  EXPECT_TRUE(evidence.ok()) << evidence.status();
  return evidence.ok() ? *evidence : Evidence{};
}

TEST(Weigh, FindsAReductionThatIsThere) {
  SweepResults results = with_baselines(8, {focal_arm(2)});
  add_arm(results, focal_arm(2), kEven);
  const Evidence evidence = weighed(results);
  const ArmEvidence& arm = evidence.arms.at(0);
  EXPECT_EQ(arm.kind, Verdict::kEffective);
  EXPECT_THAT(
      arm.verdict,
      AllOf(StartsWith("effective: the spread falls, and a loss of accuracy by the margin is excluded; mean D_u "),
            HasSubstr(", 95 % simultaneous interval "), HasSubstr("8 blocks, adjusted p 0.0039; accuracy "),
            HasSubstr(" (Var_u "), HasSubstr("; worst class +"), HasSubstr(", margin 0.5 pp, non-inferiority p ")));
  EXPECT_EQ(arm.p_adjusted, std::ldexp(1, -8));
  EXPECT_EQ(arm.p_adjusted, evidence.smallest_p);
  EXPECT_TRUE(arm.spread_reduced && arm.accuracy_kept);
  EXPECT_EQ(arm.blocks.size(), 8u);
  EXPECT_GT(arm.d.mean, 0);
  EXPECT_EQ(evidence.family, 1);
  EXPECT_THAT(evidence.missing, IsEmpty());
}

TEST(Weigh, TellsAnIncreaseFromAReduction) {
  SweepResults results = make_sweep(8, {focal_arm(2)});
  for (uint64_t seed : results.sweep.seeds) add_result(results, baseline_arm(), seed, jitter(kEven, seed));
  add_arm(results, focal_arm(2), kUneven);
  const ArmEvidence arm = weighed(results).arms.at(0);
  EXPECT_EQ(arm.kind, Verdict::kHarmful);
  EXPECT_LT(arm.d.mean, 0);
  EXPECT_FALSE(arm.spread_reduced);
  EXPECT_THAT(arm.verdict, StartsWith("harmful: the spread grows; mean D_u -"));
}

TEST(Weigh, DoesNotCallAFallOfAccuracyKept) {
  SweepResults results = with_baselines(8, {focal_arm(2)});
  add_arm(results, focal_arm(2), {122, 120, 118});
  const ArmEvidence arm = weighed(results).arms.at(0);
  EXPECT_EQ(arm.kind, Verdict::kEffectiveAccuracyLost);
  EXPECT_FALSE(arm.accuracy_kept);
}

TEST(Weigh, WarnsOfLevellingDown) {
  SweepResults results = with_baselines(8, {focal_arm(2)});
  add_arm(results, focal_arm(2), {112, 110, 108});
  EXPECT_THAT(weighed(results).traps, Contains(HasSubstr("focal(gamma=2) levels down")));
}

TEST(Weigh, LeavesAccuracyOpenWhereItScatters) {
  SweepResults results = with_baselines(8, {focal_arm(2)});
  for (uint64_t seed : results.sweep.seeds) {
    const int64_t swing = seed % 2 == 0 ? 25 : -25;
    add_result(results, focal_arm(2), seed, {150 + swing, 150 + swing, 149 + swing});
  }
  EXPECT_EQ(weighed(results).arms.at(0).kind, Verdict::kEffectiveAccuracyOpen);
}

TEST(Weigh, ShowsNoReductionWhereModelsAreAlike) {
  SweepResults results = with_baselines(8, {focal_arm(2)});
  for (uint64_t seed : results.sweep.seeds) {
    add_result(results, focal_arm(2), seed, {180 + (seed % 2 == 0 ? 3 : -3), 150, 120});
  }
  const ArmEvidence arm = weighed(results).arms.at(0);
  EXPECT_EQ(arm.kind, Verdict::kInconclusive);
  EXPECT_THAT(arm.verdict, AllOf(StartsWith("inconclusive: neither a change"), Not(HasSubstr("proves"))));
}

TEST(Weigh, AdjustsByMaxTWithoutPayingForTheNumberOfArms) {
  std::vector<Arm> arms;
  for (int gamma = 1; gamma <= 12; ++gamma) arms.push_back(focal_arm(gamma));
  SweepResults results = with_baselines(6, arms);
  add_arm(results, arms[0], kEven);
  Rng rng(6, "evidence test");
  for (size_t a = 1; a < arms.size(); ++a)
    for (uint64_t seed : results.sweep.seeds)
      add_result(results, arms[a], seed, {175 + static_cast<int64_t>(rng.below(10)), 150, 120});
  const Evidence evidence = weighed(results);
  EXPECT_EQ(evidence.family, 12);
  EXPECT_EQ(evidence.smallest_p, std::ldexp(1, -6));
  EXPECT_EQ(evidence.arms[0].p_adjusted, std::ldexp(1, -6));
  EXPECT_TRUE(evidence.arms[0].spread_reduced);
  for (const ArmEvidence& arm : evidence.arms) {
    EXPECT_GE(*arm.p_adjusted, *arm.sign_flip.p_greater);
    ASSERT_TRUE(arm.d_simultaneous);
    EXPECT_NEAR(arm.d_simultaneous->low + arm.d_simultaneous->high, 2 * arm.d.mean, 1e-12);
    EXPECT_LT(arm.d_simultaneous->low, arm.d.ci_low);
  }
  results.sweep.analysis.correction = "holm";
  const Evidence holm = weighed(results);
  EXPECT_EQ(holm.arms[0].kind, Verdict::kNotTestable) << "12 / 2^6 is above alpha";
  EXPECT_FALSE(holm.arms[0].d_simultaneous);
}

TEST(Weigh, HasNoSimultaneousIntervalOfFiveBlocks) {
  SweepResults results = with_baselines(5, {focal_arm(1)});
  add_arm(results, focal_arm(1), kEven);
  const ArmEvidence arm = weighed(results).arms.at(0);
  EXPECT_EQ(arm.kind, Verdict::kEffective);
  EXPECT_FALSE(std::isfinite(arm.d_simultaneous->low));
  EXPECT_THAT(arm.verdict, Not(HasSubstr("simultaneous")));
}

TEST(Weigh, AdjustsByHolmOverTheFamilyOnly) {
  const Arm good = focal_arm(1), none = focal_arm(2), same = focal_arm(0);
  SweepResults results = with_baselines(8, {good, none, same});
  results.sweep.analysis.correction = "holm";
  add_arm(results, good, kEven);
  add_arm(results, none, kUneven);
  for (uint64_t seed : results.sweep.seeds) add_same_run_as_baseline(results, same, seed);
  const Evidence evidence = weighed(results);
  EXPECT_EQ(evidence.family, 2);
  EXPECT_DOUBLE_EQ(*evidence.arms[0].p_adjusted, 2 * *evidence.arms[0].sign_flip.p_greater);
  EXPECT_TRUE(evidence.arms[2].identity);
  EXPECT_EQ(evidence.arms[2].kind, Verdict::kIdentity);
  EXPECT_FALSE(evidence.arms[2].p_adjusted);
  results.sweep.analysis.correction = "none";
  const Evidence raw = weighed(results);
  EXPECT_EQ(raw.arms[0].p_adjusted, raw.arms[0].sign_flip.p_greater);
  EXPECT_THAT(raw.traps, Contains(HasSubstr("not adjusted although 2 arms")));
}

TEST(Weigh, ComparesControlsByThemselves) {
  const Arm placebo{"placebo", {{"gamma", 1}}, {}};
  SweepResults results = with_baselines(8, {focal_arm(2), placebo});
  add_arm(results, focal_arm(2), kEven);
  const Evidence without = weighed(results);
  for (uint64_t seed : {1, 2, 3, 4, 5, 6}) add_result(results, placebo, seed, jitter(kEven, seed * 5));
  const Evidence evidence = weighed(results);
  EXPECT_EQ(evidence.family, 1);
  EXPECT_EQ(evidence.smallest_p, std::ldexp(1, -8));
  EXPECT_EQ(evidence.complete_blocks.size(), 8u) << "a control that lacks results costs nobody a block";
  EXPECT_EQ(evidence.arms.at(0).p_adjusted, without.arms.at(0).p_adjusted);
  const ArmEvidence& control = evidence.arms.at(1);
  EXPECT_TRUE(control.control);
  EXPECT_EQ(control.d.n, 6);
  EXPECT_EQ(control.p_adjusted, control.sign_flip.p_greater);
  EXPECT_FALSE(control.d_simultaneous);
  EXPECT_THAT(control.verdict,
              AllOf(StartsWith("control, effective: the spread falls"), HasSubstr("6 blocks, unadjusted p 0.016")));
}

TEST(Weigh, DropsABlockForAllArmsWhereOneLacks) {
  const Arm a = focal_arm(1), b = focal_arm(2);
  SweepResults results = with_baselines(10, {a, b});
  add_arm(results, a, kEven);
  for (uint64_t seed = 1; seed <= 9; ++seed) add_result(results, b, seed, jitter(kEven, seed + 1));
  const Evidence evidence = weighed(results);
  EXPECT_THAT(evidence.dropped_blocks, ElementsAre(10u));
  EXPECT_EQ(evidence.arms[0].blocks.size(), 9u);
  ASSERT_EQ(evidence.missing.size(), 1u);
  EXPECT_EQ(evidence.missing[0].arm, "focal(gamma=2)");
  EXPECT_EQ(evidence.missing[0].reason, "not started");
  EXPECT_EQ(evidence.arms[0].kind, Verdict::kEffective);
  EXPECT_THAT(evidence.traps, Contains(HasSubstr("1 of 10 blocks are left out")));
}

TEST(Weigh, GivesNoVerdictWhenMoreThanATenthOfTheBlocksLack) {
  const Arm a = focal_arm(1);
  SweepResults results = with_baselines(10, {a});
  for (uint64_t seed = 1; seed <= 8; ++seed) add_result(results, a, seed, jitter(kEven, seed + 1));
  const ArmEvidence arm = weighed(results).arms.at(0);
  EXPECT_EQ(arm.kind, Verdict::kNotTestable);
  EXPECT_THAT(arm.verdict, HasSubstr("8 of 10 planned blocks"));
  EXPECT_EQ(arm.d.n, 8);
}

TEST(Weigh, CountsDivergenceAsTheMethodsFailureAndSparesTheOthers) {
  const Arm good = focal_arm(1), wild = focal_arm(9);
  SweepResults results = with_baselines(8, {good, wild});
  add_arm(results, good, kEven);
  for (uint64_t seed = 1; seed <= 6; ++seed) add_result(results, wild, seed, jitter(kEven, seed));
  for (uint64_t seed = 7; seed <= 8; ++seed) add_failure(results, wild, seed, FailureClass::kDiverged);
  const Evidence evidence = weighed(results);
  EXPECT_EQ(evidence.arms[0].blocks.size(), 8u);
  EXPECT_EQ(evidence.arms[0].kind, Verdict::kEffective);
  EXPECT_EQ(evidence.arms[1].diverged_blocks, 2);
  EXPECT_EQ(evidence.arms[1].kind, Verdict::kNotTestable);
  EXPECT_THAT(evidence.arms[1].verdict, HasSubstr("diverged in 2 of 8 blocks"));
  EXPECT_EQ(evidence.family, 2);
  EXPECT_EQ(evidence.untested, 1);
  for (const char* correction : {kMaxT, "holm"}) {  // the lost arm counts in both
    results.sweep.analysis.correction = correction;
    EXPECT_DOUBLE_EQ(*weighed(results).arms[0].p_adjusted, 2 * std::ldexp(1, -8)) << correction;
    EXPECT_DOUBLE_EQ(weighed(results).smallest_p, 2 * std::ldexp(1, -8)) << correction;
  }
  EXPECT_THAT(evidence.missing, testing::SizeIs(2));
  EXPECT_THAT(evidence.missing[0].reason, StartsWith("diverged: loss is not finite"));
}

TEST(Weigh, SaysWhenTheDesignCanNeverSucceed) {
  SweepResults results = with_baselines(5, {focal_arm(1), focal_arm(2)});
  add_arm(results, focal_arm(1), kEven);
  add_arm(results, focal_arm(2), kEven);
  results.sweep.analysis.correction = "holm";
  const Evidence evidence = weighed(results);
  EXPECT_EQ(evidence.smallest_p, 2.0 / 32);
  EXPECT_EQ(evidence.arms[0].kind, Verdict::kNotTestable);
  EXPECT_THAT(evidence.traps, Contains(HasSubstr("5 seeds can never reach p <= 0.05 with 2 comparisons")));
}

TEST(Weigh, SaysWhenTheBlocksAreTooFewForMaxT) {
  SweepResults results = with_baselines(4, {focal_arm(1), focal_arm(2)});
  add_arm(results, focal_arm(1), kEven);
  const Evidence evidence = weighed(results);
  EXPECT_THAT(evidence.traps,
              Contains(HasSubstr("4 seeds can never reach p <= 0.05 with max-T over 2 comparisons (1 of them not "
                                 "testable), whatever the effect: 5 seeds are needed")));
}

TEST(Weigh, DoesNotCallASweepHopelessWhoseArmsAreNotFinished) {
  const Evidence evidence = weighed(with_baselines(5, {focal_arm(1), focal_arm(2), focal_arm(3)}));
  EXPECT_EQ(evidence.untested, 3);
  EXPECT_THAT(evidence.traps, Not(Contains(HasSubstr("can never"))));
}

TEST(Weigh, WorksOnEveryPartOfASweep) {
  const std::vector<Arm> arms{focal_arm(1), focal_arm(2), {"tpr_weighting", {{"gamma", 1}}, {}}};
  SweepResults whole = with_baselines(4, arms);
  for (const Arm& arm : arms) add_arm(whole, arm, kEven);
  for (size_t trials = 0; trials <= whole.trials.size(); ++trials) {
    SweepResults part = whole;
    part.trials.resize(trials);
    const auto evidence = weigh(part);
    ASSERT_TRUE(evidence.ok()) << evidence.status();
    EXPECT_EQ(evidence->complete_blocks.size() + evidence->dropped_blocks.size(), 4u);
    for (const ArmEvidence& arm : evidence->arms) {
      EXPECT_FALSE(arm.verdict.empty());
      EXPECT_THAT(arm.verdict, Not(HasSubstr("nan")));
    }
  }
}

TEST(Weigh, WorksWithoutSeedsAndWithoutArms) {
  EXPECT_TRUE(weigh(make_sweep(0, {focal_arm(1)})).ok());
  EXPECT_TRUE(weigh(make_sweep(3, {})).ok());
  EXPECT_THAT(weighed(make_sweep(3, {focal_arm(1)})).arms.at(0).verdict, StartsWith("not testable: "));
}

TEST(Weigh, NamesTheBaselineThatLacks) {
  SweepResults results = make_sweep(2, {focal_arm(1)});
  add_result(results, baseline_arm(), 1, kUneven);
  add_failure(results, baseline_arm(), 2, FailureClass::kOutOfMemory);
  add_arm(results, focal_arm(1), kEven);
  const Evidence evidence = weighed(results);
  ASSERT_EQ(evidence.missing.size(), 1u);
  EXPECT_EQ(evidence.missing[0].arm, "baseline");
  EXPECT_THAT(evidence.missing[0].reason, StartsWith("out_of_memory"));
  EXPECT_THAT(evidence.arms.at(0).verdict, HasSubstr("one complete block"));
}

TEST(Weigh, SaysWhyATrialWillNeverHaveARun) {
  SweepResults results = make_sweep(2, {focal_arm(1)});
  add_result(results, baseline_arm(), 1, kUneven);
  add_result(results, focal_arm(1), 1, kEven);
  add_failure(results, baseline_arm(), 2, FailureClass::kDiverged);
  results.trials.push_back({focal_arm(1), 2, std::nullopt, {}, Failure{FailureClass::kDiverged, "its baseline", ""}});
  const Evidence evidence = weighed(results);
  ASSERT_EQ(evidence.missing.size(), 2u);
  EXPECT_EQ(evidence.missing[1].arm, "focal(gamma=1)");
  EXPECT_EQ(evidence.missing[1].reason, "diverged: its baseline");
  EXPECT_EQ(evidence.arms.at(0).diverged_blocks, 0) << "the baseline's divergence is not the method's";
}

TEST(Weigh, RefusesASweepThatMakesNoSense) {
  const auto error = [](auto change) {
    SweepResults results = make_sweep(2, {focal_arm(1)});
    change(results.sweep);
    return std::string(weigh(results).status().message());
  };
  EXPECT_THAT(error([](Sweep& s) { s.analysis.alpha = 0; }), HasSubstr("analysis.alpha"));
  EXPECT_THAT(error([](Sweep& s) { s.analysis.alpha = std::nan(""); }), HasSubstr("analysis.alpha"));
  EXPECT_THAT(error([](Sweep& s) { s.analysis.accuracy_margin = -1; }), HasSubstr("accuracy_margin"));
  EXPECT_THAT(error([](Sweep& s) { s.analysis.correction = "hope"; }), HasSubstr("holm or none"));
  EXPECT_THAT(error([](Sweep& s) { s.arms.push_back(s.arms[0]); }), HasSubstr("listed twice"));
  EXPECT_THAT(error([](Sweep& s) { s.seeds = {4, 4}; }), HasSubstr("seed is listed twice"));
}

TEST(Traps, TellSharedTestSetsFromSharedRows) {
  SweepResults results = with_baselines(6, {focal_arm(1)});
  add_arm(results, focal_arm(1), kEven);
  EXPECT_THAT(weighed(results).traps, Contains(HasSubstr("share one test set of 600 examples")));
  results.sweep.dataset.test_files.clear();
  EXPECT_THAT(weighed(results).traps, Contains(HasSubstr("splits the same 3900 rows anew")));
  results.sweep.dataset.split.seed = 1;
  EXPECT_THAT(weighed(results).traps, Contains(HasSubstr("share one test set")));
}

TEST(Traps, WarnWhereTheTestSetIsNoise) {
  SweepResults results = make_sweep(6, {focal_arm(1)});
  for (uint64_t seed : results.sweep.seeds) {
    add_result(results, baseline_arm(), seed, jitter({101, 100, 99}, seed));
  }
  add_arm(results, focal_arm(1), {100, 100, 100});
  const Evidence evidence = weighed(results);
  EXPECT_FALSE(evidence.noise_share);
  EXPECT_THAT(evidence.traps, Contains(HasSubstr("no imbalance is measurable")));
}

// The baseline's spread falls far below its usual one in one block, which makes the differences of all arms fall with
// it.
TEST(Traps, WarnWhereWhatArmsHaveInCommonIsSkewed) {
  SweepResults results = make_sweep(10, {focal_arm(1), {"tpr_weighting", {{"gamma", 1}}, {}}});
  for (uint64_t seed : results.sweep.seeds)
    add_result(results, baseline_arm(), seed, jitter(seed == 4 ? kEven : kUneven, seed));
  for (const Arm& arm : results.sweep.arms) add_arm(results, arm, {151, 150, 149});
  EXPECT_THAT(weighed(results).traps, Contains(HasSubstr("what the differences of all arms have in common")));
}

TEST(Traps, WarnOfTheBestOfAGrid) {
  SweepResults results = with_baselines(6, {focal_arm(1), focal_arm(2)});
  EXPECT_THAT(weighed(results).traps, Contains(HasSubstr("several settings of a method")));
}

// Arm 1 was found effective at look 1, arm 2 went on to the last look.
SweepResults stopped_sweep() {
  SweepResults results = make_sweep(4, {focal_arm(1), focal_arm(2)});
  results.sweep.analysis.correction = "holm";
  results.sweep.analysis.stopping = StoppingSpec{.looks = {2, 4}};
  for (size_t b = 0; b < 4; ++b) {
    const uint64_t seed = results.sweep.seeds[b];
    const auto more = static_cast<int64_t>(b);
    add_result(results, baseline_arm(), seed, {190, 150, 100 + more});
    if (b < 2)
      add_result(results, focal_arm(1), seed, {160, 155, 150 + more});
    else
      results.trials.push_back({.arm = focal_arm(1), .seed = seed});
    add_result(results, focal_arm(2), seed, {189, 150, 100});
  }
  results.decisions = {{.kind = StageKind::kLook,
                        .look = 1,
                        .seeds = 2,
                        .blocks = {results.sweep.seeds[0], results.sweep.seeds[1]},
                        .arms = {{.arm = 1, .fate = ArmFate::kEffective, .p = 0.03}, {.arm = 2, .p = 0.9}}},
                       {.kind = StageKind::kLook,
                        .look = 2,
                        .seeds = 4,
                        .blocks = results.sweep.seeds,
                        .arms = {{.arm = 2, .fate = ArmFate::kNotShown, .p = 0.8}}}};
  mark_not_needed(results);
  return results;
}

TEST(Evidence, TakesVerdictsFromTheLooksOfASweepThatStops) {
  const Evidence evidence = weigh(stopped_sweep()).value();
  EXPECT_THAT(evidence.missing, IsEmpty());
  EXPECT_THAT(evidence.dropped_blocks, IsEmpty());
  EXPECT_THAT(evidence.complete_blocks, SizeIs(4));
  EXPECT_EQ(evidence.family, 2);
  const ArmEvidence &effective = evidence.arms[0], &open = evidence.arms[1];
  EXPECT_THAT(effective.blocks, SizeIs(2));
  EXPECT_EQ(effective.planned_blocks, 2);
  EXPECT_EQ(effective.p_adjusted, 0.03);
  EXPECT_TRUE(effective.spread_reduced);
  EXPECT_EQ(effective.stopped, "stopped for efficacy at look 1");
  EXPECT_THAT(effective.verdict, HasSubstr("adjusted p 0.03"));
  EXPECT_THAT(effective.verdict, HasSubstr("; stopped for efficacy at look 1"));
  EXPECT_THAT(open.blocks, SizeIs(4));
  EXPECT_EQ(open.p_adjusted, 0.8);
  EXPECT_EQ(open.kind, Verdict::kInconclusive);
  EXPECT_EQ(open.p_increase_adjusted, std::nullopt) << "nothing is claimed about harm";
  EXPECT_THAT(evidence.traps, Contains(HasSubstr("stopped when the evidence was strong enough")));
}

TEST(Evidence, SaysThatNoLookHasComeYet) {
  SweepResults results = stopped_sweep();
  results.decisions.clear();
  const Evidence evidence = weigh(results).value();
  EXPECT_EQ(evidence.arms[0].kind, Verdict::kNotTestable);
  EXPECT_EQ(evidence.arms[0].verdict, "not testable: no look has come to it yet");
}

TEST(Evidence, LeavesArmsThatWereNotSelectedOutOfTheFamily) {
  SweepResults results = make_sweep(6, {focal_arm(1), focal_arm(2)});
  results.sweep.analysis.selection = SelectionSpec{.seeds = {900}, .keep = 1};
  for (const uint64_t seed : results.sweep.seeds) {
    const auto more = static_cast<int64_t>(seed % 3);
    add_result(results, baseline_arm(), seed, {190, 150, 100 + more});
    add_result(results, focal_arm(2), seed, {160, 155, 150 + more});
    results.trials.push_back({.arm = focal_arm(1), .seed = seed});
  }
  results.decisions = {{.kind = StageKind::kSelection,
                        .seeds = 1,
                        .blocks = {900},
                        .arms = {{.arm = 1, .fate = ArmFate::kNotSelected}, {.arm = 2}}}};
  mark_not_needed(results);
  const Evidence evidence = weigh(results).value();
  EXPECT_EQ(evidence.family, 1);
  EXPECT_EQ(evidence.untested, 0);
  EXPECT_THAT(evidence.missing, IsEmpty());
  EXPECT_EQ(evidence.arms[0].kind, Verdict::kNotSelected);
  EXPECT_FALSE(evidence.arms[0].selected);
  EXPECT_EQ(evidence.arms[1].kind, Verdict::kEffective);
  EXPECT_EQ(evidence.arms[1].p_adjusted, 1.0 / 64);
}

}  // namespace
}  // namespace evensweep

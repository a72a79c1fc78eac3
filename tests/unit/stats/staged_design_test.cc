#include "sweeps/stats/staged_design.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common/base/rng.h"
#include "common/model/expand.h"
#include "common/model/json.h"
#include "sweeps/stats/design_replay.h"
#include "sweeps/stats/sequential.h"

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Sweep design_of(size_t arms, size_t seeds) {
  Sweep sweep;
  for (size_t arm = 1; arm <= arms; ++arm)
    sweep.arms.push_back({"tpr_weighting", {{"gamma", static_cast<double>(arm)}}, {}});
  for (size_t seed = 0; seed < seeds; ++seed) sweep.seeds.push_back(seed);
  return sweep;
}

Sweep looking_at(size_t arms, std::vector<int64_t> looks) {
  Sweep sweep = design_of(arms, static_cast<size_t>(looks.back()));
  sweep.analysis.correction = "holm";
  sweep.analysis.stopping = StoppingSpec{.looks = std::move(looks), .spending = "pocock"};
  return sweep;
}

Sweep selecting(size_t arms, size_t seeds, std::vector<uint64_t> selection, int64_t keep, bool racing = false) {
  Sweep sweep = design_of(arms, seeds);
  sweep.analysis.selection = SelectionSpec{.seeds = std::move(selection), .keep = keep, .racing = racing};
  return sweep;
}

// The baseline has variance 1 everywhere; arm a is below it by effect[a - 1] and a little more or less by turns.
StageCells cells_with(const Sweep& sweep, const std::vector<double>& effects) {
  StageCells cells(sweep.arms.size() + 1, std::vector<StageCell>(all_seeds(sweep).size()));
  for (size_t arm = 0; arm < cells.size(); ++arm)
    for (size_t seed = 0; seed < cells[arm].size(); ++seed) {
      const double wave = 0.1 * std::sin(static_cast<double>(7 * arm + 3 * seed));
      const double variance = arm == 0 ? 1 : 1 - effects[arm - 1] - wave;
      cells[arm][seed] = {.validation_variance = variance, .test_variance = variance};
    }
  return cells;
}

std::map<uint32_t, ArmFate> fates(const DesignDecision& decision) {
  std::map<uint32_t, ArmFate> fates;
  for (const ArmAtDecision& arm : decision.arms) fates[arm.arm] = arm.fate;
  return fates;
}

ArmFate last_fate(const DesignReplay& replay, uint32_t arm) {
  ArmFate fate = ArmFate::kGoesOn;
  for (const DesignDecision& decision : replay.decisions)
    if (const auto all = fates(decision); all.contains(arm)) fate = all.at(arm);
  return fate;
}

TEST(StagedDesign, IsOneStageWithoutADecisionWhereNothingIsAskedFor) {
  const Sweep sweep = design_of(3, 4);
  const Stage stage = next_stage(sweep, {}).value();
  EXPECT_FALSE(stage.decides);
  EXPECT_EQ(stage.first, 0);
  EXPECT_EQ(stage.end, 4);
  EXPECT_THAT(stage.arms, ElementsAre(1, 2, 3));
}

TEST(StagedDesign, KeepsTheBestByValidationDataAndConfirmsThemOnTheSweepsSeeds) {
  const Sweep sweep = selecting(4, 6, {100, 101, 102}, 2);
  StageCells cells = cells_with(sweep, {0.1, 0.4, 0.2, 0.3});
  for (StageCell& cell : cells[1]) cell.test_variance = -9;  // test data have no say in it
  const Stage first = next_stage(sweep, {}).value();
  EXPECT_EQ(first.first, 6);
  EXPECT_EQ(first.end, 9);
  const std::vector<DesignDecision> decisions = {decide_stage(sweep, {}, cells)};
  EXPECT_EQ(decisions[0].kind, StageKind::kSelection);
  EXPECT_THAT(decisions[0].blocks, ElementsAre(100, 101, 102));
  EXPECT_EQ(fates(decisions[0]),
            (std::map<uint32_t, ArmFate>{
                {1, ArmFate::kNotSelected}, {2, ArmFate::kGoesOn}, {3, ArmFate::kNotSelected}, {4, ArmFate::kGoesOn}}));
  const Stage second = next_stage(sweep, decisions).value();
  EXPECT_FALSE(second.decides);
  EXPECT_EQ(second.first, 0);
  EXPECT_EQ(second.end, 6);
  EXPECT_THAT(second.arms, ElementsAre(2, 4));
  EXPECT_EQ(replay_design(sweep, cells).trainings, 5 * 3 + 3 * 6);
}

TEST(StagedDesign, SelectsControlsBesideTheKept) {
  Sweep sweep = selecting(3, 4, {100, 101}, 1);
  sweep.arms[1] = {"placebo", {{"gamma", 1}}, {}};
  const DesignDecision decision = decide_stage(sweep, {}, cells_with(sweep, {0.3, 0.1, 0.2}));
  EXPECT_EQ(fates(decision),
            (std::map<uint32_t, ArmFate>{{1, ArmFate::kGoesOn}, {2, ArmFate::kGoesOn}, {3, ArmFate::kNotSelected}}));
}

TEST(StagedDesign, LeavesControlsOutOfTheFamilyAndLosesNoBlockToThem) {
  Sweep sweep = looking_at(2, {6, 8});
  sweep.arms[1] = {"placebo", {{"gamma", 1}}, {}};
  StageCells cells = cells_with(sweep, {1, 0});
  cells[2][3] = {};
  const DesignReplay replay = replay_design(sweep, cells);
  ASSERT_THAT(replay.decisions, SizeIs(1)) << "only the control would go on";
  EXPECT_THAT(replay.decisions[0].blocks, SizeIs(6));
  EXPECT_EQ(replay.decisions[0].arms[0].p, std::ldexp(1.0, -6)) << "a family of one";
  EXPECT_EQ(last_fate(replay, 2), ArmFate::kGoesOn);
}

TEST(StagedDesign, RacesFromTheFifthSeedAndStopsWhenTheKeptAreLeft) {
  const Sweep sweep = selecting(4, 6, {100, 101, 102, 103, 104, 105, 106, 107}, 2, true);
  const Stage first = next_stage(sweep, {}).value();
  EXPECT_EQ(first.kind, StageKind::kRacing);
  EXPECT_EQ(first.end - first.first, 5);
  const DesignReplay clear = replay_design(sweep, cells_with(sweep, {-1, 2, -1, 2.05}));
  ASSERT_THAT(clear.decisions, SizeIs(1));
  EXPECT_EQ(clear.decisions[0].kind, StageKind::kSelection);
  EXPECT_EQ(last_fate(clear, 1), ArmFate::kRacedOut);
  EXPECT_EQ(clear.trainings, 5 * 5 + 3 * 6);
  const DesignReplay even = replay_design(sweep, cells_with(sweep, {0, 0, 0, 0}));
  EXPECT_GT(even.decisions.size(), 1);
  EXPECT_EQ(even.decisions.back().kind, StageKind::kSelection);
}

TEST(StagedDesign, StopsForEfficacyAndFutilityAndThenAsksForNothing) {
  const Sweep sweep = looking_at(2, {6, 8, 10});
  const StageCells cells = cells_with(sweep, {1, -1});
  const DesignReplay replay = replay_design(sweep, cells);
  ASSERT_THAT(replay.decisions, SizeIs(1)) << "both are decided at the first look: 2^-6 < 0.05 * 0.6 / 2";
  EXPECT_EQ(last_fate(replay, 1), ArmFate::kEffective);
  EXPECT_EQ(last_fate(replay, 2), ArmFate::kFutile);
  EXPECT_EQ(replay.trainings, 3 * 6);
  EXPECT_EQ(next_stage(sweep, replay.decisions), std::nullopt);
  EXPECT_EQ(replay.decisions[0].arms[0].p, 2 * std::ldexp(1.0, -6)) << "Holm over two arms";
}

TEST(StagedDesign, NeedsMoreSeedsForALargerFamily) {
  const Sweep sweep = looking_at(12, {6, 8, 10});
  std::vector<double> effects(12, -1);
  effects[4] = 1;
  const DesignReplay replay = replay_design(sweep, cells_with(sweep, effects));
  EXPECT_EQ(last_fate(replay, 5), ArmFate::kEffective);
  EXPECT_EQ(replay.decisions.size(), 3) << "at look 2 less than one of 2^8 sign vectors may cross at alpha/12";
  EXPECT_EQ(replay.trainings, 13 * 6 + 2 * 4);
}

TEST(StagedDesign, StopsNothingEarlyByFutilityZero) {
  Sweep sweep = looking_at(2, {4, 6});
  sweep.analysis.stopping->futility = 0;
  const DesignReplay replay = replay_design(sweep, cells_with(sweep, {0, 0}));
  EXPECT_EQ(replay.trainings, 3 * 6);
  EXPECT_EQ(last_fate(replay, 1), ArmFate::kNotShown);
}

TEST(StagedDesign, DropsABlockThatLacksAnArmForAllAndForEver) {
  const Sweep sweep = looking_at(3, {6, 9});
  StageCells cells = cells_with(sweep, {0.05, 0.05, -1});
  cells[3][2] = {};  // the arm that is stopped lacks it
  const DesignReplay replay = replay_design(sweep, cells);
  ASSERT_THAT(replay.decisions, SizeIs(2));
  EXPECT_THAT(replay.decisions[0].blocks, ElementsAre(0, 1, 3, 4, 5));
  EXPECT_THAT(replay.decisions[1].blocks, ElementsAre(0, 1, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(replay.decisions[0].seeds, 6);
}

TEST(StagedDesign, LosesNoBlockToAnArmThatFailedOrIsTheBaseline) {
  const Sweep sweep = looking_at(3, {6});
  StageCells cells = cells_with(sweep, {1, 1, 1});
  cells[1][3] = {.diverged = true};
  for (StageCell& cell : cells[2]) cell.as_baseline = true;
  const DesignReplay replay = replay_design(sweep, cells);
  EXPECT_THAT(replay.decisions[0].blocks, SizeIs(6));
  EXPECT_EQ(last_fate(replay, 1), ArmFate::kFailed);
  EXPECT_EQ(last_fate(replay, 2), ArmFate::kIdentity);
  EXPECT_EQ(last_fate(replay, 3), ArmFate::kEffective) << "a family of two: 2 / 2^6 is below 0.05";
  EXPECT_EQ(replay.trainings, 3 * 6) << "an identity trains nothing of its own";
}

TEST(StagedDesign, GoesOnWhereALookHasNoCompleteBlock) {
  const Sweep sweep = looking_at(1, {2, 8});
  StageCells cells = cells_with(sweep, {1});
  cells[0][0] = cells[0][1] = {};
  const DesignReplay replay = replay_design(sweep, cells);
  ASSERT_THAT(replay.decisions, SizeIs(2));
  EXPECT_THAT(replay.decisions[0].blocks, IsEmpty());
  EXPECT_EQ(last_fate(replay, 1), ArmFate::kEffective);
}

TEST(StagedDesign, TakesTheScaleOfAnEProcessFromTheSelectionSeeds) {
  Sweep sweep = looking_at(3, {4, 5, 6, 7, 8, 9, 10, 11, 12});
  sweep.analysis.stopping->rule = kEProcess;
  sweep.analysis.selection = SelectionSpec{.seeds = {100, 101, 102, 103}, .keep = 2};
  const DesignReplay replay = replay_design(sweep, cells_with(sweep, {0.5, -0.5, 0.6}));
  ASSERT_TRUE(replay.decisions[0].scale);
  EXPECT_GT(*replay.decisions[0].scale, 0);
  EXPECT_EQ(last_fate(replay, 1), ArmFate::kEffective);
  EXPECT_EQ(last_fate(replay, 2), ArmFate::kNotSelected);
  EXPECT_LT(replay.trainings, 4 * 4 + 3 * 12);
}

TEST(StagedDesign, SaysTheSameFromStoredDecisions) {
  const Sweep sweep = looking_at(5, {4, 6, 8, 10});
  const StageCells cells = cells_with(sweep, {0.2, 0.1, 0.02, -0.1, 0});
  const DesignReplay replay = replay_design(sweep, cells);
  std::vector<DesignDecision> stored;
  for (const DesignDecision& decision : replay.decisions) {
    EXPECT_EQ(to_json(decide_stage(sweep, stored, cells)), to_json(decision));
    stored.push_back(parse_decision(to_json(decision).dump()).value());
    EXPECT_EQ(to_json(stored.back()), to_json(decision));
  }
  EXPECT_EQ(next_stage(sweep, stored), std::nullopt);
}

// All sign vectors of the differences are as likely under the null hypothesis: counting them is the exact chance that
// any of the arms is ever found effective, futility or not.
TEST(StagedDesign, FindsNoMoreThanAlphaOfAllSignVectorsEffective) {
  for (const double futility : {0.0, 0.1}) {
    Sweep sweep = looking_at(3, {5, 7, 9});
    sweep.analysis.alpha = 0.2;
    sweep.analysis.stopping->futility = futility;
    Rng rng(7, "staged design test");
    std::vector<std::vector<double>> d(3, std::vector<double>(9));
    for (auto& arm : d)
      for (double& x : arm) x = rng.uniform() + 0.1;
    int64_t found = 0;
    for (uint64_t signs = 0; signs < 512; ++signs) {
      StageCells cells(4, std::vector<StageCell>(9));
      for (size_t seed = 0; seed < 9; ++seed) {
        cells[0][seed].test_variance = 0;
        for (size_t arm = 0; arm < 3; ++arm)
          cells[arm + 1][seed].test_variance = (signs >> seed & 1) != 0 ? d[arm][seed] : -d[arm][seed];
      }
      const DesignReplay replay = replay_design(sweep, cells);
      const auto effective = [&](uint32_t arm) { return last_fate(replay, arm) == ArmFate::kEffective; };
      found += effective(1) || effective(2) || effective(3) ? 1 : 0;
    }
    EXPECT_LE(found, static_cast<int64_t>(0.2 * 512));
    EXPECT_GT(found, 0);
  }
}

TEST(DefaultLooks, BeginAtAQuarterAndEndWithAllSeeds) {
  EXPECT_THAT(default_looks(12, kGroupSequential), ElementsAre(3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_THAT(default_looks(24, kGroupSequential), ElementsAre(6, 8, 10, 12, 14, 16, 18, 20, 22, 24));
  EXPECT_THAT(default_looks(2, kGroupSequential), ElementsAre(2));
  EXPECT_THAT(default_looks(1, kGroupSequential), ElementsAre(1));
  EXPECT_THAT(default_looks(6, kEProcess), ElementsAre(4, 5, 6));
  EXPECT_THAT(default_looks(3, kEProcess), ElementsAre(3));
}

TEST(ConditionalPower, FollowsTheDriftThatIsSeen) {
  const std::vector<double> rising = {1, 2, 1.5, 1.2, 1.8}, nothing = {1, -1, 0.5, -0.5, 0.1}, falling = {-1, -2, -1};
  EXPECT_GT(*conditional_power(rising, 0.5, 0.05), 0.99);
  EXPECT_LT(*conditional_power(nothing, 0.5, 0.05), 0.1);
  EXPECT_EQ(conditional_power(falling, 0.5, 0.05), 0);
  EXPECT_EQ(conditional_power(std::vector<double>{1}, 0.5, 0.05), std::nullopt);
  EXPECT_EQ(conditional_power(std::vector<double>{1, 1, 1}, 0.5, 0.05), 1);
  // z = 1 at half of the blocks: (1.6449 - sqrt 2) / sqrt(1/2), by hand from tables.
  const std::vector<double> one = {0.5, 1, 1.5};  // t = 3.4641, one-sided p 0.0371, z 1.7855
  EXPECT_NEAR(*conditional_power(one, 0.5, 0.05), 0.8931, 1e-3);
}

TEST(SimulatedTrainings, CostLessWithStoppingThanWithout) {
  const Sweep fixed = design_of(6, 10), stopping = looking_at(6, {4, 6, 8, 10});
  const SimulatedTrainings all = simulate_trainings(fixed, 1.5, 3, 1), less = simulate_trainings(stopping, 1.5, 40, 1);
  EXPECT_DOUBLE_EQ(all.none, 70);
  EXPECT_DOUBLE_EQ(all.quarter, 70);
  EXPECT_LT(less.none, less.quarter);
  EXPECT_LT(less.quarter, 60);
}

TEST(Sequential, GivesAStagewiseP) {
  const std::vector<double> d = {1, 1, 1, 1, 1, 1};
  const SequentialTest test = sequential_sign_flip(d, {.looks = {3, 6}, .alpha = 0.05}).value();
  EXPECT_THAT(test.p, ElementsAre(1.0 / 8, 1.0 / 64));
  EXPECT_EQ(test.rejected_at, 2);
  EXPECT_EQ(sequential_sign_flip(d, {.looks = {3, 6}, .shares = {0.5}}), std::nullopt);
}

}  // namespace
}  // namespace evensweep

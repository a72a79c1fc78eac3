#include "sweeps/stats/design.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sweeps/stats/evidence.h"
#include "sweeps/stats/power.h"
#include "tests/unit/stats/sweep_results.h"

namespace evensweep {
namespace {

AnalysisSpec corrected_by(const std::string& correction) {
  AnalysisSpec analysis;
  analysis.correction = correction;
  return analysis;
}

SweepResults holm_sweep(int64_t seeds, const std::vector<Arm>& arms) {
  SweepResults results = make_sweep(seeds, arms);
  results.sweep.analysis.correction = "holm";
  return results;
}

// A baseline of 200 examples in each of 3 classes, and an arm that moves `step` answers from the best to the worst
// class: D_u rises with it.
void add_block(SweepResults& results, const Arm& arm, uint64_t seed, int64_t step) {
  add_result(results, baseline_arm(), seed, {180, 150, 120});
  add_result(results, arm, seed, {180 - step, 150, 120 + step});
}

TEST(Reach, IsOneSignVectorOfAllTimesTheFamilyUnderHolm) {
  EXPECT_EQ(smallest_p(10, 7, corrected_by("holm")), 7.0 / 1024);
  EXPECT_EQ(smallest_p(10, 7, corrected_by("none")), 1.0 / 1024);
  EXPECT_EQ(smallest_p(10, 7, corrected_by("max_t")), 1.0 / 1024);
  EXPECT_EQ(smallest_p(2, 7, corrected_by("holm")), 1);
  EXPECT_NEAR(smallest_p(kExactSignFlips + 1, 7, corrected_by("holm")), 7.0 / (kDrawnSignFlips + 1), 1e-15);
}

TEST(Reach, IsWhatTheEvidenceReachesWithoutAFlaw) {
  SweepResults results = holm_sweep(6, {focal_arm(1), focal_arm(2)});
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    add_block(results, focal_arm(1), seed, 10 + static_cast<int64_t>(seed));
    add_result(results, focal_arm(2), seed, {170, 150, 130 - static_cast<int64_t>(seed)});
  }
  const Evidence evidence = *weigh(results);
  EXPECT_EQ(*evidence.arms[0].p_adjusted, smallest_p(6, 2, results.sweep.analysis));
}

TEST(Reach, NamesTheFewestBlocksThatSuffice) {
  for (const char* correction : {"holm", "max_t", "none"})
    for (const int64_t family : {1, 6, 7, 12, 40}) {
      const AnalysisSpec analysis = corrected_by(correction);
      const int64_t least = reach_of(10, family, analysis).least_blocks;
      EXPECT_LE(smallest_p(least, family, analysis), analysis.alpha) << family;
      EXPECT_GT(smallest_p(least - 1, family, analysis), analysis.alpha) << family;
    }
}

TEST(Reach, DetectsLessInAFamily) {
  const Reach reach = reach_of(10, 12, corrected_by("holm"));
  EXPECT_NEAR(*reach.detectable, 0.85, 0.005);
  EXPECT_NEAR(*reach.detectable_in_family, 1.37, 0.005);
  const Reach alone = reach_of(10, 12, corrected_by("none"));
  EXPECT_EQ(*alone.detectable, *alone.detectable_in_family);
  EXPECT_EQ(*reach_of(10, 12, corrected_by("max_t")).detectable_in_family, *reach.detectable_in_family);
  EXPECT_FALSE(reach_of(1, 12, corrected_by("holm")).detectable);
}

TEST(PilotArms, TellSpreadAndSeedsOfTheFinishedBlocks) {
  SweepResults results = holm_sweep(8, {focal_arm(1), focal_arm(2)});
  for (uint64_t seed = 1; seed <= 4; ++seed)
    add_block(results, focal_arm(1), seed, seed % 2 == 0 ? 4 : 12);  // focal(2) has nothing: no block is complete
  const std::vector<PilotArm> pilot = pilot_arms(results, 2);
  ASSERT_EQ(pilot.size(), 1u);
  EXPECT_EQ(pilot[0].arm, arm_name(focal_arm(1)));
  EXPECT_EQ(pilot[0].d.n, 4);
  EXPECT_NEAR(*pilot[0].sd_limit, sd_upper_limit(pilot[0].d.sd, 4, 0.8), 1e-15);
  EXPECT_EQ(*pilot[0].seeds, std::max<int64_t>(6, *seeds_for_power(pilot[0].d.mean / pilot[0].d.sd, 0.8, {0.025})));
  EXPECT_GT(*pilot[0].seeds_at_limit, *pilot[0].seeds);
}

TEST(PilotArms, NeverAskForFewerSeedsThanTheExactTest) {
  SweepResults results = holm_sweep(8, {focal_arm(1)});
  for (uint64_t seed = 1; seed <= 3; ++seed) add_block(results, focal_arm(1), seed, 20 + static_cast<int64_t>(seed));
  EXPECT_GT(pilot_arms(results, 1)[0].d.mean / pilot_arms(results, 1)[0].d.sd, 10);
  EXPECT_EQ(pilot_arms(results, 1)[0].seeds, 5);  // 1/32 <= 0.05
  EXPECT_EQ(pilot_arms(results, 12)[0].seeds, 8);
}

TEST(PilotArms, HaveNoSeedsForAnEffectThatIsNotThere) {
  SweepResults results = holm_sweep(8, {focal_arm(1), focal_arm(2)});
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    add_block(results, focal_arm(1), seed, -10 - static_cast<int64_t>(seed));
    add_result(results, focal_arm(2), seed, {170, 150, 130});  // always the same
  }
  const std::vector<PilotArm> pilot = pilot_arms(results, 2);
  ASSERT_EQ(pilot.size(), 2u);
  EXPECT_LT(pilot[0].d.mean, 0);
  EXPECT_FALSE(pilot[0].seeds);
  EXPECT_FALSE(pilot[0].seeds_at_limit);
  EXPECT_EQ(pilot[1].d.status, PairedStatus::kZeroVariance);
  EXPECT_FALSE(pilot[1].sd_limit);
  EXPECT_FALSE(pilot[1].seeds);
}

TEST(PilotArms, LeaveOutIdentitiesAndArmsWithOneBlock) {
  SweepResults results = holm_sweep(8, {focal_arm(0), focal_arm(1)});
  add_block(results, focal_arm(1), 1, 10);
  add_result(results, baseline_arm(), 2, {180, 150, 120});
  for (uint64_t seed = 1; seed <= 2; ++seed) add_same_run_as_baseline(results, focal_arm(0), seed);
  EXPECT_TRUE(pilot_arms(results, 1).empty());
  EXPECT_TRUE(pilot_arms(make_sweep(8, {focal_arm(1)}), 1).empty());
}

}  // namespace
}  // namespace evensweep

// What weigh() claims when there is nothing to find: simulated, with a fixed seed.

#include <gtest/gtest.h>

#include "sweeps/stats/evidence.h"
#include "tests/unit/stats/sweep_results.h"

namespace evensweep {
namespace {

// TPRs of one training: those of the task, and what chance in training adds.
std::vector<double> train(Rng& rng, std::vector<double> tpr) {
  for (double& s : tpr) s += 0.06 * (rng.uniform() - 0.5);
  return tpr;
}

SweepResults simulate(Rng& rng, int64_t blocks, const std::vector<double>& baseline,
                      const std::vector<double>& rebalanced) {
  constexpr int64_t kSupport = 60;
  SweepResults results = make_sweep(blocks, {focal_arm(1), focal_arm(2), focal_arm(3)}, 4, kSupport);
  for (uint64_t seed : results.sweep.seeds) {
    add_result(results, baseline_arm(), seed, draw_correct(rng, train(rng, baseline), kSupport));
    for (const Arm& arm : results.sweep.arms) {
      add_result(results, arm, seed, draw_correct(rng, train(rng, rebalanced), kSupport));
    }
  }
  return results;
}

struct Claims {
  int reduced = 0, increased = 0;
};

Claims count_claims(const std::vector<double>& baseline, const std::vector<double>& rebalanced, int sweeps) {
  Rng rng(20, "type one error");
  Claims claims;
  for (int i = 0; i < sweeps; ++i) {
    const Evidence evidence = weigh(simulate(rng, 8, baseline, rebalanced)).value();
    bool reduced = false, increased = false;
    for (const ArmEvidence& arm : evidence.arms) {
      reduced |= arm.spread_reduced;
      increased |= arm.kind == Verdict::kHarmful;
    }
    claims.reduced += reduced ? 1 : 0;
    claims.increased += increased ? 1 : 0;
  }
  return claims;
}

// Nominal: at most 5 % of sweeps with any claim. 400 sweeps: 20 expected at most, standard deviation 4.4; four of those
// are allowed.
TEST(TypeOneError, StaysAtItsLevelOverAWholeSweep) {
  const Claims claims = count_claims({0.9, 0.8, 0.7, 0.6}, {0.9, 0.8, 0.7, 0.6}, 400);
  EXPECT_LE(claims.reduced, 38);
  EXPECT_LE(claims.increased, 38);
}

// A method that only raises accuracy lowers the plain Var(s) by way of test-set noise; the corrected one must not
// follow.
TEST(TypeOneError, IsNotRaisedByAGainInAccuracyAlone) {
  const Claims claims = count_claims({0.55, 0.55, 0.55, 0.55}, {0.93, 0.93, 0.93, 0.93}, 200);
  EXPECT_LE(claims.reduced, 200 * 0.05 + 4 * 3.1);
}

TEST(Power, FindsALargeEffectNearlyAlways) {
  const Claims claims = count_claims({0.95, 0.8, 0.65, 0.5}, {0.73, 0.73, 0.73, 0.73}, 60);
  EXPECT_GE(claims.reduced, 55);
  EXPECT_EQ(claims.increased, 0);
}

}  // namespace
}  // namespace evensweep

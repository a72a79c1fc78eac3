#include "sweeps/stats/power.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Design {
  int64_t n;
  double dz;
  TestLevel level;
};

Design some_design() {
  return {*rc::gen::inRange<int64_t>(2, 60),
          *rc::gen::inRange(1, 400) / 100.0,
          {*rc::gen::element(0.2, 0.05, 0.05 / 12, 1e-4), *rc::gen::arbitrary<bool>()}};
}

RC_GTEST_PROP(Power, IsTheLevelWithoutAnEffect, ()) {
  const Design d = some_design();
  RC_ASSERT(std::abs(t_power(d.n, 0, d.level) - d.level.alpha) < 1e-9);
}

RC_GTEST_PROP(Power, RisesWithEffectAndSeeds, ()) {
  const Design d = some_design();
  const double power = t_power(d.n, d.dz, d.level);
  RC_ASSERT(power >= d.level.alpha - 1e-9 && power <= 1);
  RC_ASSERT(t_power(d.n, d.dz + 0.1, d.level) >= power - 1e-12);
  RC_ASSERT(t_power(d.n + 1, d.dz, d.level) >= power - 1e-12);
}

RC_GTEST_PROP(Power, SeedsAreTheFewestThatReachIt, ()) {
  const Design d = some_design();
  const int64_t seeds = *seeds_for_power(d.dz, 0.8, d.level);
  RC_ASSERT(t_power(seeds, d.dz, d.level) >= 0.8);
  RC_ASSERT(seeds == 2 || t_power(seeds - 1, d.dz, d.level) < 0.8);
}

RC_GTEST_PROP(Power, DetectableEffectHasIt, ()) {
  const Design d = some_design();
  RC_ASSERT(std::abs(t_power(d.n, *detectable_effect(d.n, 0.8, d.level), d.level) - 0.8) < 1e-9);
}

TEST(Power, IsThatOfTheNormalTestForManySeeds) {
  const int64_t n = 1'000'000;
  EXPECT_NEAR(t_power(n, 0.0025, {0.05, false}), normal_sf(normal_quantile(0.95) - 2.5), 1e-5);
}

// shift^2 / 2 no longer fits an int: the limit joins what is computed below it.
TEST(Power, GoesOnSmoothlyForHugeEffects) {
  EXPECT_NEAR(noncentral_t_sf(40'000, 3, 30'000), noncentral_t_sf(40'000, 3, 30'001), 1e-4);
  EXPECT_EQ(noncentral_t_sf(1, 3, 1e9), 1);
  EXPECT_EQ(noncentral_t_sf(1, 3, -1e9), 0);
  EXPECT_EQ(t_power(5, kInfinity, {0.05, false}), 1);
  EXPECT_EQ(t_power(5, -1e300, {0.05, true}), 1);
}

TEST(Power, HasNoAnswerWhereThereIsNone) {
  EXPECT_TRUE(std::isnan(t_power(1, 1, {})));
  EXPECT_TRUE(std::isnan(t_power(5, kNaN, {})));
  EXPECT_FALSE(seeds_for_power(0, 0.8, {}));
  EXPECT_FALSE(seeds_for_power(-1, 0.8, {}));
  EXPECT_FALSE(seeds_for_power(1e-6, 0.8, {}));
  EXPECT_FALSE(seeds_for_power(kNaN, 0.8, {}));
  EXPECT_TRUE(seeds_for_power(-1, 0.8, {0.05, true}));
  EXPECT_FALSE(detectable_effect(1, 0.8, {}));
}

TEST(SdUpperLimit, CoversInTheShareOfPilotsThatItNames) {
  EXPECT_NEAR(sd_upper_limit(1, 5, 0.8), 1.56, 0.005);
  for (const int64_t n : {2, 5, 20}) {
    const double df = static_cast<double>(n - 1), limit = sd_upper_limit(1, n, 0.8);
    // The limit stays below the true sd where s^2 < 1 / limit^2.
    EXPECT_NEAR(chi2_sf(df / (limit * limit), df), 0.8, 1e-12);
  }
  EXPECT_TRUE(std::isnan(sd_upper_limit(1, 1, 0.8)));
}

TEST(NoetherPairs, NeedsMoreTheNearerToChance) {
  EXPECT_GT(noether_pairs(0.6, 0.05, 0.05), noether_pairs(0.7, 0.05, 0.05));
  EXPECT_EQ(noether_pairs(0.5, 0.05, 0.05), kInfinity);
}

}  // namespace
}  // namespace evensweep

#include "sweeps/stats/meta.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace evensweep {
namespace {

using Studies = std::vector<StudyEffect>;

Studies some_studies(bool equal_variances) {
  const auto n = *rc::gen::inRange<size_t>(3, 12);
  Studies studies;
  for (size_t i = 0; i < n; ++i) {
    const double variance = equal_variances ? 0.25 : *rc::gen::inRange(1, 200) / 64.0;
    studies.push_back({*rc::gen::inRange(-200, 201) / 32.0, variance});
  }
  return studies;
}

TEST(RandomEffects, OfAnExampleDoneByHand) {
  const Studies studies{{0.1, 0.01}, {0.3, 0.04}, {0.8, 0.04}};
  // Weights 100, 25, 25: mean 0.25, Q = 2.25 + 0.0625 + 7.5625, tau^2 = (Q - 2) / (150 - 11250/150).
  const MetaAnalysis meta = random_effects(studies, 0.05, BetweenVariance::kDerSimonianLaird);
  ASSERT_EQ(meta.status, MetaStatus::kOk);
  EXPECT_NEAR(meta.q, 9.875, 1e-12);
  EXPECT_NEAR(*meta.p_q, std::exp(-9.875 / 2), 1e-12);  // two degrees of freedom
  EXPECT_NEAR(meta.i2, 1 - 2 / 9.875, 1e-12);
  EXPECT_NEAR(meta.tau2, 0.105, 1e-12);
  EXPECT_NEAR(meta.mean, 0.376, 1e-12);
  // Weights 1/0.115, 1/0.145, 1/0.145: se^2 = sum w (y - 0.376)^2 / 2 / sum w.
  const double weight = 1 / 0.115 + 2 / 0.145;
  const double scatter = (0.276 * 0.276) / 0.115 + (0.076 * 0.076 + 0.424 * 0.424) / 0.145;
  EXPECT_NEAR(meta.se, std::sqrt(scatter / 2 / weight), 1e-12);
  EXPECT_NEAR(meta.interval.high - meta.mean, 4.302652729911275 * meta.se, 1e-9);
  EXPECT_NEAR(meta.mean - meta.prediction.low, 12.706204736432095 * std::sqrt(0.105 + meta.se * meta.se), 1e-9);
}

RC_GTEST_PROP(RandomEffects, PauleAndMandelMakeQWhatIsExpected, ()) {
  Studies studies = some_studies(false);
  const MetaAnalysis meta = random_effects(studies, 0.05);
  RC_PRE(meta.tau2 > 0);
  for (StudyEffect& study : studies) study.variance += meta.tau2;
  const auto df = static_cast<double>(studies.size() - 1);
  RC_ASSERT(std::abs(random_effects(studies, 0.05).q - df) < 1e-9 * df);
}

RC_GTEST_PROP(RandomEffects, OfEqualVariancesIsStudentsT, ()) {
  const Studies studies = some_studies(true);
  std::vector<double> effects;
  for (const StudyEffect& study : studies) effects.push_back(study.effect);
  const PairedSummary t = paired_t(effects, 0.1);
  RC_PRE(t.status == PairedStatus::kOk);
  for (const auto between : {BetweenVariance::kPauleMandel, BetweenVariance::kDerSimonianLaird}) {
    const MetaAnalysis meta = random_effects(studies, 0.1, between);
    RC_ASSERT(std::abs(meta.tau2 - std::max(0.0, t.sd * t.sd - 0.25)) < 1e-9);
    RC_ASSERT(std::abs(meta.interval.low - t.ci_low) < 1e-9);
    RC_ASSERT(std::abs(meta.interval.high - t.ci_high) < 1e-9);
    RC_ASSERT(std::abs(*meta.p - *t.p_two_sided) < 1e-9);
  }
}

RC_GTEST_PROP(RandomEffects, MovesWithTheEffects, ()) {
  Studies studies = some_studies(false);
  const MetaAnalysis before = random_effects(studies, 0.05);
  for (StudyEffect& study : studies) study.effect = 3 - 2 * study.effect;
  for (StudyEffect& study : studies) study.variance *= 4;
  const MetaAnalysis after = random_effects(studies, 0.05);
  RC_ASSERT(std::abs(after.mean - (3 - 2 * before.mean)) < 1e-6);
  RC_ASSERT(std::abs(after.tau2 - 4 * before.tau2) < 1e-6);
  RC_ASSERT(std::abs(after.i2 - before.i2) < 1e-9);
}

TEST(RandomEffects, FindsNothingBetweenStudiesThatAgree) {
  const Studies studies{{0.5, 0.1}, {0.5, 0.2}, {0.5, 0.05}, {0.5, 0.1}};
  const MetaAnalysis meta = random_effects(studies, 0.05);
  EXPECT_EQ(meta.tau2, 0);
  EXPECT_EQ(meta.i2, 0);
  EXPECT_NEAR(meta.mean, 0.5, 1e-15);
  EXPECT_NEAR(*meta.p_q, 1, 1e-12);
}

TEST(RandomEffects, HasAStatusForWhatCannotBePooled) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(random_effects(Studies{{1, 1}, {2, 1}}, 0.05).status, MetaStatus::kTooFew);
  EXPECT_EQ(random_effects({}, 0.05).status, MetaStatus::kTooFew);
  for (const StudyEffect& bad : Studies{{1, 0}, {1, -1}, {1, nan}, {nan, 1}, {1, 1e-320}, {1e200, 1}}) {
    const MetaAnalysis meta = random_effects(Studies{{1, 1}, {2, 1}, bad}, 0.05);
    EXPECT_EQ(meta.status, MetaStatus::kNotUsable) << bad.effect << ' ' << bad.variance;
    EXPECT_FALSE(meta.p);
  }
}

}  // namespace
}  // namespace evensweep

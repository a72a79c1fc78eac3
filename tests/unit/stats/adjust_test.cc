#include "sweeps/stats/adjust.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace evensweep {
namespace {

using Ps = std::vector<std::optional<double>>;

constexpr Correction kAll[] = {Correction::kNone,   Correction::kBonferroni,        Correction::kSidak,
                               Correction::kHolm,   Correction::kHolmSidak,         Correction::kHochberg,
                               Correction::kHommel, Correction::kBenjaminiHochberg, Correction::kBenjaminiYekutieli};

Ps some_ps() {
  Ps p;
  for (int k : *rc::gen::container<std::vector<int>>(rc::gen::inRange(-20, 101)))
    p.push_back(k < 0 ? std::nullopt : std::optional<double>(k / 100.0));
  return p;
}

RC_GTEST_PROP(AdjustP, NeverLowersAPAndKeepsTheOrder, ()) {
  const Ps p = some_ps();
  for (const Correction correction : kAll) {
    const Ps a = adjust_p(p, correction);
    RC_ASSERT(a.size() == p.size());
    for (size_t i = 0; i < p.size(); ++i) {
      RC_ASSERT(a[i].has_value() == p[i].has_value());
      if (!p[i]) continue;
      RC_ASSERT(*a[i] >= *p[i] - 1e-12 && *a[i] <= 1);
      for (size_t j = 0; j < p.size(); ++j)
        if (p[j] && *p[i] <= *p[j]) RC_ASSERT(*a[i] <= *a[j]);
    }
  }
}

RC_GTEST_PROP(AdjustP, GoesFromHommelOverHochbergAndHolmToBonferroni, ()) {
  const Ps p = some_ps();
  const Ps hommel = adjust_p(p, Correction::kHommel), hochberg = adjust_p(p, Correction::kHochberg);
  const Ps holm = adjust_p(p, Correction::kHolm), bonferroni = adjust_p(p, Correction::kBonferroni);
  for (size_t i = 0; i < p.size(); ++i) {
    if (!p[i]) continue;
    RC_ASSERT(*hommel[i] <= *hochberg[i] + 1e-12);
    RC_ASSERT(*hochberg[i] <= *holm[i] + 1e-12);
    RC_ASSERT(*holm[i] <= *bonferroni[i] + 1e-12);
  }
}

TEST(AdjustP, CountsComparisonsThatCouldNotBeTested) {
  const Ps adjusted = adjust_p(Ps{0.01, std::nullopt, 0.04}, Correction::kHolm);
  EXPECT_DOUBLE_EQ(*adjusted[0], 0.03);
  EXPECT_DOUBLE_EQ(*adjusted[2], 0.08);
  EXPECT_FALSE(adjusted[1].has_value());
}

TEST(AdjustP, OfNothingIsNothing) {
  for (const Correction correction : kAll) {
    EXPECT_TRUE(adjust_p(Ps{}, correction).empty());
    EXPECT_FALSE(adjust_p(Ps{std::nullopt}, correction)[0].has_value());
  }
  EXPECT_TRUE(reject_two_stage(Ps{}, 0.05).empty());
}

TEST(MinBlocks, AreThoseOfTheFloorOfTheSignFlipTest) {
  EXPECT_EQ(min_blocks(1, 0.05, false), 5);
  EXPECT_EQ(min_blocks(1, 0.05, true), 6);
  EXPECT_EQ(min_blocks(12, 0.05, false), 8);
  EXPECT_EQ(min_blocks(100, 0.05, true), 12);
  EXPECT_EQ(min_blocks(1, 0.03125, false), 5);
}

}  // namespace
}  // namespace evensweep

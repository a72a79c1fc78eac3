#include "sweeps/stats/stochastic_order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace evensweep {
namespace {

using Values = std::vector<double>;

Values some_values() {
  const auto n = *rc::gen::inRange<size_t>(1, 12);
  Values values;
  for (int k : *rc::gen::container<std::vector<int>>(n, rc::gen::inRange(-40, 41))) values.push_back(k / 8.0);
  return values;
}

TEST(ViolationRatio, OfAnExampleDoneByHand) {
  // Sorted 1 4 against 2 3: below by 1 on one half, above by 1 on the other.
  EXPECT_DOUBLE_EQ(*aso_violation_ratio(Values{4, 1}, Values{2, 3}), 0.5);
  // Sizes 2 and 3: quantiles 0 0 0 3 3 3 and 1 1 2 2 2 2 in sixths: (1 + 1 + 4) of (1 + 1 + 4 + 1 + 1 + 1).
  EXPECT_DOUBLE_EQ(*aso_violation_ratio(Values{0, 3}, Values{1, 2, 2}), 6.0 / 9);
}

TEST(ViolationRatio, IsZeroForALargerAndOneForASmallerSample) {
  EXPECT_EQ(*aso_violation_ratio(Values{2, 3, 4}, Values{1, 3, 3.5}), 0);
  EXPECT_EQ(*aso_violation_ratio(Values{1, 3, 3.5}, Values{2, 3, 4}), 1);
}

RC_GTEST_PROP(ViolationRatio, OfBothDirectionsSumsToOne, ()) {
  const Values a = some_values(), b = some_values();
  const auto there = aso_violation_ratio(a, b), back = aso_violation_ratio(b, a);
  RC_ASSERT(there.has_value() == back.has_value());
  RC_PRE(there.has_value());
  RC_ASSERT(std::abs(*there + *back - 1) < 1e-12);
}

RC_GTEST_PROP(ViolationRatio, DoesNotChangeWhereASampleIsRepeated, ()) {
  const Values a = some_values(), b = some_values();
  Values twice(a);
  twice.insert(twice.end(), a.begin(), a.end());
  const auto once = aso_violation_ratio(a, b), again = aso_violation_ratio(twice, b);
  RC_ASSERT(once.has_value() == again.has_value());
  RC_PRE(once.has_value());
  RC_ASSERT(std::abs(*once - *again) < 1e-12);
}

TEST(ViolationRatio, SaysNothingOfWhatCannotBeCompared) {
  EXPECT_FALSE(aso_violation_ratio({}, Values{1}));
  EXPECT_FALSE(aso_violation_ratio(Values{1}, {}));
  EXPECT_FALSE(aso_violation_ratio(Values{1, 2}, Values{2, 1}));
  EXPECT_FALSE(aso_violation_ratio(Values{std::numeric_limits<double>::quiet_NaN()}, Values{1}));
}

}  // namespace
}  // namespace evensweep

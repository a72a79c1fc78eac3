#include "sweeps/report/format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace evensweep {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Format, DecimalsGiveThreeDigitsToTheLargest) {
  EXPECT_EQ(decimals_for({12.3, -0.5}), 1);
  EXPECT_EQ(decimals_for({-123.4}), 0);
  EXPECT_EQ(decimals_for({-123.4}, 1), 1);
  EXPECT_EQ(decimals_for({0.0123}), 4);
  EXPECT_EQ(decimals_for({1e-30}), 6);
  EXPECT_EQ(decimals_for({}), 1);
  EXPECT_EQ(decimals_for({kNaN, 0.0}), 1);
}

TEST(Format, SignsAndZero) {
  EXPECT_EQ(fixed(-0.04, 1), "0.0");
  EXPECT_EQ(fixed(-0.06, 1), "-0.1");
  EXPECT_EQ(signed_fixed(0.04, 1), "0.0");
  EXPECT_EQ(signed_fixed(2.0, 1), "+2.0");
  EXPECT_EQ(signed_fixed(-2.0, 1), "-2.0");
}

TEST(Format, WhatIsNoNumberSaysSo) {
  EXPECT_EQ(fixed({}, 1), kNoNumber);
  EXPECT_EQ(signed_fixed(kNaN, 1), kNoNumber);
  EXPECT_EQ(interval(1.0, std::numeric_limits<double>::infinity(), 1), kNoNumber);
  EXPECT_EQ(p_value(kNaN), kNoNumber);
  EXPECT_EQ(seconds_text(kNaN), kNoNumber);
  EXPECT_EQ(seconds_text(-1.0), kNoNumber);
  EXPECT_EQ(seconds_text(1e300), kNoNumber);
}

TEST(Format, PValues) {
  EXPECT_EQ(p_value(0.00390625), "0.0039");
  EXPECT_EQ(p_value(0.25), "0.25");
  EXPECT_EQ(p_value(1.0), "1");
  EXPECT_EQ(p_value(0.00011), "0.00011");
  EXPECT_EQ(p_value(0.00001), "<0.0001");
}

TEST(Format, Times) {
  EXPECT_EQ(seconds_text(1.54), "1.5 s");
  EXPECT_EQ(seconds_text(75.0), "1 min 15 s");
  EXPECT_EQ(seconds_text(7325.0), "2 h 2 min");
}

TEST(Format, Counts) {
  EXPECT_EQ(counted(1, "run"), "1 run");
  EXPECT_EQ(counted(0, "run"), "0 runs");
}

}  // namespace
}  // namespace evensweep

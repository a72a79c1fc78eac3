#include "common/base/clock.h"

#include <gtest/gtest.h>

namespace evensweep {
namespace {

using std::chrono::milliseconds;

TEST(Clock, TimePointsAreComparedAddedAndSubtracted) {
  const TimePoint start{milliseconds(1000)};
  const TimePoint later = start + milliseconds(250);
  EXPECT_GT(later, start);
  EXPECT_EQ(later - start, milliseconds(250));
  EXPECT_EQ(start - later, milliseconds(-250));
}

TEST(Clock, SystemClockDoesNotGoBack) {
  const SystemClock clock;
  TimePoint last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const TimePoint now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(Clock, SystemClockCountsUnixMilliseconds) {
  const int64_t year_2020 = 1'577'836'800'000;
  const int64_t year_2200 = 7'258'118'400'000;
  EXPECT_GT(SystemClock().unix_millis(), year_2020);
  EXPECT_LT(SystemClock().unix_millis(), year_2200);
}

TEST(Clock, FakeClockStandsUntilItIsAdvanced) {
  FakeClock clock;
  EXPECT_EQ(clock.now(), TimePoint{});
  clock.advance(milliseconds(5));
  clock.advance(milliseconds(7));
  EXPECT_EQ(clock.now().since_start, milliseconds(12));
  EXPECT_EQ(clock.unix_millis(), 12);
}

}  // namespace
}  // namespace evensweep

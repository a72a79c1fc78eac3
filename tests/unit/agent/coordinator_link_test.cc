#include "agent/link/coordinator_link.h"

#include <gtest/gtest.h>

namespace evensweep {
namespace {

TEST(ReconnectDelay, DoublesUpToFiveSecondsAndIsSpread) {
  EXPECT_EQ(reconnect_delay(0, 0.0), Duration(200));
  EXPECT_EQ(reconnect_delay(1, 0.0), Duration(400));
  EXPECT_EQ(reconnect_delay(4, 0.0), Duration(3200));
  EXPECT_EQ(reconnect_delay(5, 0.0), Duration(5000));
  EXPECT_EQ(reconnect_delay(4000000000u, 0.0), Duration(5000));
  for (const double chance : {0.1, 0.5, 0.999}) {
    EXPECT_LT(reconnect_delay(3, chance), reconnect_delay(3, 0.0));
    EXPECT_GE(reconnect_delay(3, chance), Duration(800));
  }
}

}  // namespace
}  // namespace evensweep

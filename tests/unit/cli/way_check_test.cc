#include "cli/way_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace evensweep {
namespace {

using ::testing::HasSubstr;

TEST(WayCheck, SaysWhatToDo) {
  EXPECT_THAT(connect_advice(ECONNREFUSED, "10.0.0.5:7077"), HasSubstr("nothing listens there"));
  EXPECT_THAT(connect_advice(ETIMEDOUT, "10.0.0.5:7077"), HasSubstr("ssh -N -L 7077:10.0.0.5:7077 "));
  EXPECT_THAT(connect_advice(EHOSTUNREACH, "10.0.0.5:7077"), HasSubstr("has no way there"));
  EXPECT_THAT(connect_advice(ENOENT, "unix:/tmp/x"), HasSubstr("--listen unix:/tmp/x"));
  EXPECT_NE(connect_advice(EPERM, "x"), "");
}

TEST(WayCheck, ComparesClocks) {
  constexpr int64_t kNow = 1'764'000'000'000;
  EXPECT_EQ(clock_finding(kNow - 15'000, kNow).health, Health::kOk);
  EXPECT_EQ(clock_finding(kNow + 2'000, kNow).health, Health::kOk);
  EXPECT_EQ(clock_finding(kNow + 60'000, kNow).health, Health::kWarning);
  EXPECT_THAT(clock_finding(kNow + 60'000, kNow).text, HasSubstr("60 s behind"));
  EXPECT_THAT(clock_finding(kNow - 600'000, kNow).text, HasSubstr("600 s before"));
}

TEST(WayCheck, TriesEachAddress) {
  const std::vector<Finding> none = check_way({.coordinator = "unix:/nowhere/at/all"});
  ASSERT_EQ(none.size(), 1u);
  EXPECT_EQ(none[0].health, Health::kFailure);
  EXPECT_THAT(none[0].text, HasSubstr("unix:/nowhere/at/all: No such file"));
  const std::vector<Finding> refused = check_way({.coordinator = "127.0.0.1:1"});
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_THAT(refused[0].text, HasSubstr("127.0.0.1:1: Connection refused; nothing listens there"));
  EXPECT_THAT(check_way({.coordinator = "no port"})[0].text, HasSubstr("no port"));
}

}  // namespace
}  // namespace evensweep

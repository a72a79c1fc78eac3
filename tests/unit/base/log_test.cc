#include "common/base/log.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace evensweep {
namespace {

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { set_log_level(LogLevel::kWarning); }

  static std::string logged(LogLevel level, std::string_view message) {
    ::testing::internal::CaptureStderr();
    log(level, "agent", message);
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, ALineHasUtcTimeLevelAndComponent) {
  const std::string line = logged(LogLevel::kWarning, "no {} here");
  const std::regex form(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z W agent: no \{\} here\n)");
  EXPECT_TRUE(std::regex_match(line, form)) << line;
}

TEST_F(LogTest, LinesBelowTheLevelAreDropped) {
  EXPECT_EQ(logged(LogLevel::kInfo, "x"), "");
  EXPECT_NE(logged(LogLevel::kError, "x"), "");
  set_log_level(LogLevel::kDebug);
  EXPECT_NE(logged(LogLevel::kDebug, "x"), "");
  set_log_level(LogLevel::kError);
  EXPECT_EQ(logged(LogLevel::kWarning, "x"), "");
}

TEST_F(LogTest, ASinkTakesTheLinesUntilItIsRemoved) {
  std::string taken;
  set_log_sink([&taken](LogLevel, std::string_view component, std::string_view message) {
    taken += std::string(component) + "|" + std::string(message) + "\n";
  });
  EXPECT_EQ(logged(LogLevel::kError, "x"), "");
  EXPECT_EQ(logged(LogLevel::kDebug, "below the level"), "");
  EXPECT_EQ(taken, "agent|x\n");
  set_log_sink(nullptr);
  EXPECT_NE(logged(LogLevel::kError, "y"), "");
  EXPECT_EQ(taken, "agent|x\n");
}

}  // namespace
}  // namespace evensweep

#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace evensweep {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr TimePoint kStart{Duration(5'000)};

SweepStatus half_done() {
  return {.trials = 80,
          .trials_finished = 39,
          .trials_failed = 1,
          .running = 2,
          .running_fraction = 0,
          .examples_per_second = 41'000};
}

TEST(Progress, CountsRunningTrialsInPart) {
  SweepStatus status = half_done();
  status.running_fraction = 1.25;
  EXPECT_EQ(done_of(status), 41.25);
}

TEST(Progress, ExtrapolatesFromItsOwnWork) {
  const ProgressStart start{.at = kStart, .done = 20};
  // 20 of the 60 that were left, in 10 s.
  EXPECT_EQ(time_left(half_done(), start, kStart + Duration(10'000)), Duration(20'000));
}

TEST(Progress, CountsWhatIsNotNeededAsNoWork) {
  SweepStatus status = half_done();
  status.trials_not_needed = 20;
  // Half of what was left at the start, 40 trials, is done in 10 s.
  EXPECT_EQ(time_left(status, {.at = kStart, .done = 20}, kStart + Duration(10'000)), Duration(10'000));
  const std::string text = progress_text(status, {.at = kStart, .done = 20}, kStart + Duration(10'000), 200);
  EXPECT_THAT(text, StartsWith("39/60 trials"));
  EXPECT_THAT(text, HasSubstr("20 not needed"));
}

TEST(Progress, SaysWhyNothingNewIsStarted) {
  SweepStatus status = half_done();
  const ProgressStart start{.at = kStart, .done = 20};
  EXPECT_THAT(progress_text(status, start, kStart, 200), Not(HasSubstr("active")));
  status.phase = SweepPhase::kPaused;
  EXPECT_THAT(progress_text(status, start, kStart, 200), StartsWith("39/80 trials  paused  1 failed"));
}

TEST(Progress, KnowsNoTimeLeftBeforeAnythingIsDone) {
  EXPECT_EQ(time_left(half_done(), {.at = kStart, .done = 40}, kStart + Duration(10'000)), std::nullopt);
  EXPECT_EQ(time_left(half_done(), {.at = kStart, .done = 41}, kStart + Duration(10'000)), std::nullopt)
      << "a lost attempt takes its part with it";
  EXPECT_EQ(time_left(half_done(), {.at = kStart, .done = 40 - 1e-12}, kStart + std::chrono::hours(5)), std::nullopt)
      << "what would be millions of years";
}

TEST(Progress, HasNoTimeLeftAtTheEnd) {
  SweepStatus status = half_done();
  status.trials_finished = 79;
  EXPECT_EQ(time_left(status, {.at = kStart, .done = 0}, kStart + Duration(10'000)), Duration(0));
}

TEST(Progress, WritesTimesAsPeopleDo) {
  EXPECT_EQ(clock_text(Duration(0)), "0:00");
  EXPECT_EQ(clock_text(Duration(-5)), "0:00");
  EXPECT_EQ(clock_text(Duration(65'999)), "1:05");
  EXPECT_EQ(clock_text(Duration(3'599'999)), "59:59");
  EXPECT_EQ(clock_text(Duration(7'390'000)), "2:03:10");
  EXPECT_EQ(clock_text(std::chrono::hours(100)), "100:00:00");
}

TEST(Progress, SaysAllThatMattersOnAWideLine) {
  const std::string line = progress_line(half_done(), {.at = kStart, .done = 20}, kStart + Duration(10'000), 200);
  EXPECT_THAT(line, StartsWith("[==============="));
  EXPECT_THAT(line, HasSubstr("] 39/80 trials  1 failed  2 running  120.0 trials/min  41.0k examples/s  0:20 left"));
}

TEST(Progress, LeavesOutWhatIsZeroOrUnknown) {
  const SweepStatus nothing{.trials = 6};
  const std::string line = progress_line(nothing, {.at = kStart, .done = 0}, kStart, 200);
  EXPECT_THAT(line, HasSubstr("0/6 trials"));
  for (const char* absent : {"failed", "trials/min", "examples/s", "left", "nan", "inf"})
    EXPECT_THAT(line, Not(HasSubstr(absent)));
}

TEST(Progress, FitsEveryWidth) {
  const SweepStatus cases[] = {{},
                               {.trials = 6},
                               half_done(),
                               {.trials = 1'000'000,
                                .trials_finished = 999'999,
                                .trials_failed = 1,
                                .running = 4096,
                                .running_fraction = 4000,
                                .examples_per_second = 1e9}};
  for (const SweepStatus& status : cases)
    for (int width = 20; width <= 200; ++width) {
      const std::string line = progress_line(status, {.at = kStart, .done = 0}, kStart + Duration(10'000), width);
      EXPECT_LT(line.size(), static_cast<size_t>(width)) << line;
      EXPECT_THAT(line, HasSubstr(std::to_string(status.trials_finished) + "/")) << "at width " << width;
      EXPECT_EQ(line.find_first_of("\n\r\x1b"), std::string::npos);
    }
}

TEST(Progress, FillsTheBarOnlyAtTheEnd) {
  SweepStatus status{.trials = 10, .trials_finished = 9, .running_fraction = 0.99};
  const auto line = [&] { return progress_line(status, {.at = kStart, .done = 0}, kStart + Duration(1000), 200); };
  EXPECT_THAT(line(), HasSubstr("=>]"));
  status.trials_finished = 10;
  status.running_fraction = 0;
  EXPECT_THAT(line(), HasSubstr("==]"));
}

}  // namespace
}  // namespace evensweep

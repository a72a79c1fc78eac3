#include "coordinator/host/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evensweep::coordinator {
namespace {

using testing::ElementsAre;

TimePoint at(int64_t seconds) { return {Duration(1000 * seconds)}; }

TEST(Histogram, PutsEachDurationUpToItsBound) {
  Histogram histogram;
  for (const double seconds : {0.0, 0.1, 0.11, 60.0, 86400.0, 86401.0}) histogram.add(seconds);
  EXPECT_THAT(histogram.counts, ElementsAre(2, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1));
  EXPECT_DOUBLE_EQ(histogram.sum, 0.21 + 60 + 86400 + 86401);
}

TEST(Tally, CountsAttemptsByTheirEnd) {
  Tally tally;
  const Failure preempted{.failure = FailureClass::kPreempted, .message = "", .stderr_tail = ""};
  const std::vector<Record> granted = {AttemptGranted{.run = 1, .number = 1}, AttemptGranted{.run = 2, .number = 1}};
  tally.note(granted, at(10));
  const std::vector<Record> ended = {
      AttemptEnded{.run = 1, .number = 1, .failure = preempted}, AttemptEnded{.run = 2, .number = 1, .failure = {}},
      AttemptEnded{.run = 3, .number = 7, .failure = preempted}, RunFinished{.run = 2, .result_json = ""},
      RunFailed{.run = 3, .failure = preempted}};
  tally.note(ended, at(14));
  const Counts& counts = tally.counts();
  EXPECT_EQ(counts.attempts_granted, 2u);
  EXPECT_EQ(counts.attempts_succeeded, 1u);
  EXPECT_EQ(counts.attempts_failed[static_cast<size_t>(FailureClass::kPreempted)], 2u);
  EXPECT_EQ(counts.runs_finished, 1u);
  EXPECT_EQ(counts.runs_failed, 1u);
  EXPECT_DOUBLE_EQ(counts.attempt_seconds.sum, 8) << "nobody knows when the one of an earlier process began";
  EXPECT_EQ(counts.attempt_seconds.counts[3], 2u);
}

}  // namespace
}  // namespace evensweep::coordinator

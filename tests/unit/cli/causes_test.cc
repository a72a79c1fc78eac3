#include "cli/causes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/hash.h"

namespace evensweep {
namespace {

using ::testing::ElementsAre;

class Causes : public ::testing::Test {
 protected:
  void fail(FailureClass failure, const std::string& message) {
    RunOutcome run;
    run.key = RunKey(sha256_hex(std::to_string(results_.runs.size())));
    run.failure = Failure{.failure = failure, .message = message, .stderr_tail = ""};
    results_.runs[run.key] = run;
  }

  SweepResults results_;
};

TEST_F(Causes, AreNoneWhereNothingFailed) {
  RunOutcome finished;
  finished.result = RunResult{};
  finished.failure = Failure{.failure = FailureClass::kOutOfMemory, .message = "at first", .stderr_tail = ""};
  results_.runs[finished.key] = finished;
  EXPECT_THAT(failure_causes(results_, 3), ElementsAre());
}

TEST_F(Causes, AreCountedTheMostFrequentFirst) {
  fail(FailureClass::kDiverged, "loss is not finite at epoch 3, step 17");
  fail(FailureClass::kTrainerError, "exited with code 7");
  fail(FailureClass::kTrainerError, "exited with code 7");
  EXPECT_THAT(failure_causes(results_, 3),
              ElementsAre("2 runs failed: trainer_error: exited with code 7",
                          "1 run failed: diverged: loss is not finite at epoch 3, step 17"));
}

TEST_F(Causes, ThatDifferInNumbersAloneAreOne) {
  for (int epoch = 8; epoch < 12; ++epoch) fail(FailureClass::kDiverged, fmt::format("not finite at epoch {}", epoch));
  const std::vector<std::string> lines = failure_causes(results_, 3);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], ::testing::StartsWith("4 runs failed: diverged: not finite at epoch "));
}

TEST_F(Causes, BeyondTheMostAreCounted) {
  for (const char* message : {"a", "a", "b", "c", "d"}) fail(FailureClass::kTrainerError, message);
  const std::vector<std::string> lines = failure_causes(results_, 3);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "2 runs failed: trainer_error: a");
  EXPECT_EQ(lines[2], "2 other causes");
}

TEST_F(Causes, DoNotReachTheTerminalAsTheyAre) {
  fail(FailureClass::kTrainerError, "\x1b[2J gone");
  EXPECT_EQ(failure_causes(results_, 3)[0].find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace evensweep

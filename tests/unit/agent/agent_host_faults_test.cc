// Each way in which a trainer can go wrong gives its own failure, and the agent goes on.

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/agent/agent_fixture.h"

namespace evensweep {
namespace {

struct Fault {
  const char* mode;
  FailureClass failure;
  const char* message;  // a part of it
};

class Faults : public AgentFixture, public testing::WithParamInterface<Fault> {};

TEST_P(Faults, EndTheAttemptAndNothingElse) {
  set_mode(GetParam().mode);
  AgentOptions quick = options();
  quick.timeouts.silence = Duration(100);
  quick.timeouts.first_silence = Duration(500);
  start_both(quick);
  const Failure failure = failure_of(lease_of_seed(1));
  EXPECT_EQ(failure.failure, GetParam().failure) << failure.message;
  EXPECT_THAT(failure.message, testing::HasSubstr(GetParam().message));
  set_mode("instant");
  EXPECT_TRUE(succeeds(lease_of_seed(2)));
}

INSTANTIATE_TEST_SUITE_P(Trainer, Faults,
                         testing::Values(Fault{"crash", FailureClass::kTrainerError, "SIGSEGV"},
                                         Fault{"oom", FailureClass::kOutOfMemory, "memory"},
                                         Fault{"exit:7", FailureClass::kTrainerError, "code 7"},
                                         Fault{"hang", FailureClass::kTrainerError, "no sign of life"},
                                         Fault{"garbage", FailureClass::kTrainerError, "not valid JSON"},
                                         Fault{"long_line", FailureClass::kTrainerError, "longer than 1 MiB"},
                                         Fault{"no_result", FailureClass::kTrainerError, "without a result"},
                                         Fault{"nan_result", FailureClass::kTrainerError, "the result is not valid"},
                                         Fault{"wrong_run", FailureClass::kTrainerError, "was not given"},
                                         Fault{"failed:diverged", FailureClass::kDiverged, "as asked"},
                                         Fault{"failed:bad_input", FailureClass::kBadInput, "as asked"}),
                         [](const auto& fault) {
                           std::string name = fault.param.mode;
                           std::ranges::replace(name, ':', '_');
                           return name;
                         });

using AgentHostFaults = AgentFixture;

TEST_F(AgentHostFaults, StderrComesWithTheFailure) {
  set_mode("crash");
  start_both();
  EXPECT_THAT(failure_of(lease_of_seed(1)).stderr_tail, testing::HasSubstr("in mode crash"));
}

TEST_F(AgentHostFaults, ATrainerThatNeverStartsFailsItsLeases) {
  set_mode("no_start");
  start_both();
  const Failure failure = failure_of(lease_of_seed(1));
  EXPECT_EQ(failure.failure, FailureClass::kTrainerError);
  EXPECT_THAT(failure.message, testing::HasSubstr("exited with code 1 before its hello"));
  EXPECT_THAT(failure.stderr_tail, testing::HasSubstr("a library is missing"));
  set_mode("instant");
  EXPECT_TRUE(succeeds(lease_of_seed(2)));  // after a pause the agent tries again
}

TEST_F(AgentHostFaults, ALeaseWithAnotherHashIsBadInput) {
  start_both();
  Lease lease = lease_of_seed(1);
  lease.run_spec_json += " ";
  EXPECT_EQ(failure_of(lease).failure, FailureClass::kBadInput);
  EXPECT_TRUE(succeeds(lease_of_seed(1, 2)));
}

TEST_F(AgentHostFaults, AMissingDataFileIsTheAgentsFault) {
  AgentOptions bare = options();
  bare.files.clear();
  start_both(bare);
  const Failure failure = failure_of(lease_of_seed(1));
  EXPECT_EQ(failure.failure, FailureClass::kInfrastructure);
  EXPECT_THAT(failure.message, testing::HasSubstr(kDataHash));
  agent_->add_files({{kDataHash, "/nowhere/digits.csv"}});
  EXPECT_TRUE(succeeds(lease_of_seed(1, 2)));
}

// A folder where the result was stands for every way in which a disk can refuse.
TEST_F(AgentHostFaults, AnOldResultThatCannotBeRemovedFailsTheAttempt) {
  start_both();
  const Lease lease = lease_of_seed(1);
  std::filesystem::create_directories(run_folder(lease.attempt) + "/result.json/in_the_way");
  EXPECT_EQ(failure_of(lease).failure, FailureClass::kInfrastructure);
  EXPECT_TRUE(succeeds(lease_of_seed(2)));
}

TEST_F(AgentHostFaults, ASpoolThatCannotBeWrittenStillDelivers) {
  std::filesystem::create_directories(agent_dir() + "/spool");
  std::filesystem::create_symlink("/nowhere/log", agent_dir() + "/spool/log");  // cannot be made
  start_both();
  const Lease lease = lease_of_seed(1);
  EXPECT_TRUE(succeeds(lease));
  EXPECT_TRUE(succeeds(lease_of_seed(2)));
}

}  // namespace
}  // namespace evensweep

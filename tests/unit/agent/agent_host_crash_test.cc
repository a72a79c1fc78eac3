// kill -9 of a whole agent process.

#include <spawn.h>
#include <sys/wait.h>

#include <csignal>

#include "tests/support/places.h"
#include "tests/unit/agent/agent_fixture.h"

extern char** environ;

namespace evensweep {
namespace {

class AgentCrash : public AgentFixture {
 protected:
  // An agent in a process of its own, so that it can be killed: this test program again, running AgentProcess.Serve.
  pid_t spawn_agent() {
    ::setenv("EVENSWEEP_TEST_AGENT_DIR", agent_dir().c_str(), 1);
    ::setenv("EVENSWEEP_TEST_ADDRESS", address().c_str(), 1);
    std::string program = "/proc/self/exe", filter = "--gtest_filter=AgentProcess.Serve";
    char* arguments[] = {program.data(), filter.data(), nullptr};
    pid_t pid = -1;
    EXPECT_EQ(::posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments, environ), 0);
    ::unsetenv("EVENSWEEP_TEST_AGENT_DIR");
    return pid;
  }
};

// No test by itself: the body of the process above, which ends by being killed.
TEST(AgentProcess, Serve) {
  const char* dir = std::getenv("EVENSWEEP_TEST_AGENT_DIR");
  if (dir == nullptr) return;
  AgentOptions options;
  options.id = AgentId("tester");
  options.dir = dir;
  options.trainers = {{kTrainerNumerics, {bin_dir() + "/fake_trainer"}}};
  options.files = {{kDataHash, "/nowhere/digits.csv"}};
  const SystemClock clock;
  auto agent = AgentHost::start(
      options, coordinator_channel(std::getenv("EVENSWEEP_TEST_ADDRESS"), grpc::InsecureChannelCredentials()), clock);
  ASSERT_TRUE(agent.ok()) << agent.status();
  (*agent)->wait_stopped(std::chrono::minutes(2));
}

TEST_F(AgentCrash, LosesNoResultThatWasNotAcknowledged) {
  start_coordinator();
  coordinator_->acknowledge_ends(false);
  const pid_t pid = spawn_agent();
  ASSERT_GT(pid, 0);
  ASSERT_TRUE(coordinator_->wait([](const Heard& heard) { return !heard.credits.empty(); }));
  const Lease first = lease_of_seed(1), second = lease_of_seed(2);
  const bool both = succeeds(first) && succeeds(second);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  ASSERT_TRUE(both);
  coordinator_->acknowledge_ends(true);
  start_agent();  // takes over the folder of the dead one
  const auto twice = [&](const Heard& heard) {
    return heard.ends_of(first.attempt).size() == 2 && heard.ends_of(second.attempt).size() == 2;
  };
  ASSERT_TRUE(coordinator_->wait(twice));
  const Heard heard = coordinator_->heard();
  for (const Lease& lease : {first, second})
    EXPECT_EQ(std::get<Succeeded>(heard.ends_of(lease.attempt)[0].what).result_json,
              std::get<Succeeded>(heard.ends_of(lease.attempt)[1].what).result_json);
  EXPECT_NE(heard.hellos[0].incarnation, heard.hellos[1].incarnation);
  EXPECT_EQ(heard.hellos[1].held.size(), 2u);
}

}  // namespace
}  // namespace evensweep

#pragma once
// A real agent with real trainer processes, against a FakeCoordinator on a socket in a folder of its own.

#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "agent/link/agent_host.h"
#include "agent/link/channel.h"
#include "common/base/file.h"
#include "tests/support/places.h"
#include "tests/unit/agent/fake_coordinator.h"
#include "tests/unit/agent/run_specs.h"

namespace evensweep {

class AgentFixture : public testing::Test {
 protected:
  AgentFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evensweep_agent.XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    // Trainers inherit it at their start, and read the file for each task.
    ::setenv("FAKE_TRAINER_MODE_FILE", mode_file().c_str(), 1);
    set_mode("instant");
  }
  ~AgentFixture() override {
    agent_.reset();
    coordinator_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  std::string mode_file() const { return dir_ + "/mode"; }
  void set_mode(const std::string& mode) { EXPECT_TRUE(write_file_atomically(mode_file(), mode).ok()); }
  std::string address() const { return "unix:" + dir_ + "/socket"; }
  std::string agent_dir() const { return dir_ + "/agent"; }
  std::string run_folder(const AttemptId& attempt) const { return agent_dir() + "/work/" + attempt.run.str(); }

  AgentOptions options() const {
    AgentOptions options;
    options.id = AgentId("tester");
    options.dir = agent_dir();
    options.trainers = {{kTrainerNumerics, {bin_dir() + "/fake_trainer"}}};
    options.files = {{kDataHash, "/nowhere/digits.csv"}};
    return options;
  }
  void start_coordinator() { coordinator_ = std::make_unique<FakeCoordinator>(address()); }
  void start_agent(AgentOptions options) {
    auto agent = AgentHost::start(std::move(options),
                                  coordinator_channel(address(), grpc::InsecureChannelCredentials()), clock_);
    ASSERT_TRUE(agent.ok()) << agent.status();
    agent_ = *std::move(agent);
  }
  void start_agent() { start_agent(options()); }
  // Both are there and have greeted each other.
  void start_both(AgentOptions options) {
    start_coordinator();
    start_agent(std::move(options));
    ASSERT_TRUE(coordinator_->wait([](const Heard& heard) { return !heard.credits.empty(); }));
  }
  void start_both() { start_both(options()); }

  // Sends the lease and waits for the end of the attempt.
  Update end_of(const Lease& lease) {
    EXPECT_TRUE(coordinator_->send(Leases{{lease}}));
    EXPECT_TRUE(coordinator_->wait([&](const Heard& heard) { return heard.ended(lease.attempt); }));
    const auto ends = coordinator_->heard().ends_of(lease.attempt);
    return ends.empty() ? Update{} : ends.front();
  }
  Failure failure_of(const Lease& lease) {
    const Update end = end_of(lease);
    const auto* failure = std::get_if<Failure>(&end.what);
    EXPECT_NE(failure, nullptr) << "it did not fail";
    return failure == nullptr ? Failure{} : *failure;
  }
  bool succeeds(const Lease& lease) { return std::holds_alternative<Succeeded>(end_of(lease).what); }

  SystemClock clock_;
  std::string dir_;
  std::unique_ptr<FakeCoordinator> coordinator_;
  std::unique_ptr<AgentHost> agent_;
};

}  // namespace evensweep

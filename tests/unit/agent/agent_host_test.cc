#include "agent/link/agent_host.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "agent/link/spool.h"
#include "tests/unit/agent/agent_fixture.h"

namespace evensweep {
namespace {

using AgentHostTest = AgentFixture;

TEST_F(AgentHostTest, GreetsTrainsDeliversAndTidiesUp) {
  AgentOptions two = options();
  two.slots = 2;
  start_both(two);
  EXPECT_EQ(coordinator_->heard().hellos.front().devices, cpu_device(2));
  EXPECT_EQ(coordinator_->heard().credits.front().devices, cpu_credits(4).devices);
  std::vector<Lease> leases;
  for (uint64_t seed = 0; seed < 20; ++seed) leases.push_back(lease_of_seed(seed));
  ASSERT_TRUE(coordinator_->send(Leases{leases}));
  const auto all_ended = [&](const Heard& heard) {
    return std::ranges::all_of(leases, [&](const Lease& lease) { return heard.ended(lease.attempt); });
  };
  ASSERT_TRUE(coordinator_->wait(all_ended));
  // It asks for as many again, or for more, now that it knows how short runs are.
  ASSERT_TRUE(coordinator_->wait([](const Heard& heard) { return heard.credits.back().devices.at(0).free >= 4; }));
  const Heard heard = coordinator_->heard();
  for (const Lease& lease : leases) {
    EXPECT_EQ(heard.ends_of(lease.attempt).size(), 1u);
    EXPECT_TRUE(std::holds_alternative<Succeeded>(heard.ends_of(lease.attempt).front().what));
    EXPECT_TRUE(heard.started(lease.attempt));
  }
  agent_.reset();  // by then every acknowledgement has been seen to
  EXPECT_TRUE(Spool(agent_dir() + "/spool").load()->ended.empty());
  for (const Lease& lease : leases) EXPECT_FALSE(std::filesystem::exists(run_folder(lease.attempt)));
}

TEST_F(AgentHostTest, ResultsMayBeOnDisk) {
  set_mode("on_disk");
  start_both();
  EXPECT_TRUE(succeeds(lease_of_seed(1)));
}

TEST_F(AgentHostTest, SaysThatItLivesWhenThereIsNothingElseToSay) {
  start_both();
  EXPECT_TRUE(coordinator_->wait([](const Heard& heard) { return heard.heartbeats >= 2; }));
}

TEST_F(AgentHostTest, StartsBeforeItsCoordinator) {
  start_agent();
  start_coordinator();
  EXPECT_TRUE(coordinator_->wait([](const Heard& heard) { return !heard.credits.empty(); }));
  EXPECT_TRUE(succeeds(lease_of_seed(1)));
}

TEST_F(AgentHostTest, ReportsExactlyWhatItHoldsToARestartedCoordinator) {
  start_both();
  coordinator_->acknowledge_ends(false);
  const Lease done = lease_of_seed(1), under_way = lease_of_seed(2), waits = lease_of_seed(3);
  EXPECT_TRUE(succeeds(done));
  set_mode("sleep:60000");
  ASSERT_TRUE(coordinator_->send(Leases{{under_way, waits}}));
  ASSERT_TRUE(coordinator_->wait([&](const Heard& heard) { return heard.started(under_way.attempt); }));
  coordinator_.reset();
  start_coordinator();
  coordinator_->acknowledge_ends(true);
  ASSERT_TRUE(coordinator_->wait([&](const Heard& heard) { return heard.ended(done.attempt); }));
  const Heard heard = coordinator_->heard();
  ASSERT_EQ(heard.hellos.size(), 1u);
  EXPECT_THAT(heard.hellos.front().held, testing::UnorderedElementsAre(done.attempt, under_way.attempt, waits.attempt));
  EXPECT_EQ(heard.ends_of(done.attempt).size(), 1u);
  EXPECT_TRUE(heard.started(under_way.attempt));
}

TEST_F(AgentHostTest, CancelStopsATrainingAndMakesRoom) {
  set_mode("sleep:60000");
  start_both();
  const Lease lease = lease_of_seed(1);
  ASSERT_TRUE(coordinator_->send(Leases{{lease}}));
  ASSERT_TRUE(coordinator_->wait([&](const Heard& heard) { return heard.started(lease.attempt); }));
  set_mode("instant");
  ASSERT_TRUE(coordinator_->send(Cancels{{lease.attempt}}));
  EXPECT_TRUE(succeeds(lease_of_seed(2)));
  EXPECT_FALSE(coordinator_->heard().ended(lease.attempt));
  EXPECT_FALSE(std::filesystem::exists(run_folder(lease.attempt)));
}

TEST_F(AgentHostTest, StopGivesBackWhatItHeldAndTheNextAgentResumes) {
  set_mode("sleep:60000");
  start_both();
  const Lease under_way = lease_of_seed(1), waits = lease_of_seed(2);
  ASSERT_TRUE(coordinator_->send(Leases{{under_way, waits}}));
  ASSERT_TRUE(coordinator_->wait([&](const Heard& heard) {
    return std::ranges::count_if(heard.updates, [](const Update& update) {
             return std::holds_alternative<Progress>(update.what) && std::get<Progress>(update.what).fraction > 0;
           }) > 0;
  }));
  agent_->request_stop();
  ASSERT_TRUE(agent_->wait_stopped(Duration(20000)));
  const Heard heard = coordinator_->heard();
  for (const Lease& lease : {under_way, waits}) {
    ASSERT_EQ(heard.ends_of(lease.attempt).size(), 1u);
    EXPECT_EQ(std::get<Failure>(heard.ends_of(lease.attempt).front().what).failure, FailureClass::kPreempted);
  }
  EXPECT_TRUE(std::filesystem::exists(run_folder(under_way.attempt) + "/checkpoint"));
  agent_.reset();
  set_mode("sleep:1");
  start_agent();
  ASSERT_TRUE(coordinator_->wait(
      [](const Heard& h) { return h.hellos.size() == 2 && h.credits.back().devices == cpu_credits(2).devices; }));
  EXPECT_TRUE(coordinator_->heard().hellos.back().held.empty());
  const Lease again = lease_of_seed(1, 2);
  EXPECT_TRUE(succeeds(again));
  const Heard later = coordinator_->heard();
  const auto resumed = std::ranges::find_if(later.updates, [&](const Update& update) {
    return update.attempt == again.attempt && std::holds_alternative<Started>(update.what);
  });
  ASSERT_NE(resumed, later.updates.end());
  EXPECT_EQ(std::get<Started>(resumed->what).resumed_at_epoch, 1u);
}

TEST_F(AgentHostTest, StopsThoughTrainerAndCoordinatorDoNotHelp) {
  set_mode("ignore_term");
  AgentOptions impatient = options();
  impatient.grace = Duration(200);
  start_both(impatient);
  const Lease lease = lease_of_seed(1);
  ASSERT_TRUE(coordinator_->send(Leases{{lease}}));
  ASSERT_TRUE(coordinator_->wait([&](const Heard& heard) {
    return std::ranges::count_if(heard.updates,
                                 [](const Update& u) { return std::holds_alternative<Started>(u.what); }) >= 2;
  }));
  coordinator_.reset();
  agent_->request_stop();
  EXPECT_TRUE(agent_->wait_stopped(impatient.grace + Duration(2000)));
}

TEST_F(AgentHostTest, RefusesOptionsThatCannotWork) {
  const auto code_of = [&](const AgentOptions& wrong) {
    return AgentHost::start(wrong, coordinator_channel(address(), grpc::InsecureChannelCredentials()), clock_)
        .status()
        .code();
  };
  AgentOptions wrong = options();
  wrong.trainers = {{kTrainerNumerics, {dir_ + "/no_such_trainer"}}};
  EXPECT_EQ(code_of(wrong), absl::StatusCode::kNotFound);
  wrong.trainers = {{kTrainerNumerics, {mode_file()}}};
  EXPECT_EQ(code_of(wrong), absl::StatusCode::kPermissionDenied);
  wrong = options();
  wrong.slots = 0;
  EXPECT_EQ(code_of(wrong), absl::StatusCode::kInvalidArgument);
  start_agent();
  EXPECT_EQ(code_of(options()), absl::StatusCode::kFailedPrecondition);  // the folder is in use
}

}  // namespace
}  // namespace evensweep

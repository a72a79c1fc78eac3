// AgentCore with devices: where a lease is trained, when it has to wait, and what is given back.

#include <gmock/gmock.h>

#include "tests/unit/agent/core_bench.h"

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr uint64_t kGibibyte = uint64_t{1} << 30;

AgentConfig two_gpus() {
  AgentConfig config = bench_config(1, {kTrainerNumerics});
  config.devices = {{.kind = "cuda", .index = 0, .name = "a", .memory_bytes = 10 * kGibibyte, .slots = 2},
                    {.kind = "cuda", .index = 1, .name = "b", .memory_bytes = 10 * kGibibyte, .slots = 2}};
  config.labels = {{"rack", "7"}};
  return config;
}

Lease lease_on(uint32_t device, uint64_t seed, uint64_t gibibytes = 0, bool alone = false) {
  Lease lease = lease_of_seed(seed);
  lease.device = device;
  lease.memory_bytes = gibibytes * kGibibyte;
  lease.alone = alone;
  return lease;
}

std::vector<AttemptId> given_in(const std::vector<AgentEffect>& effects) {
  std::vector<AttemptId> attempts;
  for (const GiveTask& given : all_of<GiveTask>(effects)) attempts.push_back(given.lease.attempt);
  return attempts;
}

TEST(AgentDevices, AreAnnouncedAndOfferPlacesOfTheirOwn) {
  CoreBench bench(two_gpus());
  const auto hello = sent<Hello>(bench.handle(Connected{}));
  ASSERT_THAT(hello, SizeIs(1));
  EXPECT_EQ(hello[0].devices, two_gpus().devices);
  EXPECT_EQ(hello[0].labels, two_gpus().labels);
  EXPECT_THAT(hello[0].trainers, ElementsAre(kTrainerNumerics));
  const auto credits = sent<Credits>(bench.handle(CoordinatorMessage(Welcome{})));
  ASSERT_THAT(credits, SizeIs(1));
  EXPECT_THAT(credits[0].devices,
              ElementsAre(DeviceCredits{.device = 0, .free = 4}, DeviceCredits{.device = 1, .free = 4}));
}

TEST(AgentDevices, ALeaseIsTrainedOnItsDeviceAndNoOther) {
  CoreBench bench(two_gpus());
  bench.connect();
  const auto started =
      all_of<StartTrainer>(bench.lease({lease_on(1, 1), lease_on(1, 2), lease_on(1, 3), lease_on(0, 4)}));
  std::vector<uint32_t> devices;
  for (const StartTrainer& start : started) devices.push_back(start.device);
  EXPECT_THAT(devices, ElementsAre(0u, 1u, 1u));  // the third one of device 1 waits, whatever is free elsewhere
  EXPECT_THAT(given_in(bench.hello(1)), ElementsAre(lease_of_seed(4).attempt));
  EXPECT_THAT(given_in(bench.hello(2)), ElementsAre(lease_of_seed(1).attempt));
  EXPECT_THAT(given_in(bench.finish(1, lease_of_seed(4).attempt)), IsEmpty());
}

TEST(AgentDevices, ALeaseForADeviceThatIsNotThereIsTheAgentsFault) {
  CoreBench bench(two_gpus());
  bench.connect();
  const auto refused = failure_in(bench.lease({lease_on(2, 1)}));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->failure, FailureClass::kInfrastructure);
}

TEST(AgentDevices, RunsWaitUntilTheirMemoryIsThere) {
  CoreBench bench(two_gpus());
  bench.connect();
  bench.lease({lease_on(0, 1, 6), lease_on(0, 2, 6), lease_on(0, 3, 1)});
  bench.hello(1);
  // The second does not fit beside the first, and the third, which does, must not pass it.
  EXPECT_THAT(given_in(bench.finish(1, lease_of_seed(1).attempt)), ElementsAre(lease_of_seed(2).attempt));
  EXPECT_THAT(given_in(bench.hello(2)), ElementsAre(lease_of_seed(3).attempt));
}

TEST(AgentDevices, ARunThatNeedsMoreThanThereIsMayTryAlone) {
  CoreBench bench(two_gpus());
  bench.connect();
  bench.lease({lease_on(0, 1, 20), lease_on(0, 2)});
  EXPECT_THAT(given_in(bench.hello(1)), ElementsAre(lease_of_seed(1).attempt));
  EXPECT_THAT(given_in(bench.finish(1, lease_of_seed(1).attempt)), ElementsAre(lease_of_seed(2).attempt));
}

TEST(AgentDevices, WhoWantsToBeAloneIs) {
  CoreBench bench(two_gpus());
  bench.connect();
  bench.lease({lease_on(0, 1), lease_on(0, 2)});
  bench.hello(1);
  bench.hello(2);
  bench.lease({lease_on(0, 3, 0, /*alone=*/true), lease_on(0, 4)});
  EXPECT_THAT(given_in(bench.finish(1, lease_of_seed(1).attempt)), IsEmpty());  // another run is there
  const auto second = bench.finish(2, lease_of_seed(2).attempt);
  EXPECT_THAT(given_in(second), IsEmpty());  // nor may the memory of an idle trainer stay
  ASSERT_THAT(all_of<TerminateTrainer>(second), SizeIs(1));
  const uint64_t leaver = all_of<TerminateTrainer>(second)[0].trainer.value, stayer = 3 - leaver;
  EXPECT_THAT(given_in(bench.exit(leaver, {false, 0})), ElementsAre(lease_of_seed(3).attempt));
  EXPECT_THAT(given_in(bench.finish(stayer, lease_of_seed(3).attempt)), ElementsAre(lease_of_seed(4).attempt));
}

TEST(AgentDevices, ATrainerThatFailedOnAGpuGetsNoOtherRun) {
  for (const auto failure : {FailureClass::kOutOfMemory, FailureClass::kTrainerError}) {
    CoreBench bench(two_gpus());
    bench.connect();
    bench.lease({lease_on(0, 1)});
    bench.hello(1);
    bench.lease({lease_on(0, 2), lease_on(0, 3)});
    const auto effects = bench.said(1, RunFailed{lease_of_seed(1).attempt, {failure, "broken", ""}});
    EXPECT_THAT(given_in(effects), IsEmpty());
    ASSERT_THAT(all_of<TerminateTrainer>(effects), SizeIs(1));
    EXPECT_EQ(all_of<TerminateTrainer>(effects)[0].trainer.value, 1u);
    EXPECT_THAT(all_of<StartTrainer>(bench.exit(1, {false, 0})), SizeIs(1)) << "a new one in its place";
  }
  CoreBench bench(two_gpus());  // a run that is itself at fault says nothing of its trainer
  bench.connect();
  bench.lease({lease_on(0, 1)});
  bench.hello(1);
  const auto effects = bench.said(1, RunFailed{lease_of_seed(1).attempt, {FailureClass::kDiverged, "NaN", ""}});
  EXPECT_THAT(all_of<TerminateTrainer>(effects), IsEmpty());
}

TEST(AgentDevices, ABusyAgentTellsWhatItMeasured) {
  CoreBench bench(two_gpus());
  bench.handle(Connected{});
  bench.handle(CoordinatorMessage(Welcome{.heartbeat = Duration(1000)}));
  bench.lease({lease_on(0, 1)});
  bench.hello(1);
  bench.handle(Measured{{.devices = {{.device = 0, .memory_used = 77}}}});
  std::vector<Heartbeat> heartbeats;
  for (int i = 1; i <= 30; ++i) {  // with other messages all the time
    for (const Heartbeat& one : sent<Heartbeat>(bench.after(Duration(100)))) heartbeats.push_back(one);
    bench.said(1, RunProgress{lease_of_seed(1).attempt, {.fraction = i / 100.0}});
  }
  ASSERT_THAT(heartbeats, SizeIs(3));
  ASSERT_THAT(heartbeats[0].devices, SizeIs(1));
  EXPECT_EQ(heartbeats[0].devices[0].memory_used, 77u);
}

TEST(AgentDevices, WithdrawGivesBackWhatHasNotBegun) {
  CoreBench bench;
  bench.train(lease_of_seed(1));
  bench.lease({lease_of_seed(2)});
  const auto back = bench.handle(
      CoordinatorMessage(Withdraw{{lease_of_seed(1).attempt, lease_of_seed(2).attempt, lease_of_seed(3).attempt}}));
  ASSERT_TRUE(failure_in(back));
  EXPECT_EQ(updates_in(back)[0].attempt, lease_of_seed(2).attempt);
  EXPECT_EQ(failure_in(back)->failure, FailureClass::kPreempted);
  EXPECT_EQ(failure_in(back)->message, "withdrawn");
  EXPECT_THAT(all_of<TerminateTrainer>(back), IsEmpty());
}

TEST(AgentDevices, ADrainedAgentFinishesWhatRunsAndTakesNoMore) {
  CoreBench bench;
  bench.train(lease_of_seed(1));
  bench.lease({lease_of_seed(2)});
  const auto drained = bench.handle(CoordinatorMessage(Drain{}));
  ASSERT_TRUE(failure_in(drained));
  EXPECT_EQ(failure_in(drained)->failure, FailureClass::kPreempted);
  EXPECT_THAT(all_of<TerminateTrainer>(drained), IsEmpty());
  const auto finished = bench.finish(1, lease_of_seed(1).attempt);
  EXPECT_TRUE(std::holds_alternative<Succeeded>(updates_in(finished)[0].what));
  const auto late = failure_in(bench.lease({lease_of_seed(3)}));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->failure, FailureClass::kPreempted);
}

TEST(AgentDevices, AnAgentThatIsStoppedSaysThatItGoes) {
  CoreBench bench;
  bench.train(lease_of_seed(1));
  EXPECT_THAT(sent<Draining>(bench.handle(StopRequested{})), SizeIs(1));
  bench.handle(Disconnected{});
  bench.handle(Connected{});
  EXPECT_THAT(sent<Draining>(bench.handle(CoordinatorMessage(Welcome{}))), SizeIs(1));
}

TEST(AgentDevices, WithoutACoordinatorNothingNewIsBegunAfterAWhile) {
  CoreBench bench;
  bench.train(lease_of_seed(1));
  bench.lease({lease_of_seed(2), lease_of_seed(3)});
  bench.handle(Disconnected{});
  bench.now = bench.now + Duration(599999);
  EXPECT_THAT(given_in(bench.finish(1, lease_of_seed(1).attempt)), ElementsAre(lease_of_seed(2).attempt));
  bench.now = bench.now + Duration(1);
  bench.handle(Connected{});  // a connection on which nobody answers is none
  EXPECT_THAT(given_in(bench.finish(1, lease_of_seed(2).attempt)), IsEmpty());
  const auto back = bench.handle(CoordinatorMessage(Welcome{}));
  EXPECT_THAT(given_in(back), ElementsAre(lease_of_seed(3).attempt));
  EXPECT_THAT(updates_in(back), SizeIs(2));
}

// Finishes `count` runs that take no time, each leased for itself; the seeds begin at `seed`.
void run_short_ones(CoreBench& bench, uint64_t seed, uint64_t count) {
  for (uint64_t end = seed + count; seed < end; ++seed) {
    bench.lease({lease_of_seed(seed)});
    bench.finish(1, lease_of_seed(seed).attempt);
    bench.ack(lease_of_seed(seed).attempt);
  }
}

TEST(AgentDevices, ShortRunsAreFetchedAheadAndGivenBackWhenTheyTurnLong) {
  CoreBench bench;
  bench.train(lease_of_seed(0));
  bench.finish(1, lease_of_seed(0).attempt);
  bench.ack(lease_of_seed(0).attempt);
  run_short_ones(bench, 1, 100);
  bench.handle(Disconnected{});
  bench.handle(Connected{});
  const auto credits = sent<Credits>(bench.handle(CoordinatorMessage(Welcome{})));
  ASSERT_THAT(credits, SizeIs(1));
  EXPECT_EQ(credits[0].devices, cpu_credits(65).devices);
  std::vector<Lease> many;
  for (uint64_t seed = 1000; seed < 1065; ++seed) many.push_back(lease_of_seed(seed));
  bench.lease(many);
  const auto later = bench.after(Duration(5000));
  EXPECT_THAT(updates_in(later), SizeIs(63));  // one runs, one waits
  for (const Update& update : updates_in(later)) EXPECT_NE(update.attempt, lease_of_seed(1001).attempt);
}

TEST(AgentDevices, AGpuIsUsedAgainOnceTheMemoryOfADeadTrainerIsFree) {
  const auto measured = [](uint64_t used) { return Measured{Heartbeat{{{.device = 0, .memory_used = used}}, {}}}; };
  for (const bool freed : {true, false}) {
    CoreBench bench(two_gpus());
    bench.handle(measured(kGibibyte));
    bench.connect();
    bench.lease({lease_on(0, 1)});
    bench.hello(1);
    bench.handle(measured(5 * kGibibyte));
    bench.exit(1, {true, 9});
    EXPECT_THAT(all_of<StartTrainer>(bench.lease({lease_on(0, 2)})), IsEmpty());
    EXPECT_THAT(all_of<StartTrainer>(bench.handle(measured(4 * kGibibyte))), IsEmpty());
    if (freed)
      EXPECT_THAT(all_of<StartTrainer>(bench.handle(measured(kGibibyte))), SizeIs(1));
    else
      EXPECT_THAT(all_of<StartTrainer>(bench.after(Duration(60000))), SizeIs(1));  // it must do as it is
  }
}

TEST(AgentDevices, MeasurementsGoWithTheHeartbeats) {
  CoreBench bench;
  bench.connect();
  bench.handle(Measured{Heartbeat{{{.device = 0, .memory_used = 5, .temperature = 40.0}}, 77}});
  const auto beats = sent<Heartbeat>(bench.after(Duration(5000)));
  ASSERT_THAT(beats, SizeIs(1));
  EXPECT_EQ(beats[0].disk_free, 77u);
  EXPECT_EQ(beats[0].devices.at(0).memory_used, 5u);
}

}  // namespace
}  // namespace evensweep

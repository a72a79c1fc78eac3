// AgentCore and its coordinator.

#include <gmock/gmock.h>

#include "common/model/json.h"
#include "tests/unit/agent/core_bench.h"

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Lease kOne = lease_of_seed(1), kTwo = lease_of_seed(2), kThree = lease_of_seed(3);

std::vector<uint32_t> credits_in(const std::vector<AgentEffect>& effects) {
  std::vector<uint32_t> free;
  for (const Credits& credits : sent<Credits>(effects)) free.push_back(credits.devices.at(0).free);
  return free;
}

TEST(AgentCore, GreetsFirstAndOffersItsPlacesWhenWelcomed) {
  CoreBench bench(3);
  const auto greeting = bench.handle(Connected{});
  ASSERT_THAT(sent<Hello>(greeting), SizeIs(1));
  EXPECT_EQ(sent<Hello>(greeting)[0].devices, cpu_device(3));
  EXPECT_THAT(greeting, SizeIs(1));
  EXPECT_THAT(credits_in(bench.handle(CoordinatorMessage(Welcome{}))), ElementsAre(6u));
}

TEST(AgentCore, TrainsOneLeaseAndKeepsAnotherReady) {
  CoreBench bench;
  bench.connect();
  const auto taken = bench.lease({kOne, kTwo});
  EXPECT_THAT(all_of<StartTrainer>(taken), SizeIs(1));
  EXPECT_THAT(credits_in(taken), IsEmpty());  // the leases have used them up
  const auto given = all_of<GiveTask>(bench.hello(1));
  ASSERT_THAT(given, SizeIs(1));
  EXPECT_EQ(given[0].lease.attempt, kOne.attempt);
  EXPECT_EQ(given[0].lease.run_spec_json, kOne.run_spec_json);
  const auto finished = bench.finish(1, kOne.attempt);
  ASSERT_THAT(all_of<GiveTask>(finished), SizeIs(1));  // the same process goes on
  EXPECT_EQ(all_of<GiveTask>(finished)[0].lease.attempt, kTwo.attempt);
  EXPECT_THAT(all_of<StartTrainer>(finished), IsEmpty());
  EXPECT_THAT(credits_in(finished), ElementsAre(1u));
}

TEST(AgentCore, StartsATrainerForEachSlotThatHasWork) {
  CoreBench bench(4);
  bench.connect();
  EXPECT_THAT(all_of<StartTrainer>(bench.lease({kOne, kTwo})), SizeIs(2));
  EXPECT_THAT(all_of<StartTrainer>(bench.lease({kThree})), SizeIs(1));
}

TEST(AgentCore, SpoolsAnEndBeforeItTellsOfIt) {
  CoreBench bench;
  bench.train(kOne);
  const AgentStep step =
      bench.core.handle(bench.now, TrainerSaid{TrainerId{1}, finished(kOne.attempt, small_result())});
  EXPECT_THAT(all_of<SpoolEnd>(step.effects), SizeIs(1));
  EXPECT_THAT(updates_in(step.effects), IsEmpty());
  EXPECT_THAT(updates_in(bench.handle(SpoolWritten{kOne.attempt, ""})), SizeIs(1));
  EXPECT_THAT(updates_in(bench.handle(SpoolWritten{kOne.attempt, ""})), IsEmpty());
}

TEST(AgentCore, TellsOfAnEndThatCouldNotBeSpooledAllTheSame) {
  CoreBench bench;
  bench.train(kOne);
  bench.spool_error = "no space left";
  const auto finished = bench.finish(1, kOne.attempt);
  EXPECT_THAT(updates_in(finished), SizeIs(1));
  ASSERT_THAT(all_of<Remark>(finished), SizeIs(1));
  EXPECT_THAT(all_of<Remark>(finished)[0].text, testing::HasSubstr("no space left"));
}

TEST(AgentCore, AnAckEndsTheStoryAndASecondOneIsNothing) {
  CoreBench bench;
  bench.train(kOne);
  bench.finish(1, kOne.attempt);
  const auto acked = bench.ack(kOne.attempt);
  EXPECT_THAT(all_of<ForgetEnd>(acked), SizeIs(1));
  EXPECT_THAT(all_of<RemoveRunFolder>(acked), SizeIs(1));
  EXPECT_THAT(bench.ack(kOne.attempt), IsEmpty());
}

TEST(AgentCore, AnAckOfARunningAttemptIsNothing) {
  CoreBench bench;
  bench.train(kOne);
  EXPECT_THAT(bench.ack(kOne.attempt), IsEmpty());
  EXPECT_THAT(updates_in(bench.finish(1, kOne.attempt)), SizeIs(1));
}

TEST(AgentCore, AfterAReconnectItListsAndTellsAllThatItHolds) {
  CoreBench bench;
  bench.connect();
  bench.lease({kOne, kTwo, kThree});
  bench.hello(1);
  bench.finish(1, kOne.attempt);
  bench.said(1, RunStarted{kTwo.attempt, 7});
  bench.handle(Disconnected{});
  EXPECT_THAT(bench.after(Duration(60000)), IsEmpty());  // nobody to send a heartbeat to
  const auto greeting = sent<Hello>(bench.handle(Connected{}));
  ASSERT_THAT(greeting, SizeIs(1));
  EXPECT_THAT(greeting[0].held, testing::UnorderedElementsAre(kOne.attempt, kTwo.attempt, kThree.attempt));
  const auto welcomed = bench.handle(CoordinatorMessage(Welcome{}));
  std::vector<AttemptId> told;
  for (const Update& update : updates_in(welcomed)) told.push_back(update.attempt);
  EXPECT_THAT(told, testing::UnorderedElementsAre(kOne.attempt, kTwo.attempt));
  EXPECT_THAT(credits_in(welcomed), ElementsAre(0u));
}

TEST(AgentCore, WhatEndsWithoutAConnectionIsToldLater) {
  CoreBench bench;
  bench.train(kOne);
  bench.handle(Disconnected{});
  EXPECT_THAT(updates_in(bench.finish(1, kOne.attempt)), IsEmpty());
  bench.handle(Connected{});
  EXPECT_THAT(updates_in(bench.handle(CoordinatorMessage(Welcome{}))), SizeIs(1));
}

TEST(AgentCore, RestoredEndsAreHeldAndTold) {
  CoreBench bench;
  bench.handle(Restored{{{kOne.attempt, Succeeded{small_result()}}, {kTwo.attempt, Failure{}}}});
  EXPECT_THAT(sent<Hello>(bench.handle(Connected{}))[0].held, SizeIs(2));
  EXPECT_THAT(updates_in(bench.handle(CoordinatorMessage(Welcome{}))), SizeIs(2));
  EXPECT_THAT(all_of<StartTrainer>(bench.lease({kOne})), IsEmpty());  // it has ended already
}

TEST(AgentCore, ADuplicateLeaseIsNothing) {
  CoreBench bench;
  bench.train(kOne);
  EXPECT_THAT(bench.lease({kOne}), IsEmpty());
}

TEST(AgentCore, ALeaseThatCannotBeRightIsBadInput) {
  const Lease other_text{kOne.attempt, kTwo.run_spec_json};
  const Lease no_spec{{run_key_of_text("{}"), 1}, "{}"};
  for (const Lease& wrong : {other_text, no_spec}) {
    CoreBench bench;
    bench.connect();
    const auto refused = failure_in(bench.lease({wrong}));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->failure, FailureClass::kBadInput);
  }
}

TEST(AgentCore, ARunForAnotherTrainerIsBadInput) {
  CoreBench bench;
  bench.connect();
  bench.lease({kOne});
  const auto refused = failure_in(bench.said(1, TrainerHello{"other", "other-9"}));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->failure, FailureClass::kBadInput);
  EXPECT_THAT(refused->message, testing::HasSubstr("other-9"));
}

TEST(AgentCore, TwoAttemptsOfARunNeverTrainAtOnce) {
  CoreBench bench(2);
  bench.train(kOne);
  EXPECT_THAT(bench.lease({lease_of_seed(1, 2)}),
              testing::Not(testing::Contains(testing::VariantWith<StartTrainer>(testing::_))));
  const auto finished = bench.finish(1, kOne.attempt);
  ASSERT_THAT(all_of<GiveTask>(finished), SizeIs(1));
  EXPECT_EQ(all_of<GiveTask>(finished)[0].lease.attempt.number, 2u);
  EXPECT_THAT(all_of<RemoveRunFolder>(bench.ack(kOne.attempt)), IsEmpty());  // the second one is at work in it
}

TEST(AgentCore, HeartbeatsComeAtTheirTimeWhateverElseIsSent) {
  CoreBench bench;
  bench.train(kOne);
  EXPECT_EQ(*bench.core.next_deadline(), bench.now + Duration(5000));
  EXPECT_THAT(sent<Heartbeat>(bench.after(Duration(4999))), IsEmpty());
  bench.said(1, RunProgress{kOne.attempt, {0.5, 10}});
  EXPECT_THAT(sent<Heartbeat>(bench.after(Duration(1))), SizeIs(1));
  EXPECT_THAT(sent<Heartbeat>(bench.after(Duration(4999))), IsEmpty());
  EXPECT_THAT(sent<Heartbeat>(bench.after(Duration(1))), SizeIs(1));
}

TEST(AgentCore, ProgressIsThinnedOut) {
  CoreBench bench;
  bench.train(kOne);
  int told = 0;
  for (int i = 0; i < 100; ++i) {
    bench.now = bench.now + Duration(10);
    told += static_cast<int>(updates_in(bench.said(1, RunProgress{kOne.attempt, {0.5, 10}})).size());
  }
  EXPECT_EQ(told, 4);
}

TEST(AgentCore, CancelOfAWaitingAttemptMakesRoom) {
  CoreBench bench;
  bench.connect();
  bench.lease({kOne, kTwo});
  const auto cancelled = bench.cancel(kTwo.attempt);
  EXPECT_THAT(credits_in(cancelled), ElementsAre(1u));
  EXPECT_THAT(updates_in(cancelled), IsEmpty());
  EXPECT_THAT(bench.cancel(kTwo.attempt), IsEmpty());
}

TEST(AgentCore, CancelOfARunningAttemptStopsItsTrainerForGood) {
  CoreBench bench;
  bench.train(kOne);
  EXPECT_THAT(all_of<TerminateTrainer>(bench.cancel(kOne.attempt)), SizeIs(1));
  EXPECT_THAT(all_of<StartTrainer>(bench.lease({lease_of_seed(1, 2)})), IsEmpty());  // the old one may still write
  EXPECT_THAT(bench.finish(1, kOne.attempt), IsEmpty());
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(2999))), IsEmpty());
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(1))), SizeIs(1));
  const auto gone = bench.exit(1, {true, 9});
  EXPECT_THAT(updates_in(gone), IsEmpty());
  EXPECT_THAT(all_of<StartTrainer>(gone), SizeIs(1));
  EXPECT_THAT(all_of<RemoveRunFolder>(gone), IsEmpty());  // the second attempt is to use it
}

TEST(AgentCore, CancelOfAnEndedAttemptForgetsIt) {
  CoreBench bench;
  bench.train(kOne);
  bench.finish(1, kOne.attempt);
  EXPECT_THAT(all_of<ForgetEnd>(bench.cancel(kOne.attempt)), SizeIs(1));
}

TEST(AgentCore, ManyResultsGoInMessagesOfModestSize) {
  CoreBench bench;
  std::vector<Update> ended;
  for (uint64_t seed = 0; seed < 10; ++seed)
    ended.push_back({lease_of_seed(seed).attempt, Succeeded{std::string(400000, 'x')}});
  bench.handle(Restored{ended});
  bench.handle(Connected{});
  const auto batches = sent<Updates>(bench.handle(CoordinatorMessage(Welcome{})));
  EXPECT_THAT(batches, SizeIs(5));
  for (const Updates& batch : batches) EXPECT_LE(batch.updates.size(), 2u);
}

TEST(AgentCore, NoMoreCreditsThanResultsItMayPileUp) {
  CoreBench bench;
  std::vector<Update> ended;
  for (uint64_t seed = 0; seed < 256; ++seed) ended.push_back({lease_of_seed(seed).attempt, Failure{}});
  bench.handle(Restored{ended});
  bench.handle(Connected{});
  EXPECT_THAT(credits_in(bench.handle(CoordinatorMessage(Welcome{}))), ElementsAre(0u));
  EXPECT_THAT(credits_in(bench.ack(ended[0].attempt)), ElementsAre(2u));
}

}  // namespace
}  // namespace evensweep

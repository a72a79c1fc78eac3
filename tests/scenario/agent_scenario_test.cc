// Agents that come, go, fall silent, come back, repeat themselves and say nonsense.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/json.h"
#include "tests/scenario/core_scenario.h"
#include "tests/unit/model/examples.h"

namespace evensweep::coordinator {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Duration kLease = CoreOptions{}.lease;

class AgentScenario : public testing::Test {
 protected:
  // One run, granted to agent "a" on the first connection.
  AgentScenario() {
    sweep_ = scene_.submit(small_sweep("s", {}));
    first_ = scene_.connect("a");
    lease_ = scene_.ask(first_, 1).at(0);
    scene_.told(first_);
  }

  CoreScenario scene_;
  SweepId sweep_;
  ConnectionId first_ = 0;
  AttemptId lease_;
};

TEST_F(AgentScenario, KeepsWhatAReconnectedAgentStillHolds) {
  scene_.disconnect(first_);
  const ConnectionId again = scene_.connect("a", {lease_});
  EXPECT_EQ(scene_.told(again).welcomes, 1);
  EXPECT_THAT(scene_.ask(again, 5), IsEmpty());
  scene_.succeed(again, lease_);
  EXPECT_THAT(scene_.told(again).acks, ElementsAre(lease_));
  EXPECT_TRUE(scene_.status(sweep_).over);
}

TEST_F(AgentScenario, ClosesTheOldConnectionOfAnAgentThatConnectsAgain) {
  const ConnectionId again = scene_.connect("a", {lease_});
  EXPECT_TRUE(scene_.told(first_).closed);
  scene_.succeed(first_, lease_);
  EXPECT_FALSE(scene_.status(sweep_).over) << "a dead connection says nothing any more";
  EXPECT_EQ(scene_.core().refusals().unknown_connection, 1);
  scene_.disconnect(first_);
  scene_.succeed(again, lease_);
  EXPECT_TRUE(scene_.status(sweep_).over);
}

TEST_F(AgentScenario, GivesAgainWhatAnAgentCameBackWithout) {
  scene_.disconnect(first_);
  const ConnectionId again = scene_.connect("a");
  const auto leases = scene_.ask(again, 5);
  EXPECT_THAT(leases, ElementsAre(AttemptId{lease_.run, 2}));
}

TEST_F(AgentScenario, WaitsForALostAgentAsLongAsItsLease) {
  const ConnectionId other = scene_.connect("b");
  EXPECT_THAT(scene_.ask(other, 1), IsEmpty());
  scene_.disconnect(first_);
  scene_.wait(kLease - Duration(1));
  EXPECT_THAT(scene_.told(other).leases, IsEmpty());
  scene_.heartbeat(other);
  scene_.wait(Duration(1));
  EXPECT_THAT(scene_.told(other).leases, ElementsAre(AttemptId{lease_.run, 2}));
}

TEST_F(AgentScenario, AnythingThatAnAgentSaysKeepsItsLease) {
  for (int i = 0; i < 10; ++i) {
    scene_.wait(kLease - Duration(1));
    scene_.heartbeat(first_);
  }
  EXPECT_FALSE(scene_.told(first_).closed);
  scene_.succeed(first_, lease_);
  EXPECT_TRUE(scene_.status(sweep_).over);
}

TEST_F(AgentScenario, ClosesTheConnectionOfASilentAgent) {
  scene_.wait(kLease);
  EXPECT_TRUE(scene_.told(first_).closed);
  EXPECT_EQ(scene_.status(sweep_).agents, 0);
}

TEST_F(AgentScenario, LetsALostAttemptGoOnIfNobodyTookTheRun) {
  scene_.wait(kLease);
  const ConnectionId again = scene_.connect("a", {lease_});
  EXPECT_THAT(scene_.told(again).cancels, IsEmpty());
  EXPECT_THAT(scene_.ask(scene_.connect("b"), 5), IsEmpty());
  scene_.succeed(again, lease_);
  EXPECT_TRUE(scene_.status(sweep_).over);
  EXPECT_EQ(scene_.book().grants(), 2) << "the same attempt, granted twice";
}

TEST_F(AgentScenario, AdoptsALateResultAndCancelsTheOtherAttempt) {
  scene_.wait(kLease);
  const ConnectionId other = scene_.connect("b");
  const AttemptId second = scene_.ask(other, 1).at(0);
  scene_.told(other);
  const ConnectionId again = scene_.connect("a", {lease_});
  EXPECT_THAT(scene_.told(again).cancels, ElementsAre(lease_)) << "another agent trains it";
  scene_.succeed(again, lease_);
  EXPECT_TRUE(scene_.status(sweep_).over);
  EXPECT_THAT(scene_.told(again).acks, ElementsAre(lease_));
  EXPECT_THAT(scene_.told(other).cancels, ElementsAre(second));
  scene_.succeed(other, second);
  EXPECT_THAT(scene_.told(other).acks, ElementsAre(second)) << "not wanted, but answered";
}

TEST_F(AgentScenario, TellsALateHolderOfAFinishedRunToForgetIt) {
  scene_.wait(kLease);
  const ConnectionId other = scene_.connect("b");
  scene_.succeed(other, scene_.ask(other, 1).at(0));
  const ConnectionId again = scene_.connect("a", {lease_});
  const Told told = scene_.told(again);
  EXPECT_THAT(told.cancels, ElementsAre(lease_));
  EXPECT_THAT(told.acks, ElementsAre(lease_));
}

TEST_F(AgentScenario, IgnoresRepeatedEndsAndAcknowledgesThem) {
  scene_.fail(first_, lease_, FailureClass::kTrainerError);
  scene_.fail(first_, lease_, FailureClass::kTrainerError);
  scene_.fail(first_, lease_, FailureClass::kTrainerError);
  EXPECT_THAT(scene_.told(first_).acks, ElementsAre(lease_, lease_, lease_));
  EXPECT_EQ(scene_.core().refusals().stale_attempt, 2);
  const AttemptId second = scene_.ask(first_, 1).at(0);
  EXPECT_EQ(second.number, 2);
  scene_.succeed(first_, second);
  scene_.succeed(first_, second);
  scene_.fail(first_, second, FailureClass::kDiverged);
  EXPECT_EQ(scene_.status(sweep_).trials_finished, 1);
}

TEST_F(AgentScenario, ChargesAFailureOnceWhenItsAcknowledgementWasLost) {
  for (uint32_t number = 1; number <= 2; ++number) {
    scene_.fail(first_, lease_, FailureClass::kTrainerError);
    scene_.disconnect(first_);
    // The end is not acknowledged for the agent: it still holds the attempt and sends the end again.
    first_ = scene_.connect("a", {lease_});
    scene_.fail(first_, lease_, FailureClass::kTrainerError);
    EXPECT_THAT(scene_.told(first_).acks, Contains(lease_));
    ASSERT_FALSE(scene_.status(sweep_).over);
    lease_ = scene_.ask(first_, 1).at(0);
    EXPECT_EQ(lease_.number, number + 1);
  }
  scene_.succeed(first_, lease_);
  EXPECT_EQ(scene_.status(sweep_).trials_finished, 1);
}

TEST_F(AgentScenario, IgnoresWhatAStaleAttemptSays) {
  scene_.wait(kLease);
  const ConnectionId other = scene_.connect("b");
  const AttemptId second = scene_.ask(other, 1).at(0);
  const ConnectionId again = scene_.connect("a");
  scene_.fail(again, lease_, FailureClass::kDiverged);
  scene_.say(again, {.attempt = lease_, .what = Progress{.fraction = 0.9, .examples_per_second = 5}});
  EXPECT_EQ(scene_.status(sweep_).examples_per_second, 0);
  EXPECT_EQ(scene_.core().refusals().stale_attempt, 2);
  scene_.succeed(other, second);
  EXPECT_EQ(scene_.status(sweep_).trials_finished, 1);
}

TEST_F(AgentScenario, TakesNoFailureFromAnAgentThatHoldsNoLease) {
  const ConnectionId other = scene_.connect("b");
  scene_.fail(other, lease_, FailureClass::kDiverged);
  scene_.succeed(other, lease_, "no result at all");
  EXPECT_FALSE(scene_.status(sweep_).over);
  scene_.succeed(first_, lease_);
  EXPECT_EQ(scene_.status(sweep_).trials_finished, 1);
}

TEST_F(AgentScenario, TakesNothingFromAnAgentThatWasNeverGivenTheAttempt) {
  const BlobRef blob{.sha256 = std::string(64, 'a'), .bytes = 7};
  const ConnectionId other = scene_.connect("b");
  scene_.take_records();
  scene_.succeed(other, lease_);
  scene_.say(other, {.attempt = lease_, .what = LogStored{.blob = blob}});
  scene_.say(other, {.attempt = lease_, .what = CheckpointStored{.blob = blob}});
  EXPECT_THAT(scene_.take_records(),
              ElementsAre(testing::VariantWith<Audited>(testing::Field(&Audited::who, "agent b"))))
      << "a right result is not its to tell either";
  EXPECT_EQ(scene_.core().refusals().foreign_attempt, 3);
  EXPECT_THAT(scene_.told(other).acks, ElementsAre(lease_)) << "not wanted, but answered";
  EXPECT_THAT(scene_.take_audits(), ElementsAre(testing::StartsWith("agent b speaks of attempt 1 of run ")))
      << "once for a connection";
  scene_.succeed(scene_.connect("b"), lease_);
  EXPECT_THAT(scene_.take_audits(), SizeIs(1));
  EXPECT_FALSE(scene_.status(sweep_).over);
  scene_.succeed(first_, lease_);
  EXPECT_TRUE(scene_.status(sweep_).over);
  EXPECT_THAT(scene_.take_audits(), IsEmpty());
}

TEST_F(AgentScenario, KnowsEarlierHoldersAlsoAfterARestart) {
  scene_.wait(kLease);
  const AttemptId second = scene_.ask(scene_.connect("b"), 1).at(0);
  scene_.restart();
  const ConnectionId holder = scene_.connect("b", {second}), stranger = scene_.connect("c");
  scene_.succeed(stranger, lease_);
  scene_.succeed(stranger, second);
  scene_.succeed(holder, lease_);
  EXPECT_FALSE(scene_.status(sweep_).over);
  EXPECT_EQ(scene_.core().refusals().foreign_attempt, 3);
  scene_.succeed(scene_.connect("a"), lease_);
  EXPECT_TRUE(scene_.status(sweep_).over) << "the first holder delivers late";
  EXPECT_THAT(scene_.told(holder).cancels, ElementsAre(second));
}

TEST_F(AgentScenario, DoesNotGoOnAfterARestartWithAnAttemptThatWasGivenBack) {
  scene_.fail(first_, lease_, FailureClass::kInfrastructure);
  scene_.restart();
  const ConnectionId again = scene_.connect("a", {lease_});  // whose spool still holds the end
  EXPECT_THAT(scene_.told(again).cancels, ElementsAre(lease_));
  EXPECT_EQ(scene_.book().grants(), 1);
  EXPECT_THAT(scene_.ask(again, 1), ElementsAre(AttemptId{lease_.run, 2}));
}

TEST_F(AgentScenario, GoesOnAfterARestartWithAnAttemptWhoseLeaseWasLost) {
  scene_.wait(kLease);
  scene_.restart();
  const ConnectionId again = scene_.connect("a", {lease_});
  EXPECT_THAT(scene_.told(again).cancels, IsEmpty());
  scene_.succeed(again, lease_);
  EXPECT_TRUE(scene_.status(sweep_).over);
}

TEST_F(AgentScenario, LetsNobodyElseGoOnWithALostAttempt) {
  scene_.wait(kLease);
  const ConnectionId other = scene_.connect("b", {lease_});
  EXPECT_THAT(scene_.told(other).cancels, ElementsAre(lease_));
  EXPECT_THAT(scene_.ask(other, 1), ElementsAre(AttemptId{lease_.run, 2}));
}

TEST_F(AgentScenario, RefusesAttemptsThatWereNeverGranted) {
  const AttemptId future{.run = lease_.run, .number = 2};
  const AttemptId unknown{.run = RunKey(std::string(64, '0')), .number = 1};
  scene_.succeed(first_, future);
  scene_.succeed(first_, unknown);
  EXPECT_FALSE(scene_.status(sweep_).over);
  EXPECT_THAT(scene_.told(first_).acks, ElementsAre(future, unknown));
  EXPECT_EQ(scene_.core().refusals().foreign_attempt, 1);
  EXPECT_EQ(scene_.core().refusals().unknown_run, 1);
  const Told told = (scene_.connect("c", {unknown}), scene_.told(2));
  EXPECT_THAT(told.cancels, ElementsAre(unknown));
  EXPECT_THAT(told.acks, ElementsAre(unknown));
}

TEST_F(AgentScenario, CountsARefusedResultAsATrainerError) {
  RunResult other_data = example_result();
  other_data.validation = {.classes = 3, .counts = {9, 0, 0, 0, 9, 0, 0, 0, 9}};
  other_data.test = {.classes = 3, .counts = {2, 0, 0, 0, 2, 0, 0, 0, 2}};
  other_data.test_predictions = {0, 0, 1, 1, 2, 2};
  for (const std::string& bad : {std::string("{"), std::string("{}"), to_json(other_data).dump()}) {
    ASSERT_FALSE(scene_.status(sweep_).over);
    scene_.succeed(first_, lease_, bad);
    EXPECT_THAT(scene_.told(first_).acks, Contains(lease_));
    if (const auto next = scene_.ask(first_, 1); !next.empty()) lease_ = next[0];
  }
  EXPECT_EQ(scene_.core().refusals().bad_result, 3);
  EXPECT_EQ(scene_.status(sweep_).trials_failed, 1);
}

TEST_F(AgentScenario, TellsHowFarTheRunningOnesAre) {
  scene_.say(first_, {.attempt = lease_, .what = Started{}});
  scene_.say(first_, {.attempt = lease_, .what = Progress{.fraction = 0.25, .examples_per_second = 100}});
  EXPECT_EQ(scene_.status(sweep_).running, 1);
  EXPECT_EQ(scene_.status(sweep_).running_fraction, 0.25);
  EXPECT_EQ(scene_.status(sweep_).examples_per_second, 100);
  scene_.succeed(first_, lease_);
  EXPECT_EQ(scene_.status(sweep_).running, 0);
  EXPECT_EQ(scene_.status(sweep_).examples_per_second, 0);
}

TEST(AgentScenarios, GrantNoMoreThanTheCredits) {
  CoreScenario scene;
  scene.submit(small_sweep("s", {}, {1, 2, 3, 4, 5}));
  const ConnectionId a = scene.connect("a"), b = scene.connect("b");
  EXPECT_THAT(scene.ask(a, 2), SizeIs(2));
  EXPECT_THAT(scene.ask(b, 1), SizeIs(1));
  EXPECT_THAT(scene.ask(a, 0), IsEmpty());
  EXPECT_THAT(scene.ask(b, 9), SizeIs(2));
}

class Restored : public testing::Test {
 protected:
  CoreScenario scene_;
  Sweep sweep_ = small_sweep("s", {tpr_arm(1)}, {1, 2, 3});
};

TEST_F(Restored, GoesOnFromEveryState) {
  const SweepId id = scene_.submit(sweep_);
  ConnectionId agent = scene_.connect("a");
  const auto leases = scene_.ask(agent, 3);
  scene_.succeed(agent, leases[0]);                        // finished, its dependent waits
  scene_.fail(agent, leases[1], FailureClass::kDiverged);  // failed
  scene_.restart();                                        // leases[2] is still under way
  EXPECT_EQ(scene_.status(id).runs_trained, 1);
  EXPECT_EQ(scene_.status(id).trials_failed, 2);
  EXPECT_THAT(scene_.ask(scene_.connect("b"), 9), SizeIs(1)) << "the dependent, not what agent a holds";
  agent = scene_.connect("a", {leases[2]});
  scene_.succeed(agent, leases[2]);
  EXPECT_EQ(scene_.status(id).trials_finished, 2);
}

TEST_F(Restored, GivesAgentsTimeToComeBack) {
  scene_.submit(sweep_);
  scene_.ask(scene_.connect("a"), 3);
  scene_.restart();
  scene_.wait(CoreOptions{}.start_grace - Duration(1));
  const ConnectionId other = scene_.connect("b");
  EXPECT_THAT(scene_.ask(other, 9), IsEmpty());
  scene_.wait(Duration(1));
  EXPECT_THAT(scene_.told(other).leases, SizeIs(3));
}

TEST_F(Restored, RemembersCharges) {
  const Sweep one = small_sweep("one", {});
  SweepId id = scene_.submit(one);
  for (int i = 0; i < 3; ++i) {
    ASSERT_FALSE(scene_.status(id).over);
    const ConnectionId agent = scene_.connect("a");
    scene_.fail(agent, scene_.ask(agent, 1).at(0), FailureClass::kTrainerError);
    if (i == 2) break;
    scene_.restart();
    id = scene_.submit(one);
  }
  EXPECT_TRUE(scene_.status(id).over);
}

TEST_F(Restored, LeavesSweepsThatNobodyAsksForAlone) {
  CoreScenario scene(CoreOptions{.resume = false});
  scene.submit(sweep_);
  const auto leases = scene.ask(scene.connect("a"), 1);
  scene.restart();
  const ConnectionId agent = scene.connect("a", leases);
  EXPECT_THAT(scene.ask(agent, 9), IsEmpty()) << "nobody asks for the other runs yet";
  scene.succeed(agent, leases[0]);
  const SweepId id = scene.submit(sweep_);
  EXPECT_EQ(scene.status(id).trials_finished, 1);
  EXPECT_EQ(scene.status(id).runs_reused, 1);
  EXPECT_EQ(scene.status(id).runs_trained, 0);
  EXPECT_THAT(scene.told(agent).leases, SizeIs(3)) << "the dependent and two baselines";
}

TEST_F(Restored, ChecksAResultBeforeItsSweepIsSubmittedAgain) {
  scene_.submit(sweep_);
  const auto leases = scene_.ask(scene_.connect("a"), 1);
  scene_.restart();
  RunResult other_data = example_result();
  other_data.validation = {.classes = 3, .counts = {9, 0, 0, 0, 9, 0, 0, 0, 9}};
  other_data.test = {.classes = 3, .counts = {2, 0, 0, 0, 2, 0, 0, 0, 2}};
  other_data.test_predictions = {0, 0, 1, 1, 2, 2};
  scene_.succeed(scene_.connect("a", leases), leases[0], to_json(other_data).dump());
  EXPECT_EQ(scene_.core().refusals().bad_result, 1);
  EXPECT_FALSE(scene_.book().has_result(leases[0].run));
}

TEST_F(Restored, LivesWithAStoreThatContradictsItself) {
  Core core{CoreOptions{}};
  const Digest a = sha256("a"), b = sha256("b");
  core.restore({.sweeps = {{.id = sweep_id(sweep_), .sweep = sweep_}},
                .runs = {{.key = a, .state = StoredRun::State::kFailed}, {.key = b}},
                .attempts = {{.run = 1, .number = 1, .agent = AgentId("x"), .open = true},
                             {.run = 1, .number = 2, .agent = AgentId("y"), .open = true},
                             {.run = 7, .number = 1, .agent = AgentId("y"), .open = true}},
                .trials = {{.trial = {.sweep = 0, .arm = 9, .seed = 0}, .run = 1},
                           {.trial = {.sweep = 3, .arm = 0, .seed = 0}, .run = 1},
                           {.trial = {.sweep = 0, .arm = 0, .seed = 0}, .run = 9}}},
               TimePoint{});
  core.check_invariants();
}

}  // namespace
}  // namespace evensweep::coordinator

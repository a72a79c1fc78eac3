// Many agents and many sweeps: who gets what, what people change while it runs, and machines that are bad.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/view.h"
#include "tests/scenario/core_scenario.h"

namespace evensweep::coordinator {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const CoreOptions kDefaults;

Sweep focal_sweep(const std::string& name, int arms, std::vector<uint64_t> seeds = {1}) {
  Sweep sweep = small_sweep(name, {}, std::move(seeds));
  for (int i = 1; i <= arms; ++i) sweep.arms.push_back(focal_arm(i / 16.0));
  return sweep;
}

Hello hello_of(const std::string& agent, std::vector<AgentDevice> devices, std::string incarnation = "1") {
  return {.agent = AgentId(agent),
          .incarnation = std::move(incarnation),
          .host = "here",
          .version = "0",
          .devices = std::move(devices)};
}

// ---- expansion

TEST(Expansion, AddsRunsOnlyAsTheyAreNeeded) {
  CoreScenario scene(CoreOptions{.ready_ahead = 5, .slice = 3});
  const SweepId id = scene.submit(focal_sweep("s", 40, {1, 2, 3}));
  EXPECT_EQ(scene.book().runs(), 5);
  const ConnectionId agent = scene.connect("a");
  for (size_t done = 0; !scene.status(id).over; ++done) {
    const auto leases = scene.ask(agent, 1);
    ASSERT_THAT(leases, SizeIs(1));
    scene.succeed(agent, leases[0]);
    ASSERT_LE(scene.book().runs(), done + 1 + 5 + 3);
  }
  EXPECT_EQ(scene.status(id).trials_finished, 41 * 3);
  EXPECT_EQ(scene.book().runs(), 41 * 3);
}

TEST(Expansion, MakesTreatmentsOfBaselinesInSlicesToo) {
  CoreScenario scene(CoreOptions{.ready_ahead = 4, .slice = 2});
  Sweep sweep = small_sweep("s", {}, {1, 2});
  for (int i = 1; i <= 20; ++i) sweep.arms.push_back(tpr_arm(i / 8.0));
  const SweepId id = scene.submit(sweep);
  ConnectionId agent = scene.connect("a");
  while (!scene.status(id).over) {
    for (const AttemptId& lease : scene.ask(agent, 2)) scene.succeed(agent, lease);
    if (scene.status(id).trials_finished == 11) {
      scene.restart();
      agent = scene.connect("a");
    }
  }
  EXPECT_EQ(scene.status(id).trials_finished, 42);
}

TEST(Expansion, OfASweepThatIsDoneTakesNothingButTime) {
  CoreScenario scene(CoreOptions{.ready_ahead = 4, .slice = 2});
  scene.submit(focal_sweep("first", 9, {1, 2}));
  const ConnectionId agent = scene.connect("a");
  for (auto leases = scene.ask(agent, 3); !leases.empty(); leases = scene.ask(agent, 3))
    for (const AttemptId& lease : leases) scene.succeed(agent, lease);
  const SweepId again = scene.submit(focal_sweep("second", 9, {1, 2}));
  EXPECT_TRUE(scene.status(again).over);
  EXPECT_EQ(scene.status(again).runs_reused, 20);
}

TEST(Expansion, FailsWhatWaitsForAResultThatCannotBeRead) {
  CoreScenario scene;
  const SweepId first = scene.submit(small_sweep("first", {}));
  const ConnectionId agent = scene.connect("a");
  scene.succeed(agent, scene.ask(agent, 1).at(0));
  scene.lose_counts();
  const SweepId second = scene.submit(small_sweep("second", {tpr_arm(1), focal_arm(1)}));
  EXPECT_EQ(scene.status(second).trials_failed, 1);
  EXPECT_THAT(scene.book().failure_of(second, 1, 0)->message, HasSubstr("the row is damaged"));
  EXPECT_THAT(scene.ask(agent, 4), SizeIs(1)) << "others go on";
  EXPECT_TRUE(scene.status(first).over);
}

// ---- placement

TEST(Placement, GivesTheAgentWithTheMostRoomTheNextRun) {
  CoreScenario scene;
  scene.submit(focal_sweep("s", 3));
  const ConnectionId large = scene.connect(hello_of("large", cpu_device(4)));
  const ConnectionId small = scene.connect(hello_of("small", cpu_device(1)));
  EXPECT_THAT(scene.ask(large, 2), SizeIs(2));
  EXPECT_THAT(scene.ask(small, 2), SizeIs(2)) << "nobody else asks";
  scene.submit(focal_sweep("t", 8));
  scene.ask(small, 0);
  EXPECT_THAT(scene.ask(large, 8), SizeIs(5)) << "the others are shared with the first sweep";
}

TEST(Placement, TakesSweepsByPriorityAndThenInTurn) {
  CoreScenario scene;
  Sweep urgent = focal_sweep("urgent", 1);
  urgent.resources.priority = 5;
  urgent.arms.back() = focal_arm(9);
  urgent.seeds = {77};
  scene.submit(focal_sweep("a", 6, {1}));
  scene.submit(focal_sweep("b", 6, {2}));
  scene.submit(urgent);
  const ConnectionId agent = scene.connect(hello_of("x", cpu_device(8)));
  const auto leases = scene.ask(agent, 6);
  ASSERT_THAT(leases, SizeIs(6));
  const auto seed_of = [&](size_t i) { return parse_run_spec(scene.book().spec(leases[i].run))->seed; };
  EXPECT_EQ(seed_of(0), 77);
  EXPECT_EQ(seed_of(1), 77);
  EXPECT_EQ(seed_of(2) + seed_of(3), 3) << "one of each";
  EXPECT_EQ(seed_of(4) + seed_of(5), 3);
}

TEST(Placement, NeedsLabelsTrainersAndMemory) {
  CoreScenario scene;
  Sweep sweep = focal_sweep("s", 2);
  sweep.resources.labels = {{"gpu", "a100"}};
  sweep.resources.memory_mib = 1000;
  scene.submit(sweep);
  Hello hello = hello_of("a", {{.kind = "cpu", .memory_bytes = 4ull << 30, .slots = 4}});
  EXPECT_THAT(scene.ask(scene.connect(hello), 4), IsEmpty()) << "no label";
  hello.labels = {{"gpu", "a100"}};
  hello.trainers = {"another"};
  EXPECT_THAT(scene.ask(scene.connect(hello), 4), IsEmpty()) << "another trainer";
  hello.trainers = {kTrainerNumerics};
  hello.devices[0].memory_bytes = 1 << 20;
  EXPECT_THAT(scene.ask(scene.connect(hello), 4), IsEmpty()) << "too small";
  const CoreView view(scene.core());
  EXPECT_THAT(view.explain(TimePoint{}, {.sweep = 0, .arm = 1, .seed = 0}), Contains(HasSubstr("fitting device")));
  hello.devices[0].memory_bytes = 4ull << 30;
  const ConnectionId agent = scene.connect(hello);
  EXPECT_THAT(scene.ask(agent, 4), SizeIs(3));
  EXPECT_EQ(scene.told(agent).grants[0].memory_bytes, 1000u << 20);
}

TEST(Placement, KeepsASweepOnOneKindOfDevice) {
  CoreScenario scene;
  const ConnectionId both = scene.connect(
      hello_of("both", {{.kind = "cpu", .slots = 2}, {.kind = "cuda", .slots = 1}, {.kind = "cuda", .index = 1}}));
  const ConnectionId cpu = scene.connect(hello_of("cpu", cpu_device(4)));
  scene.submit(focal_sweep("s", 7));
  EXPECT_THAT(scene.ask(cpu, 4), IsEmpty()) << "there are GPUs";
  scene.offer(both, {{.device = 0, .free = 2}, {.device = 1, .free = 1}, {.device = 2, .free = 1}});
  const Told told = scene.told(both);
  ASSERT_THAT(told.grants, SizeIs(2));
  EXPECT_NE(told.grants[0].device, told.grants[1].device);
  EXPECT_NE(told.grants[0].device, 0u);
  EXPECT_NE(told.grants[1].device, 0u);
  scene.restart();
  EXPECT_THAT(scene.ask(scene.connect(hello_of("cpu", cpu_device(4))), 4), IsEmpty()) << "also after a restart";
}

TEST(Placement, GivesARunThatRanOutOfMemoryADeviceOfItsOwn) {
  CoreScenario scene;
  scene.submit(small_sweep("s", {}));
  const ConnectionId agent = scene.connect("a");
  scene.fail(agent, scene.ask(agent, 1).at(0), FailureClass::kOutOfMemory);
  scene.told(agent);
  scene.ask(agent, 1);
  const Told told = scene.told(agent);
  ASSERT_THAT(told.grants, SizeIs(1));
  EXPECT_TRUE(told.grants[0].alone);
}

// ---- what people want

TEST(Wishes, APausedSweepStartsNothingUntilItIsResumed) {
  CoreScenario scene;
  const SweepId id = scene.submit(focal_sweep("s", 5));
  const ConnectionId agent = scene.connect("a");
  const auto leases = scene.ask(agent, 2);
  scene.start(agent, leases[0]);
  scene.control(id, SweepAction::kPause);
  EXPECT_THAT(scene.told(agent).withdrawn, testing::ElementsAre(leases[1])) << "it has not begun";
  EXPECT_EQ(scene.status(id).phase, SweepPhase::kPaused);
  scene.fail(agent, leases[1], FailureClass::kPreempted);
  EXPECT_THAT(scene.ask(agent, 4), IsEmpty());
  scene.succeed(agent, leases[0]);
  EXPECT_EQ(scene.status(id).trials_finished, 1);
  scene.restart();
  const ConnectionId again = scene.connect("a");
  EXPECT_THAT(scene.ask(again, 9), IsEmpty()) << "a restart does not resume it";
  scene.control(id, SweepAction::kResume);
  EXPECT_THAT(scene.told(again).leases, SizeIs(5));
}

TEST(Wishes, AStoppedSweepIsOverWhenNothingOfItTrainsAnyMore) {
  CoreScenario scene;
  const SweepId id = scene.submit(focal_sweep("s", 2));
  const ConnectionId agent = scene.connect("a");
  const auto leases = scene.ask(agent, 1);
  scene.start(agent, leases[0]);
  scene.control(id, SweepAction::kStop);
  EXPECT_EQ(scene.status(id).phase, SweepPhase::kStopping);
  EXPECT_FALSE(scene.status(id).over);
  scene.succeed(agent, leases[0]);
  EXPECT_EQ(scene.status(id).phase, SweepPhase::kStopped);
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_EQ(scene.status(id).trials_finished, 1);
}

TEST(Wishes, CancellingStopsWhatNoOtherSweepWants) {
  CoreScenario scene;
  const SweepId id = scene.submit(focal_sweep("s", 2));
  Sweep other_sweep = small_sweep("other", {focal_arm(9)});
  const SweepId other = scene.submit(other_sweep);  // shares the baseline
  const ConnectionId agent = scene.connect("a");
  const auto leases = scene.ask(agent, 4);
  ASSERT_THAT(leases, SizeIs(4));
  for (const AttemptId& lease : leases) scene.start(agent, lease);
  scene.control(id, SweepAction::kCancel);
  EXPECT_THAT(scene.told(agent).cancels, SizeIs(2));
  EXPECT_EQ(scene.status(id).phase, SweepPhase::kCancelled);
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_FALSE(scene.status(other).over);
  EXPECT_THAT(scene.ask(agent, 4), IsEmpty());
  const ConnectionId back = scene.connect("a", leases);
  EXPECT_THAT(scene.told(back).cancels, SizeIs(2)) << "they stay cancelled";
  scene.submit(focal_sweep("s", 2));
  EXPECT_THAT(scene.ask(back, 4), SizeIs(2)) << "unless somebody asks again";
}

TEST(Wishes, ARequestIsDoneOnce) {
  CoreScenario scene;
  const SweepId id = scene.submit(small_sweep("s", {}));
  const ConnectionId agent = scene.connect("a");
  for (int i = 0; i < 3; ++i) scene.fail(agent, scene.ask(agent, 1).at(0), FailureClass::kTrainerError);
  ASSERT_TRUE(scene.status(id).over);
  scene.control(id, SweepAction::kRetryFailed, "request-1");
  EXPECT_FALSE(scene.status(id).over);
  for (int i = 0; i < 3; ++i) scene.fail(agent, scene.ask(agent, 1).at(0), FailureClass::kTrainerError);
  scene.restart();
  scene.control(id, SweepAction::kRetryFailed, "request-1");
  EXPECT_TRUE(scene.status(id).over) << "the same request again";
  scene.control(id, SweepAction::kRetryFailed, "request-2");
  EXPECT_FALSE(scene.status(id).over);
}

// ---- agents

TEST(Draining, AnAgentGetsNothingNewAndIsToldSo) {
  CoreScenario scene;
  scene.submit(focal_sweep("s", 3));
  ConnectionId agent = scene.connect("a");
  scene.control("a", true);
  EXPECT_EQ(scene.told(agent).drains, 1);
  EXPECT_THAT(scene.ask(agent, 3), IsEmpty());
  scene.restart();
  agent = scene.connect("a");
  EXPECT_EQ(scene.told(agent).drains, 1) << "also after a restart of either";
  EXPECT_THAT(scene.ask(agent, 3), IsEmpty());
  scene.control("a", false);
  EXPECT_TRUE(scene.told(agent).closed) << "so that it begins anew";
  agent = scene.connect("a");
  EXPECT_THAT(scene.ask(agent, 3), SizeIs(3));
}

TEST(Suspicion, ASilentAgentGetsNothingNew) {
  CoreScenario scene;
  const ConnectionId agent = scene.connect("a");
  scene.ask(agent, 3);
  scene.wait(kDefaults.suspect + Duration(1));
  scene.submit(focal_sweep("s", 3));
  EXPECT_THAT(scene.told(agent).leases, IsEmpty());
  scene.heartbeat(agent);
  EXPECT_THAT(scene.told(agent).leases, SizeIs(3));
}

TEST(Brake, HalfOfTheAgentsVanishingTogetherIsTheNetwork) {
  CoreScenario scene;
  const SweepId id = scene.submit(focal_sweep("s", 7));
  std::vector<ConnectionId> agents;
  std::vector<std::vector<AttemptId>> held;
  for (const char* name : {"a", "b", "c", "d"}) {
    agents.push_back(scene.connect(name));
    held.push_back(scene.ask(agents.back(), 2));
    for (const AttemptId& lease : held.back()) scene.start(agents.back(), lease);
  }
  for (int i = 0; i < 6; ++i) {
    scene.wait(Duration(5'000));
    scene.heartbeat(agents[3]);
    scene.ask(agents[3], 8);
  }
  EXPECT_EQ(scene.status(id).running, 8) << "30 s of silence, and all is still theirs";
  EXPECT_THAT(scene.told(agents[3]).leases, IsEmpty());
  const ConnectionId back = scene.connect("a", held[0]);
  scene.succeed(back, held[0][0]);
  for (int i = 0; i < 14; ++i) {
    scene.wait(Duration(5'000));
    scene.heartbeat(back);
    scene.heartbeat(agents[3]);
  }
  EXPECT_THAT(scene.told(agents[3]).leases, SizeIs(4)) << "those of b and c, once the brake is over";
}

TEST(Brake, DoesNotHoldUpTheEndOfThoseThatHadTheirTime) {
  CoreScenario scene;
  const SweepId id = scene.submit(focal_sweep("s", 7));
  std::vector<ConnectionId> agents;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    agents.push_back(scene.connect(name));
    for (const AttemptId& lease : scene.ask(agents.back(), 1)) scene.start(agents.back(), lease);
  }
  for (int i = 0; i < 15; ++i) {  // a, b and c fall silent, and get more time
    scene.wait(Duration(5'000));
    for (size_t still = 3; still < 6; ++still) scene.heartbeat(agents[still]);
  }
  EXPECT_EQ(scene.status(id).running, 6);
  scene.oversleep(Duration(40'000));  // by now theirs is over, and that of d, e and f: half of all, once more
  EXPECT_EQ(scene.status(id).running, 3);
  ASSERT_TRUE(scene.core().next_deadline());
  EXPECT_GT(*scene.core().next_deadline(), scene.now());
}

TEST(Quarantine, AMachineOnWhichEverythingFailsIsToBlameAndNotTheRuns) {
  CoreScenario scene;
  const SweepId id = scene.submit(focal_sweep("s", 9));
  const ConnectionId good = scene.connect("good"), bad = scene.connect("bad");
  for (int i = 0; i < 3; ++i) {
    const auto leases = scene.ask(bad, 1);
    ASSERT_THAT(leases, SizeIs(1));
    scene.fail(bad, leases[0], FailureClass::kTrainerError);
  }
  EXPECT_THAT(scene.ask(bad, 5), IsEmpty());
  const CoreView view(scene.core());
  EXPECT_THAT(view.agents(TimePoint{}, 0)[0].quarantined, HasSubstr("3 attempts in a row"));
  int trained = 0;
  for (auto leases = scene.ask(good, 4); !leases.empty(); leases = scene.ask(good, 4))
    for (const AttemptId& lease : leases) {
      scene.succeed(good, lease);
      ++trained;
    }
  EXPECT_EQ(trained, 10);
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_EQ(scene.status(id).trials_failed, 0);
}

TEST(Quarantine, WhatWasForgivenStaysForgivenAfterARestart) {
  CoreScenario scene;
  const SweepId id = scene.submit(focal_sweep("s", 3));
  scene.connect("good");
  const ConnectionId bad = scene.connect("bad");
  AttemptId first;
  for (int i = 0; i < 3; ++i) {
    const AttemptId lease = scene.ask(bad, 1).at(0);
    if (i == 0) first = lease;
    scene.fail(bad, lease, FailureClass::kTrainerError);
  }
  scene.restart();
  const ConnectionId good = scene.connect("good");
  // Two failures of its own leave a run its last try.
  for (int i = 0; i < 2; ++i)
    for (const AttemptId& lease : scene.ask(good, 9))
      if (lease.run == first.run)
        scene.fail(good, lease, FailureClass::kTrainerError);
      else
        scene.succeed(good, lease);
  EXPECT_EQ(scene.status(id).trials_failed, 0);
  for (const AttemptId& lease : scene.ask(good, 9)) scene.succeed(good, lease);
  EXPECT_EQ(scene.book().run(first.run)->state, StoredRun::State::kFinished);
}

TEST(Quarantine, AFailureIsForgivenOnce) {
  CoreScenario scene;
  const SweepId id = scene.submit(focal_sweep("s", 9));
  const ConnectionId good = scene.connect("good"), bad = scene.connect("bad");
  for (int i = 0; i < 3; ++i) scene.fail(bad, scene.ask(bad, 1).at(0), FailureClass::kTrainerError);
  scene.wait(Duration(1));
  for (int i = 0; i < 121; ++i) {
    scene.wait(Duration(5'000));
    scene.heartbeat(good);
    scene.heartbeat(bad);
  }
  // The failures of before its probation are still in its row when the next one makes it full again; the book of
  // records refuses an attempt that is forgiven twice.
  scene.fail(bad, scene.ask(bad, 1).at(0), FailureClass::kTrainerError);
  EXPECT_THAT(scene.ask(bad, 1), IsEmpty());
  EXPECT_FALSE(scene.status(id).over);
}

TEST(Quarantine, RunsThatFailEverywhereAreToBlameThemselves) {
  CoreScenario scene;
  const SweepId id = scene.submit(focal_sweep("s", 1));
  const ConnectionId one = scene.connect("one"), two = scene.connect("two");
  for (int i = 0; i < 12 && !scene.status(id).over; ++i)
    for (const ConnectionId agent : {one, two})
      for (const AttemptId& lease : scene.ask(agent, 1)) scene.fail(agent, lease, FailureClass::kTrainerError);
  EXPECT_EQ(scene.status(id).trials_failed, 2);
}

TEST(Quarantine, EndsWithTimeOrByHand) {
  CoreScenario scene;
  scene.submit(focal_sweep("s", 9));
  const ConnectionId good = scene.connect("good");
  ConnectionId bad = scene.connect("bad");
  for (int i = 0; i < 3; ++i) scene.fail(bad, scene.ask(bad, 1).at(0), FailureClass::kTrainerError);
  for (int i = 0; i < 121; ++i) {
    scene.wait(Duration(5'000));
    scene.heartbeat(good);
    scene.heartbeat(bad);
  }
  const auto probe = scene.ask(bad, 1);
  ASSERT_THAT(probe, SizeIs(1)) << "one more chance after ten minutes";
  scene.fail(bad, probe[0], FailureClass::kTrainerError);
  EXPECT_THAT(scene.ask(bad, 1), IsEmpty()) << "which it did not use";
  scene.control("bad", false);
  bad = scene.connect("bad");
  EXPECT_THAT(scene.ask(bad, 1), SizeIs(1));
}

TEST(Poison, ARunThatKillsAgentsIsGivenUp) {
  CoreScenario scene;
  const SweepId id = scene.submit(small_sweep("s", {}));
  int killed = 0;
  for (; killed < 20 && !scene.status(id).over; ++killed) {
    const ConnectionId agent = scene.connect(hello_of("a", cpu_device(1), "life " + std::to_string(killed)));
    const auto leases = scene.ask(agent, 1);
    if (leases.empty()) continue;
    scene.start(agent, leases[0]);
    scene.disconnect(agent);
  }
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_GT(killed, static_cast<int>(kMostLostRetries));
}

TEST(Checkpoints, GoWithTheNextLease) {
  CoreScenario scene;
  scene.submit(small_sweep("s", {}));
  const ConnectionId first = scene.connect("a");
  const AttemptId lease = scene.ask(first, 1).at(0);
  scene.start(first, lease);
  const BlobRef blob{.sha256 = std::string(64, 'c'), .bytes = 7};
  scene.say(first, {.attempt = lease, .what = CheckpointStored{.blob = blob, .fraction = 0.5}});
  scene.fail(first, lease, FailureClass::kPreempted);
  scene.restart();
  const ConnectionId second = scene.connect("b");
  scene.ask(second, 1);
  const Told told = scene.told(second);
  ASSERT_THAT(told.grants, SizeIs(1));
  EXPECT_EQ(told.grants[0].checkpoint, blob);
}

}  // namespace
}  // namespace evensweep::coordinator

// How a sweep goes from submission to its end: order, treatments, shared runs, failures, resubmission.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/json.h"
#include "coordinator/core/view.h"
#include "tests/scenario/core_scenario.h"
#include "tests/unit/model/examples.h"

namespace evensweep::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<RunKey> runs_of(const std::vector<AttemptId>& attempts) {
  std::vector<RunKey> runs;
  for (const AttemptId& attempt : attempts) runs.push_back(attempt.run);
  return runs;
}

TEST(SweepScenario, TrainsBaselinesFirstThenWhatNeedsNoBaseline) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {tpr_arm(1), focal_arm(2)}, {1, 2}));
  const auto leases = scene.ask(scene.connect("a"), 10);
  ASSERT_THAT(leases, SizeIs(4));
  EXPECT_EQ(leases[0].run, scene.book().run_of(sweep, 0, 0));
  EXPECT_EQ(leases[1].run, scene.book().run_of(sweep, 0, 1));
  EXPECT_EQ(leases[2].run, scene.book().run_of(sweep, 2, 0));
  EXPECT_EQ(leases[3].run, scene.book().run_of(sweep, 2, 1));
  EXPECT_EQ(scene.treatment(leases[0].run), unit_treatment(2));
  EXPECT_EQ(scene.treatment(leases[2].run).focal_gamma, 2);
}

TEST(SweepScenario, TreatsDependentsByTheValidationRatesOfTheirOwnBaseline) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {tpr_arm(1)}, {1, 2}));
  const ConnectionId agent = scene.connect("a");
  const auto baselines = scene.ask(agent, 2);
  scene.succeed(agent, baselines[1], result_text(20, 5));  // TPRs 1 and 1/2
  EXPECT_EQ(scene.book().run_of(sweep, 1, 0), std::nullopt) << "its baseline has not finished";
  const auto dependents = scene.ask(agent, 5);
  ASSERT_THAT(dependents, SizeIs(1));
  EXPECT_EQ(dependents[0].run, scene.book().run_of(sweep, 1, 1));
  // (mean TPR / TPR)^1 = 0.75, 1.5, scaled to a sum of 2.
  const std::vector<double> weights = scene.treatment(dependents[0].run).class_weights;
  ASSERT_THAT(weights, SizeIs(2));
  EXPECT_NEAR(weights[0], 2.0 / 3, 1e-9);
  EXPECT_NEAR(weights[1], 4.0 / 3, 1e-9);
  scene.succeed(agent, dependents[0]);
  EXPECT_FALSE(scene.status(sweep).over);
  scene.succeed(agent, baselines[0]);
  scene.succeed(agent, scene.ask(agent, 5).at(0));
  EXPECT_TRUE(scene.status(sweep).over);
  EXPECT_EQ(scene.status(sweep).trials_finished, 4);
  EXPECT_EQ(scene.status(sweep).runs_trained, 4);
}

TEST(SweepScenario, TrainsEqualTreatmentsOnce) {
  CoreScenario scene;
  // gamma = 0 is the baseline's treatment whatever the baseline gives, in two methods.
  const SweepId sweep = scene.submit(small_sweep("s", {tpr_arm(0), focal_arm(0), tpr_arm(1)}));
  const ConnectionId agent = scene.connect("a");
  const auto baseline = scene.ask(agent, 9);
  ASSERT_THAT(baseline, SizeIs(1));
  scene.succeed(agent, baseline[0]);
  EXPECT_EQ(scene.status(sweep).trials_finished, 3);
  EXPECT_EQ(scene.status(sweep).runs_trained, 1);
  EXPECT_EQ(scene.book().run_of(sweep, 1, 0), baseline[0].run);
  EXPECT_EQ(scene.book().run_of(sweep, 2, 0), baseline[0].run);
  scene.succeed(agent, scene.ask(agent, 9).at(0));
  EXPECT_TRUE(scene.status(sweep).over);
  EXPECT_EQ(scene.book().runs(), 2);
}

TEST(SweepScenario, SharesRunsBetweenSweeps) {
  CoreScenario scene;
  const SweepId first = scene.submit(small_sweep("first", {focal_arm(1)}));
  const SweepId second = scene.submit(small_sweep("second", {focal_arm(2)}));
  const ConnectionId agent = scene.connect("a");
  const auto leases = scene.ask(agent, 9);
  ASSERT_THAT(leases, SizeIs(3));
  for (const AttemptId& lease : leases) scene.succeed(agent, lease);
  for (const SweepId& sweep : {first, second}) {
    EXPECT_TRUE(scene.status(sweep).over);
    EXPECT_EQ(scene.status(sweep).runs_trained, 2);
    EXPECT_EQ(scene.status(sweep).runs_reused, 0);
  }
  const SweepId third = scene.submit(small_sweep("third", {focal_arm(1), tpr_arm(1)}));
  EXPECT_EQ(scene.status(third).runs_reused, 2);
  EXPECT_THAT(runs_of(scene.ask(agent, 9)), ElementsAre(scene.book().run_of(third, 1 + 1, 0)));
}

TEST(SweepScenario, FailsTheTrialWhoseMethodCannotBeApplied) {
  CoreScenario scene;
  Sweep sweep = small_sweep("s", {effective_arm(0.9), tpr_arm(1)});
  sweep.classes.train = {60, 0};
  const SweepId id = scene.submit(sweep);
  ASSERT_TRUE(scene.book().failure_of(id, 1, 0));
  EXPECT_THAT(scene.book().failure_of(id, 1, 0)->message, HasSubstr("class 1 has no training samples"));
  const ConnectionId agent = scene.connect("a");
  scene.succeed(agent, scene.ask(agent, 9).at(0));
  for (const AttemptId& lease : scene.ask(agent, 9)) scene.succeed(agent, lease);
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_EQ(scene.status(id).trials_failed, 1);
}

TEST(SweepScenario, FailsADependentThatCannotBeDecidedFromTheBaseline) {
  CoreScenario scene;
  Sweep sweep = small_sweep("s", {tpr_arm(1)});
  sweep.classes.validation = {20, 0};
  const SweepId id = scene.submit(sweep);
  const ConnectionId agent = scene.connect("a");
  RunResult result = example_result();
  result.validation.counts = {18, 2, 0, 0};
  scene.succeed(agent, scene.ask(agent, 9).at(0), to_json(result).dump());
  EXPECT_TRUE(scene.status(id).over);
  ASSERT_TRUE(scene.book().failure_of(id, 1, 0));
  EXPECT_EQ(scene.book().failure_of(id, 1, 0)->failure, FailureClass::kBadInput);
}

struct RetryCase {
  FailureClass failure;
  int attempts;  // 0: as many as one likes
};

class Retries : public testing::TestWithParam<RetryCase> {};

TEST_P(Retries, EndAfterTheLimitOfTheClass) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {}));
  const ConnectionId agent = scene.connect("a");
  const int most = GetParam().attempts > 0 ? GetParam().attempts : 20;
  for (int i = 1; i <= most; ++i) {
    const auto leases = scene.ask(agent, 1);
    ASSERT_THAT(leases, SizeIs(1)) << "attempt " << i;
    EXPECT_EQ(leases[0].number, i);
    scene.fail(agent, leases[0], GetParam().failure);
    scene.wait(Duration(20'000));  // longer than a machine's runs are held back
  }
  EXPECT_EQ(scene.status(sweep).over, GetParam().attempts > 0);
  EXPECT_THAT(scene.ask(agent, 1), SizeIs(GetParam().attempts > 0 ? 0 : 1));
}

INSTANTIATE_TEST_SUITE_P(Classes, Retries,
                         testing::Values(RetryCase{FailureClass::kTrainerError, 3},
                                         RetryCase{FailureClass::kOutOfMemory, 2},
                                         RetryCase{FailureClass::kDiverged, 1}, RetryCase{FailureClass::kBadInput, 1},
                                         RetryCase{FailureClass::kInfrastructure, 6},
                                         RetryCase{FailureClass::kPreempted, 0}),
                         [](const auto& chosen) { return failure_class_name(chosen.param.failure); });

TEST(SweepScenario, ChargesEachClassOnItsOwn) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {}));
  const ConnectionId agent = scene.connect("a");
  for (const FailureClass failure : {FailureClass::kTrainerError, FailureClass::kOutOfMemory, FailureClass::kPreempted,
                                     FailureClass::kTrainerError, FailureClass::kInfrastructure}) {
    scene.fail(agent, scene.ask(agent, 1).at(0), failure);
    scene.wait(CoreOptions{}.first_backoff);
  }
  EXPECT_FALSE(scene.status(sweep).over);
  scene.fail(agent, scene.ask(agent, 1).at(0), FailureClass::kTrainerError);
  EXPECT_TRUE(scene.status(sweep).over);
}

TEST(SweepScenario, FailsWhatNeedsAFailedBaselineAndNothingElse) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {tpr_arm(1), focal_arm(1), tpr_arm(0)}, {1, 2}));
  const ConnectionId agent = scene.connect("a");
  const auto leases = scene.ask(agent, 9);
  ASSERT_THAT(leases, SizeIs(4));
  scene.fail(agent, leases[0], FailureClass::kDiverged);
  EXPECT_EQ(scene.status(sweep).trials_failed, 3);
  ASSERT_TRUE(scene.book().failure_of(sweep, 1, 0));
  EXPECT_EQ(scene.book().failure_of(sweep, 1, 0)->message, "the baseline of this seed failed: it broke");
  EXPECT_EQ(scene.book().failure_of(sweep, 2, 0), std::nullopt);
  EXPECT_EQ(scene.book().failure_of(sweep, 1, 1), std::nullopt);
  for (size_t i = 1; i < leases.size(); ++i) scene.succeed(agent, leases[i]);
  for (const AttemptId& lease : scene.ask(agent, 9)) scene.succeed(agent, lease);
  EXPECT_TRUE(scene.status(sweep).over);
  EXPECT_EQ(scene.status(sweep).trials_failed, 3);
}

// Fails every attempt of every run until nothing is left to do.
void fail_all(CoreScenario& scene, ConnectionId agent, FailureClass failure) {
  for (auto leases = scene.ask(agent, 9); !leases.empty(); leases = scene.ask(agent, 9))
    for (const AttemptId& lease : leases) scene.fail(agent, lease, failure);
  scene.ask(agent, 0);
}

void succeed_all(CoreScenario& scene, ConnectionId agent) {
  for (auto leases = scene.ask(agent, 9); !leases.empty(); leases = scene.ask(agent, 9))
    for (const AttemptId& lease : leases) scene.succeed(agent, lease);
}

class Resubmission : public testing::TestWithParam<bool> {
 protected:
  // In another process or in the same one.
  void come_again(CoreScenario& scene) {
    if (GetParam()) scene.restart();
  }
};

TEST_P(Resubmission, TriesAgainWhatFailedByAccident) {
  CoreScenario scene;
  const Sweep sweep = small_sweep("s", {tpr_arm(1), focal_arm(1)});
  const SweepId id = scene.submit(sweep);
  fail_all(scene, scene.connect("a"), FailureClass::kTrainerError);
  EXPECT_EQ(scene.status(id).trials_failed, 3);
  come_again(scene);
  scene.submit(sweep);
  EXPECT_EQ(scene.status(id).trials_failed, 0);
  EXPECT_FALSE(scene.status(id).over);
  const ConnectionId agent = scene.connect("a");
  // Its charges are forgiven, its numbers go on.
  const auto leases = scene.ask(agent, 9);
  ASSERT_THAT(leases, SizeIs(2));
  EXPECT_EQ(leases[0].number, 4);
  scene.fail(agent, leases[0], FailureClass::kTrainerError);
  scene.succeed(agent, leases[1]);
  succeed_all(scene, agent);
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_EQ(scene.status(id).trials_finished, 3);
}

TEST_P(Resubmission, LeavesADivergedRunAsItIs) {
  CoreScenario scene;
  const Sweep sweep = small_sweep("s", {tpr_arm(1), focal_arm(1)});
  const SweepId id = scene.submit(sweep);
  fail_all(scene, scene.connect("a"), FailureClass::kDiverged);
  come_again(scene);
  scene.submit(sweep);
  EXPECT_EQ(scene.status(id).trials_failed, 3);
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_THAT(scene.ask(scene.connect("a"), 9), IsEmpty());
}

TEST_P(Resubmission, OfADivergedBaselineLeavesIndependentArmsTheirRuns) {
  CoreScenario scene;
  const Sweep sweep = small_sweep("s", {tpr_arm(1), focal_arm(1)});
  const SweepId id = scene.submit(sweep);
  const ConnectionId agent = scene.connect("a");
  const auto leases = scene.ask(agent, 9);
  scene.fail(agent, leases.at(0), FailureClass::kDiverged);
  scene.succeed(agent, leases.at(1));
  come_again(scene);
  scene.submit(sweep);
  EXPECT_EQ(scene.status(id).trials_finished, 1);
  EXPECT_EQ(scene.status(id).trials_failed, 2);
  EXPECT_TRUE(scene.status(id).over);
}

TEST_P(Resubmission, OfAFinishedSweepTrainsNothing) {
  CoreScenario scene;
  const Sweep sweep = small_sweep("s", {tpr_arm(1), focal_arm(1)});
  const SweepId id = scene.submit(sweep);
  succeed_all(scene, scene.connect("a"));
  const uint64_t grants = scene.book().grants();
  come_again(scene);
  scene.submit(sweep);
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_THAT(scene.ask(scene.connect("a"), 9), IsEmpty());
  EXPECT_EQ(scene.book().grants(), grants);
}

INSTANTIATE_TEST_SUITE_P(Processes, Resubmission, testing::Bool(),
                         [](const auto& chosen) { return chosen.param ? "Another" : "TheSame"; });

TEST(SweepScenario, ReopensASharedRunForBothSweeps) {
  CoreScenario scene;
  const SweepId first = scene.submit(small_sweep("first", {tpr_arm(1)}));
  const ConnectionId agent = scene.connect("a");
  fail_all(scene, agent, FailureClass::kTrainerError);
  EXPECT_EQ(scene.status(first).trials_failed, 2);
  const SweepId second = scene.submit(small_sweep("second", {focal_arm(1)}));
  EXPECT_EQ(scene.status(first).trials_failed, 0) << "its baseline is tried again, since the second sweep asks for it";
  succeed_all(scene, agent);
  EXPECT_EQ(scene.status(first).trials_finished, 2);
  EXPECT_EQ(scene.status(second).trials_finished, 2);
}

TEST(SweepScenario, AnswersForNoUnknownSweep) {
  CoreScenario scene;
  EXPECT_EQ(scene.core().status(SweepId("nothing")), std::nullopt);
}

TEST(SweepScenario, ShowsWhatAgentsHoldAndWhatIsNext) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {tpr_arm(1), focal_arm(2)}, {1, 2}));
  const CoreView view(scene.core());
  EXPECT_THAT(view.turns(), ElementsAre(0u));
  EXPECT_EQ(view.ready(0), 4u);
  const ConnectionId agent = scene.connect("a");
  scene.start(agent, scene.ask(agent, 2).front());
  const std::vector<LeaseView> held = view.held(10);
  ASSERT_THAT(held, SizeIs(2));
  EXPECT_EQ(held[0].agent, AgentId("a"));
  EXPECT_EQ(held[0].trial.sweep, sweep);
  EXPECT_EQ(held[0].trial.state, TrialState::kRunning);
  EXPECT_EQ(held[1].trial.state, TrialState::kLeased);
  EXPECT_THAT(view.held(1), SizeIs(1));
  const std::vector<TrialId> next = view.next_ready(0, 1);
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(next[0], (TrialId{.sweep = 0, .arm = 2, .seed = 0})) << "both baselines are given out";
  scene.control(sweep, SweepAction::kPause);
  EXPECT_THAT(view.turns(), IsEmpty());
}

TEST(SweepScenario, TellsTheAuditLogWhoDidWhat) {
  Core core({});
  std::vector<std::string> told;
  const auto note = [&](const Event& event) {
    for (const Record& record : core.handle(TimePoint{}, event).records)
      if (const auto* row = std::get_if<Audited>(&record))
        told.push_back(row->who + " " + row->what + " " + row->subject + ": " + row->outcome);
  };
  const Sweep sweep = small_sweep("s", {focal_arm(2)}, {1, 2});
  const SweepId id = sweep_id(sweep);
  note(SweepSubmitted{.id = id, .sweep = sweep, .who = "a"});
  note(SweepControlled{.sweep = id, .action = SweepAction::kPause, .request = "r", .who = "b"});
  note(SweepControlled{.sweep = id, .action = SweepAction::kPause, .request = "r", .who = "b"});
  note(SweepControlled{.sweep = SweepId("other"), .action = SweepAction::kPause, .who = "b"});
  note(SweepControlled{.sweep = id, .action = SweepAction::kRetryFailed, .who = "b"});
  note(AgentControlled{.agent = AgentId("m"), .draining = true, .who = "c"});
  note(SweepControlled{.sweep = id, .action = SweepAction::kResume});
  EXPECT_THAT(told, ElementsAre("a submit " + id.str() + ": 4 trials", "b pause " + id.str() + ": done",
                                "b retry " + id.str() + ": 0 trials are tried again", "c drain m: done"))
      << "once what was asked twice, nothing of what was not done or that nobody did";
}

}  // namespace
}  // namespace evensweep::coordinator

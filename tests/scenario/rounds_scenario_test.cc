// Methods of several rounds: each is decided from the counts of the one before, and arms share what is equal.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/expand.h"
#include "coordinator/core/plan.h"
#include "tests/scenario/core_scenario.h"

namespace evensweep::coordinator {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Arm rounds_arm(double gamma, double rounds) {
  Arm arm = tpr_arm(gamma);
  if (rounds > 1) arm.parameters["rounds"] = rounds;
  return arm;
}

// Trains whatever is to be had, always with this result; gives the runs in their order.
std::vector<RunKey> train_all(CoreScenario& scene, ConnectionId agent, const std::string& result) {
  std::vector<RunKey> trained;
  for (auto leases = scene.ask(agent, 9); !leases.empty(); leases = scene.ask(agent, 9)) {
    for (const AttemptId& lease : leases) {
      trained.push_back(lease.run);
      scene.succeed(agent, lease, result);
    }
  }
  return trained;
}

TEST(Rounds, EachIsTreatedByTheRatesOfTheOneBefore) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {rounds_arm(1, 3)}));
  const ConnectionId agent = scene.connect("a");
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(20, 5));  // TPRs 1 and 1/2: weights 2/3, 4/3
  const AttemptId first = scene.ask(agent, 9).at(0);
  EXPECT_NEAR(scene.treatment(first.run).class_weights[0], 2.0 / 3, 1e-9);
  EXPECT_EQ(scene.book().run_of(sweep, 1, 0), std::nullopt) << "the trial's run is the last one";
  scene.succeed(agent, first, result_text(10, 10));  // 1/2 and 1
  const AttemptId second = scene.ask(agent, 9).at(0);
  EXPECT_NEAR(scene.treatment(second.run).class_weights[0], 4.0 / 3, 1e-9);
  EXPECT_FALSE(scene.status(sweep).over);
  scene.succeed(agent, second, result_text(16, 4));  // 4/5 and 2/5
  // The baseline's rates up to a factor: the same weights, which were trained in the first round.
  EXPECT_THAT(scene.ask(agent, 9), IsEmpty());
  EXPECT_EQ(scene.book().run_of(sweep, 1, 0), first.run);
  EXPECT_TRUE(scene.status(sweep).over);
}

TEST(Rounds, ShareRunsWithArmsOfFewerRounds) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {rounds_arm(1, 3), rounds_arm(1, 1), rounds_arm(1, 2)}));
  const ConnectionId agent = scene.connect("a");
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(18, 5));
  int trained = 1;
  const std::vector<std::string> results = {result_text(17, 6), result_text(16, 7), result_text(15, 8)};
  for (const std::string& result : results) {
    const auto leases = scene.ask(agent, 9);
    ASSERT_THAT(leases, SizeIs(1)) << "one training for all arms that are in this round";
    scene.succeed(agent, leases[0], result);
    ++trained;
  }
  EXPECT_TRUE(scene.status(sweep).over);
  EXPECT_EQ(scene.status(sweep).trials_finished, 4);
  EXPECT_EQ(scene.status(sweep).runs_trained, trained);
}

TEST(Rounds, OfEqualTreatmentsEndWithoutAnotherTraining) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {rounds_arm(1, 4)}));
  const std::vector<RunKey> trained = train_all(scene, scene.connect("a"), result_text(20, 5));
  EXPECT_THAT(trained, SizeIs(2)) << "the rates never change, so neither do the weights";
  EXPECT_TRUE(scene.status(sweep).over);
  EXPECT_EQ(scene.book().run_of(sweep, 1, 0), trained[1]);
}

TEST(Rounds, GoOnAfterARestart) {
  const Sweep sweep = small_sweep("s", {rounds_arm(1, 3)});
  CoreScenario scene;
  const SweepId id = scene.submit(sweep);
  ConnectionId agent = scene.connect("a");
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(18, 5));
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(17, 6));
  scene.restart();
  EXPECT_EQ(scene.status(id).runs_reused + scene.status(id).runs_trained, 2);
  agent = scene.connect("a");
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(16, 7));
  EXPECT_FALSE(scene.status(id).over);
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(15, 8));
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_EQ(scene.status(id).trials_finished, 2);
}

TEST(Rounds, AFailureOfOneFailsTheTrialUntilTheSweepIsSubmittedAgain) {
  const Sweep sweep = small_sweep("s", {rounds_arm(1, 2), rounds_arm(1, 1)});
  CoreScenario scene;
  const SweepId id = scene.submit(sweep);
  const ConnectionId agent = scene.connect("a");
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(18, 5));
  scene.fail(agent, scene.ask(agent, 9).at(0), FailureClass::kBadInput);
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_EQ(scene.status(id).trials_failed, 2) << "that of the round alone, and that of the arm it is shared with";
  EXPECT_THAT(scene.book().failure_of(id, 1, 0)->message, HasSubstr("round 1 of this seed failed"));
  scene.submit(sweep);
  EXPECT_EQ(scene.status(id).trials_failed, 0);
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(17, 6));
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(16, 7));
  EXPECT_TRUE(scene.status(id).over);
  EXPECT_EQ(scene.status(id).trials_finished, 3);
}

TEST(Rounds, NameTheRunBeforeTheLast) {
  CoreScenario scene;
  scene.submit(small_sweep("s", {rounds_arm(1, 2)}));
  const ConnectionId agent = scene.connect("a");
  scene.succeed(agent, scene.ask(agent, 9).at(0), result_text(18, 5));
  const AttemptId first = scene.ask(agent, 9).at(0);
  scene.take_records();
  scene.succeed(agent, first, result_text(17, 6));
  std::vector<std::string> notes;
  for (const Record& record : scene.take_records())
    if (const auto* resolved = std::get_if<TrialResolved>(&record)) notes = resolved->notes;
  EXPECT_THAT(notes, testing::Contains("treated by the TPRs of round 1, run " + first.run.str()));
}

// What a sweep of rounds would train when only its baselines are there.
Plan planned(const Sweep& sweep, bool baselines) {
  return *plan(sweep, [&](const RunKey& run) -> StatusOr<std::optional<RunResult>> {
    for (const uint64_t seed : sweep.seeds)
      if (baselines && run == run_key(make_run_spec(sweep, seed, unit_treatment(2)))) {
        RunResult result = example_result();
        result.validation.counts = {18, 2, 5, 5};
        return result;
      }
    return std::nullopt;
  });
}

TEST(Rounds, ArePlannedOnceForAllArms) {
  const Sweep rising = small_sweep("s", {rounds_arm(1, 1), rounds_arm(1, 2), rounds_arm(1, 3)}, {1, 2});
  const Sweep falling = small_sweep("s", {rounds_arm(1, 3), rounds_arm(1, 2), rounds_arm(1, 1)}, {1, 2});
  for (const bool baselines : {false, true}) {
    const Plan up = planned(rising, baselines), down = planned(falling, baselines);
    EXPECT_EQ(up.runs_to_train, (baselines ? 0u : 2u) + 6u);
    EXPECT_EQ(down.runs_to_train, up.runs_to_train);
    EXPECT_EQ(up.runs_trained, baselines ? 2u : 0u);
    for (size_t arm : {1, 2, 3}) {
      EXPECT_EQ(up.arms[arm].to_train, 2u) << arm;
      EXPECT_EQ(up.arms[arm].earlier_rounds, 0u) << "the arm above trains them";
      EXPECT_EQ(down.arms[arm].shared, arm == 1 ? 0u : 2u) << arm;
    }
    EXPECT_EQ(down.arms[1].earlier_rounds, 4u);
  }
}

TEST(Controls, AreRunsOfTheirOwn) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(small_sweep("s", {{"twin", {}, {}}, {"reseed", {}, {}}, {"same_cost", {}, {}}}));
  const std::vector<RunKey> trained = train_all(scene, scene.connect("a"), result_text());
  EXPECT_THAT(trained, SizeIs(4));
  EXPECT_TRUE(scene.status(sweep).over);
  const auto spec = [&](uint32_t arm) {
    return *parse_run_spec(scene.book().spec(*scene.book().run_of(sweep, arm, 0)));
  };
  EXPECT_EQ(spec(1).replicate, 1u);
  EXPECT_TRUE(spec(2).training_seed);
  EXPECT_EQ(spec(2).seed, spec(0).seed);
  EXPECT_EQ(spec(3).training.epochs, 2 * spec(0).training.epochs);
}

}  // namespace
}  // namespace evensweep::coordinator

// Sweeps with selection and stopping: what is asked for when, what is left out, and what a restart changes: nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/model/json.h"
#include "tests/scenario/core_scenario.h"

namespace evensweep::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// What a run gives, by its focal gamma (0: the baseline) and its seed.
using Truth = std::function<std::string(double gamma, uint64_t seed)>;

// The baseline hits 19 or 18 of 20 and 4 of 10. Gamma 2 evens that out, more or less; the others do worse.
std::string truth(double gamma, uint64_t seed) {
  const auto wobble = static_cast<int64_t>(seed % 2);
  if (gamma == 0) return even_result_text(19 - wobble, 4);
  return gamma == 2 ? even_result_text(18, 8 + wobble) : even_result_text(19, 2 + wobble);
}

// Trains until nothing is left to grant, at most `most` runs; gives how many there were.
int train(CoreScenario& scene, ConnectionId agent, const Truth& results = truth, int most = 1000) {
  int trained = 0;
  while (trained < most) {
    const auto leases = scene.ask(agent, 1);
    if (leases.empty()) break;
    for (const AttemptId& lease : leases) {  // one may be of a credit that was left
      const RunSpec spec = parse_run_spec(scene.book().spec(lease.run)).value();
      scene.succeed(agent, lease, results(spec.treatment.focal_gamma, spec.seed));
      ++trained;
    }
  }
  return trained;
}

Sweep selecting_sweep(int64_t keep) {
  Sweep sweep = small_sweep("selecting", {focal_arm(1), focal_arm(2), tpr_arm(1)}, {1, 2, 3});
  sweep.analysis.selection = SelectionSpec{.seeds = {101, 102}, .keep = keep};
  return sweep;
}

TEST(StagesScenario, AsksForTheSeedsUpToTheFirstLookAlone) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(stopping_sweep("s", {1, 2}, {6, 8}));
  EXPECT_EQ(scene.status(sweep).trials, 3 * 8);
  EXPECT_EQ(scene.status(sweep).trials_not_needed, 0);
  EXPECT_THAT(scene.ask(scene.connect("a"), 100), SizeIs(3 * 6));
}

TEST(StagesScenario, TrainsNothingMoreOfAnArmThatIsDecided) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(stopping_sweep("s", {1, 2}, {6, 8}));
  EXPECT_EQ(train(scene, scene.connect("a")), 3 * 6) << "one arm is effective, the other one futile";
  const SweepStatus status = scene.status(sweep);
  EXPECT_TRUE(status.over);
  EXPECT_EQ(status.trials_finished, 18);
  EXPECT_EQ(status.trials_not_needed, 6);
  ASSERT_THAT(scene.book().decisions(sweep), SizeIs(1));
  EXPECT_EQ(scene.book().decisions(sweep)[0].arms[0].fate, ArmFate::kFutile);
  EXPECT_EQ(scene.book().decisions(sweep)[0].arms[1].fate, ArmFate::kEffective);
}

TEST(StagesScenario, GoesOnWithTheBaselineAndTheArmsThatAreOpen) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(stopping_sweep("s", {1, 2}, {3, 6, 8}));
  const ConnectionId agent = scene.connect("a");
  EXPECT_EQ(train(scene, agent), 3 * 3 + 2 * 3) << "2^-3 is too much to find anything effective";
  EXPECT_EQ(scene.book().run_of(sweep, 1, 3), std::nullopt) << "the futile arm has no fourth seed";
  EXPECT_NE(scene.book().run_of(sweep, 2, 3), std::nullopt);
  EXPECT_EQ(scene.status(sweep).trials_not_needed, 5 + 2 + 2);
  EXPECT_TRUE(scene.status(sweep).over);
}

TEST(StagesScenario, WaitsForTheLastTrainingOfAStage) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(stopping_sweep("s", {1, 2}, {6, 8}));
  const ConnectionId agent = scene.connect("a");
  EXPECT_EQ(train(scene, agent, truth, 17), 17);
  const auto last = scene.ask(agent, 1);
  EXPECT_THAT(scene.book().decisions(sweep), IsEmpty());
  scene.succeed(agent, last.at(0), truth(1, 6));
  EXPECT_THAT(scene.book().decisions(sweep), SizeIs(1));
}

TEST(StagesScenario, TakesAFailedTrainingForEndedAndNeverDecidesTwice) {
  CoreScenario scene;
  const Sweep sweep = stopping_sweep("s", {1, 2}, {6, 8});
  const SweepId id = scene.submit(sweep);
  const ConnectionId agent = scene.connect("a");
  const auto broken = scene.ask(agent, 1);  // the baseline of the first seed
  scene.fail(agent, broken.at(0), FailureClass::kBadInput);
  train(scene, agent);
  ASSERT_FALSE(scene.book().decisions(id).empty());
  const DesignDecision first = scene.book().decisions(id)[0];
  EXPECT_THAT(first.blocks, ElementsAre(2, 3, 4, 5, 6));
  scene.submit(sweep);  // asks for what failed once more, but not where it is decided
  EXPECT_EQ(train(scene, agent), 0);
  EXPECT_EQ(to_json(scene.book().decisions(id)[0]), to_json(first));
}

TEST(StagesScenario, SelectsByValidationOnSeedsOfTheirOwn) {
  CoreScenario scene;
  const SweepId sweep = scene.submit(selecting_sweep(1));
  const ConnectionId agent = scene.connect("a");
  EXPECT_EQ(train(scene, agent), 4 * 2 + 2 * 3);
  EXPECT_TRUE(scene.status(sweep).over);
  EXPECT_EQ(scene.status(sweep).trials, 4 * 5);
  EXPECT_EQ(scene.status(sweep).trials_not_needed, 2 * 3);
  EXPECT_NE(scene.book().run_of(sweep, 2, 0), std::nullopt);
  EXPECT_EQ(scene.book().run_of(sweep, 1, 0), std::nullopt);
  ASSERT_THAT(scene.book().decisions(sweep), SizeIs(1));
  EXPECT_EQ(scene.book().decisions(sweep)[0].kind, StageKind::kSelection);
  EXPECT_EQ(scene.book().decisions(sweep)[0].blocks, (std::vector<uint64_t>{101, 102}));
}

TEST(StagesScenario, TrainsNothingAgainForAnotherDesign) {
  CoreScenario scene;
  const ConnectionId agent = scene.connect("a");
  scene.submit(stopping_sweep("s", {1, 2}, {6, 8}));
  train(scene, agent);
  Sweep fixed = stopping_sweep("s", {1, 2}, {6, 8});
  fixed.analysis.stopping.reset();
  const SweepId id = scene.submit(fixed);
  EXPECT_EQ(train(scene, agent), 6);
  EXPECT_EQ(scene.status(id).runs_reused, 18);
  EXPECT_TRUE(scene.status(id).over);
}

// Restarted after every so many trainings, it makes the same decisions and trains each run once.
TEST(StagesScenario, DecidesTheSameWhereverItIsRestarted) {
  Sweep sweep = stopping_sweep("s", {1, 2, 3}, {3, 5, 6, 8});
  sweep.arms.push_back(tpr_arm(1));
  sweep.analysis.selection = SelectionSpec{.seeds = {101, 102, 103, 104, 105, 106, 107}, .keep = 2, .racing = true};
  CoreScenario undisturbed;
  const SweepId id = undisturbed.submit(sweep);
  const int runs = train(undisturbed, undisturbed.connect("a"));
  EXPECT_TRUE(undisturbed.status(id).over);
  for (int every = 1; every <= 7; ++every) {
    CoreScenario scene;
    int trained = 0;
    for (int life = 0; life < 100; ++life) {
      scene.submit(sweep);
      if (scene.status(id).over) break;
      trained += train(scene, scene.connect("a" + std::to_string(life)), truth, every);
      scene.restart();
    }
    scene.submit(sweep);
    EXPECT_TRUE(scene.status(id).over);
    EXPECT_EQ(trained, runs);
    ASSERT_EQ(scene.book().decisions(id).size(), undisturbed.book().decisions(id).size());
    for (size_t i = 0; i < scene.book().decisions(id).size(); ++i)
      EXPECT_EQ(to_json(scene.book().decisions(id)[i]), to_json(undisturbed.book().decisions(id)[i]));
  }
}

}  // namespace
}  // namespace evensweep::coordinator

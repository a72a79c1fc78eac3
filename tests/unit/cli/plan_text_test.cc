#include "cli/plan_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/model/expand.h"
#include "common/model/json.h"
#include "tests/unit/model/examples.h"

namespace evensweep {
namespace {

using testing::HasSubstr;
using testing::Not;

// Twelve seeds and two arms; the first `trained` seeds, at most three, are trained.
struct Example {
  explicit Example(size_t trained) {
    sweep.analysis.correction = "holm";
    sweep.classes.test = {40, 40};
    sweep.seeds.clear();
    for (uint64_t seed = 0; seed < 12; ++seed) sweep.seeds.push_back(seed);
    std::set<RunKey> baselines;
    for (size_t b = 0; b < trained; ++b)
      baselines.insert(run_key(make_run_spec(sweep, sweep.seeds[b], unit_treatment(2))));
    std::vector<int64_t> gains = {0, 1, 6, 2, 12, 3};  // of three seeds, two arms each
    gains.resize(2 * trained);
    size_t next = 0;
    const coordinator::FinishedRun finished = [&](const RunKey& run) -> StatusOr<std::optional<RunResult>> {
      RunResult result = example_result();
      result.validation.counts = {18, 2, 4, 6};
      result.test = {.classes = 2, .counts = {38, 2, 20, 20}};
      if (baselines.contains(run)) return result;
      if (next == gains.size()) return std::nullopt;
      const int64_t gain = gains[next++];
      result.test.counts = {36, 4, 20 - gain, 20 + gain};
      return result;
    };
    plan = *coordinator::plan(sweep, finished);
    prospect = prospect_of(sweep, plan);
  }

  Sweep sweep = example_sweep();
  coordinator::Plan plan;
  Prospect prospect;
};

TEST(PlanText, SaysBeforeTrainingWhatTheDesignCanShow) {
  const Example none(0);
  const std::string text = plan_table(none.sweep, none.plan, none.prospect);
  EXPECT_THAT(text, HasSubstr("3 arms x 12 seeds = 36 trials"));
  EXPECT_THAT(text, HasSubstr("36 runs to train, 0 already trained"));
  EXPECT_THAT(text, HasSubstr("With 12 seeds and 2 arms to compare, at alpha 0.05 (holm)"));
  EXPECT_THAT(text, HasSubstr("smallest adjusted p  0.00049"));  // 2 / 2^12
  EXPECT_THAT(text, HasSubstr("0.77 sd of D_u over the seeds for one arm alone, 0.89 at alpha/2"));
  EXPECT_THAT(text, Not(HasSubstr("So far")));
}

TEST(PlanText, WarnsOfADesignThatCanShowNothing) {
  Example few(0);
  few.sweep.seeds.resize(4);
  few.prospect = prospect_of(few.sweep, few.plan);
  const std::string text = plan_table(few.sweep, few.plan, few.prospect);
  EXPECT_THAT(text, HasSubstr("nothing can be shown with fewer than 6 seeds"));
  few.sweep.seeds.resize(1);
  few.prospect = prospect_of(few.sweep, few.plan);
  EXPECT_THAT(plan_table(few.sweep, few.plan, few.prospect), HasSubstr("With 1 seed and"));
}

TEST(PlanText, SaysWhenNothingIsCompared) {
  Example none(0);
  none.sweep.arms.clear();
  none.plan.arms.resize(1);
  none.prospect = prospect_of(none.sweep, none.plan);
  EXPECT_THAT(plan_table(none.sweep, none.plan, none.prospect), HasSubstr("there is nothing to compare"));
}

TEST(PlanText, ReadsAPilotOutOfWhatIsTrained) {
  const Example pilot(3);
  EXPECT_EQ(pilot.plan.known.trials.size(), 36u);
  EXPECT_EQ(pilot.plan.known.runs.size(), 9u);
  for (const auto& [key, run] : pilot.plan.known.runs) EXPECT_TRUE(run.result->test_predictions.empty());
  ASSERT_EQ(pilot.prospect.pilot.size(), 2u);
  const std::string text = plan_table(pilot.sweep, pilot.plan, pilot.prospect);
  EXPECT_THAT(text, HasSubstr("So far"));
  const PilotArm& arm = pilot.prospect.pilot[0];
  EXPECT_EQ(arm.d.n, 3);
  EXPECT_THAT(text, HasSubstr("\n" + arm.arm + " "));
  EXPECT_THAT(text, HasSubstr(std::to_string(*arm.seeds) + " to " + std::to_string(*arm.seeds_at_limit) + "\n"));
}

TEST(PlanText, HasTheSameNumbersInItsJson) {
  const Example pilot(3);
  const Json json = Json::parse(plan_json(pilot.sweep, pilot.plan, pilot.prospect));
  EXPECT_EQ(json.at("schema"), "evensweep-plan");
  EXPECT_EQ(json.at("reach").at("family"), 2);
  EXPECT_EQ(json.at("reach").at("smallest_p"), 2.0 / 4096);
  EXPECT_EQ(json.at("reach").at("detectable_dz"), *pilot.prospect.reach.detectable);
  EXPECT_EQ(json.at("pilot").at(0).at("seeds_needed"), *pilot.prospect.pilot[0].seeds);
  EXPECT_EQ(json.at("pilot").at(0).at("mean"), pilot.prospect.pilot[0].d.mean);
  EXPECT_EQ(Json::parse(plan_json(Example(0).sweep, Example(0).plan, Example(0).prospect)).at("pilot"), Json::array());
}

TEST(PlanText, SaysWhatStoppingAndSelectionSave) {
  Example example(2);
  AnalysisSpec& analysis = example.sweep.analysis;
  analysis.selection = SelectionSpec{.seeds = {100, 101, 102}, .keep = 1, .racing = true};
  analysis.stopping = StoppingSpec{.looks = {4, 8, 12}};
  const coordinator::FinishedRun none = [](const RunKey&) { return std::optional<RunResult>(); };
  const coordinator::Plan plan = *coordinator::plan(example.sweep, none);
  const Prospect prospect = prospect_of(example.sweep, plan, {.seconds_per_run = 90});
  EXPECT_EQ(plan.trials, 3 * 15);
  EXPECT_EQ(prospect.reach.family, 1) << "one arm is confirmed";
  ASSERT_TRUE(prospect.trainings);
  EXPECT_LT(prospect.trainings->none, 3 * 3 + 2 * 12);
  EXPECT_GT(prospect.trainings->none, 3 * 3 + 2 * 4 - 1);
  const std::string text = plan_table(example.sweep, plan, prospect);
  EXPECT_THAT(text, HasSubstr("3 arms x (12 + 3 selection) seeds = 45 trials"));
  EXPECT_THAT(text, HasSubstr("selection            1 of the arms on 3 seeds, racing, by validation data"));
  EXPECT_THAT(text, HasSubstr("group_sequential, looks after 4, 8, 12 seeds"));
  EXPECT_THAT(text, HasSubstr("if no arm has an effect"));
  EXPECT_THAT(text, HasSubstr("45, 1.1 hours"));
  EXPECT_THAT(text, HasSubstr("at 90 seconds a run"));
  const Json json = Json::parse(plan_json(example.sweep, plan, prospect));
  EXPECT_EQ(json["plan_sha256"], plan_hash(example.sweep));
  EXPECT_DOUBLE_EQ(json["cost"]["most_hours"].get<double>(), 45 * 90 / 3600.0);
  EXPECT_GT(json["cost"]["expected_trainings_quarter"], json["cost"]["expected_trainings_no_effect"]);
}

TEST(PlanText, TakesRunTimesAndSpreadFromAnotherSweep) {
  const Example trained(3), fresh(0);
  const Prospect prospect = prospect_of(fresh.sweep, fresh.plan, {.results = trained.plan.known});
  EXPECT_EQ(prospect.pilot.size(), 2);
  EXPECT_EQ(prospect.seconds_per_run, 1.75);
  EXPECT_EQ(fresh.prospect.seconds_per_run, std::nullopt);
}

}  // namespace
}  // namespace evensweep

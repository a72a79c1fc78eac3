#include "common/model/expand.h"

#include <gtest/gtest.h>

#include "common/model/run_spec_text.h"
#include "tests/unit/model/examples.h"

namespace evensweep {
namespace {

TEST(Expand, TheBaselineIsArmZero) {
  const Sweep sweep = example_sweep();
  EXPECT_EQ(arm_name(arm_of_trial(sweep, 0)), kBaseline);
  EXPECT_EQ(arm_of_trial(sweep, 1), sweep.arms[0]);
  EXPECT_EQ(arm_of_trial(sweep, 2), sweep.arms[1]);
}

TEST(Expand, TheUnitTreatmentLeavesTheLossAlone) {
  const Treatment treatment = unit_treatment(3);
  EXPECT_EQ(treatment.class_weights, (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(treatment.focal_gamma, 0);
}

TEST(Expand, RunsOfABlockDifferInTheirTreatmentAlone) {
  const Sweep sweep = example_sweep();
  Json baseline = to_json(make_run_spec(sweep, 1, unit_treatment(2)));
  Json weighted = to_json(make_run_spec(sweep, 1, {.class_weights = {0.5, 1.5}, .focal_gamma = 0}));
  EXPECT_NE(baseline, weighted);
  baseline.erase("treatment");
  weighted.erase("treatment");
  EXPECT_EQ(baseline, weighted);
  EXPECT_EQ(baseline["seed"], 1);
  EXPECT_EQ(baseline["trainer"], kTrainerNumerics);
}

TEST(MakeRunSpec, VariesWhatAControlAsksFor) {
  const Sweep sweep = example_sweep();
  const RunSpec spec = make_run_spec(sweep, 1, unit_treatment(2), {.replicate = 1, .training_seed = 5, .trainings = 2});
  EXPECT_EQ(spec.training.epochs, 2 * sweep.training.epochs);
  EXPECT_EQ(spec.replicate, 1u);
  EXPECT_EQ(spec.seed, 1u) << "the rows are divided as before";
  EXPECT_EQ(spec.chance(), 5u);
}

TEST(RunSpecText, WritesWhatTheSpecItselfWouldWrite) {
  const Sweep sweep = example_sweep();
  const RunSpecText writer(sweep);
  const Treatment plain = unit_treatment(2);
  const Treatment weighted{.class_weights = {0.5, 1.5}, .focal_gamma = 2};
  for (const Treatment& treatment : {plain, weighted})
    for (const Variation& variation :
         {Variation{}, Variation{.replicate = 3}, Variation{.training_seed = UINT64_MAX}, Variation{.trainings = 2}}) {
      const RunSpecText::Written written = writer.write(UINT64_MAX, treatment, variation);
      EXPECT_EQ(written.text, to_json(make_run_spec(sweep, UINT64_MAX, treatment, variation)).dump());
      EXPECT_EQ(*join_run_spec(written.parts.base, written.parts.part), written.text);
    }
}

TEST(RunSpecText, ComesTogetherAgainByteForByte) {
  const Sweep sweep = example_sweep();
  const RunSpecText::Written written =
      RunSpecText(sweep).write(UINT64_MAX, {.class_weights = {0.1, 1.0 / 3}, .focal_gamma = 0}, {.replicate = 1});
  const StatusOr<RunSpecParts> parts = split_run_spec(written.text);
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->base, written.parts.base);
  EXPECT_EQ(parts->part, written.parts.part);
  EXPECT_EQ(*join_run_spec(parts->base, parts->part), written.text);
  EXPECT_EQ(RunSpecText(sweep).write(1, unit_treatment(2), {}).parts.base, parts->base)
      << "runs of a sweep share their base";
  EXPECT_FALSE(split_run_spec("[]").ok());
  EXPECT_FALSE(join_run_spec("{}", "7").ok());
}

}  // namespace
}  // namespace evensweep

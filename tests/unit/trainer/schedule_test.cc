#include "agent/trainer/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

namespace evensweep {
namespace {

constexpr int64_t kStepsPerEpoch = 10;
constexpr int64_t kTotal = 100;

double at_step(const ScheduleSpec& schedule, int64_t step) {
  return learning_rate({.lr = 0.4}, schedule, step, kStepsPerEpoch, kTotal);
}

TEST(Schedule, ConstantStays) {
  EXPECT_EQ(at_step({.name = "constant"}, 0), 0.4);
  EXPECT_EQ(at_step({.name = "constant"}, 99), 0.4);
}

TEST(Schedule, CosineStartsAtTheLearningRateAndIsHalfWayInTheMiddle) {
  const ScheduleSpec schedule{.name = "cosine", .min_factor = 0.5};
  EXPECT_DOUBLE_EQ(at_step(schedule, 0), 0.4);
  EXPECT_DOUBLE_EQ(at_step(schedule, 50), 0.3);
  EXPECT_DOUBLE_EQ(at_step(schedule, 25), 0.2 + 0.2 * (1 + std::sqrt(0.5)) / 2);
}

TEST(Schedule, OneCycleRisesToTheLearningRateAndEndsAtItsLeast) {
  const ScheduleSpec schedule{.name = "one_cycle", .warmup_fraction = 0.2, .min_factor = 0.1};
  EXPECT_DOUBLE_EQ(at_step(schedule, 0), 0.4 / 20);
  EXPECT_DOUBLE_EQ(at_step(schedule, 9), 0.2);
  EXPECT_DOUBLE_EQ(at_step(schedule, 19), 0.4);
  EXPECT_DOUBLE_EQ(at_step(schedule, 20), 0.4);
  EXPECT_DOUBLE_EQ(at_step(schedule, 99), 0.04);
  for (int64_t step = 1; step < kTotal; ++step)
    EXPECT_EQ(at_step(schedule, step) >= at_step(schedule, step - 1), step <= 20) << "step " << step;
}

TEST(Schedule, OneCycleWithoutWarmupOrOfWarmupAloneIsDefined) {
  EXPECT_DOUBLE_EQ(at_step({.name = "one_cycle"}, 0), 0.4);
  EXPECT_DOUBLE_EQ(at_step({.name = "one_cycle", .warmup_fraction = 1}, 99), 0.4);
}

TEST(Schedule, StepDecaysEverySoManyEpochs) {
  const ScheduleSpec schedule{.name = "step", .every = 3, .factor = 0.1};
  EXPECT_DOUBLE_EQ(at_step(schedule, 29), 0.4);
  EXPECT_DOUBLE_EQ(at_step(schedule, 30), 0.04);
  EXPECT_DOUBLE_EQ(at_step(schedule, 99), 0.4e-3);
}

TEST(Schedule, ExponentialDecaysEverySoManySteps) {
  const ScheduleSpec schedule{.name = "exponential", .every = 40, .factor = 0.925};
  EXPECT_DOUBLE_EQ(at_step(schedule, 39), 0.4);
  EXPECT_DOUBLE_EQ(at_step(schedule, 40), 0.4 * 0.925);
  EXPECT_DOUBLE_EQ(at_step(schedule, 80), 0.4 * 0.925 * 0.925);
}

}  // namespace
}  // namespace evensweep

#include "common/wire/status_codec.h"

#include <gtest/gtest.h>

namespace evensweep {
namespace {

TEST(StatusCodec, CarriesEveryField) {
  const SweepStatus status{.trials = 1,
                           .trials_finished = 2,
                           .trials_failed = 3,
                           .trials_not_needed = 11,
                           .runs_trained = 4,
                           .runs_reused = 5,
                           .running = 6,
                           .running_fraction = 7.5,
                           .examples_per_second = 8.5,
                           .agents = 9,
                           .over = true,
                           .phase = SweepPhase::kCancelled};
  v1::SweepStatus read;
  ASSERT_TRUE(read.ParseFromString(encode(status).SerializeAsString()));
  const SweepStatus back = decode(read);
  EXPECT_EQ(back.trials, 1);
  EXPECT_EQ(back.trials_finished, 2);
  EXPECT_EQ(back.trials_failed, 3);
  EXPECT_EQ(back.trials_not_needed, 11);
  EXPECT_EQ(back.runs_trained, 4);
  EXPECT_EQ(back.runs_reused, 5);
  EXPECT_EQ(back.running, 6);
  EXPECT_EQ(back.running_fraction, 7.5);
  EXPECT_EQ(back.examples_per_second, 8.5);
  EXPECT_EQ(back.agents, 9);
  EXPECT_TRUE(back.over);
  EXPECT_EQ(back.phase, SweepPhase::kCancelled);
}

}  // namespace
}  // namespace evensweep

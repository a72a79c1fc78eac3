#include "cli/views_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text_table.h"
#include "common/model/views_json.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kNow = 1'764'000'000'000;

SweepView some_sweep() {
  return {.id = SweepId("4f2a11c09bd3" + std::string(52, '0')),
          .name = "digits",
          .submitted_at = kNow - 3 * 3600 * 1000,
          .status = {.trials = 80, .trials_finished = 33, .trials_failed = 2, .running = 4, .agents = 2}};
}

TEST(ViewsText, AgesAreOfTheLargestUnit) {
  EXPECT_EQ(age_text(kNow, kNow), "0 s");
  EXPECT_EQ(age_text(kNow - 59'999, kNow), "59 s");
  EXPECT_EQ(age_text(kNow - 60'000, kNow), "1 min");
  EXPECT_EQ(age_text(kNow - 3'600'000, kNow), "1 h");
  EXPECT_EQ(age_text(kNow - 47 * 3'600'000, kNow), "47 h");
  EXPECT_EQ(age_text(kNow - 49 * 3'600'000, kNow), "2 d");
  EXPECT_EQ(age_text(kNow + 5'000, kNow), "0 s") << "of a clock that goes ahead";
}

TEST(ViewsText, TimesAndSizes) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_text(1'764'000'000'999), "2025-11-24T16:00:00Z");
  EXPECT_EQ(time_text(INT64_MIN), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_text(INT64_MAX), "9999-12-31T23:59:59Z");
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(uint64_t{80} << 30), "80.0 GiB");
}

TEST(ViewsText, ListsSweeps) {
  EXPECT_EQ(sweeps_table({some_sweep()}, kNow, kUnbounded),
            "ID            NAME    PHASE    DONE  FAILED  RUNNING  PRIORITY  AGE\n"
            "4f2a11c09bd3  digits  active  33/80       2        4         0  3 h\n");
}

TEST(ViewsText, ShowsHowASweepStands) {
  SweepPicture picture{.sweep = some_sweep(), .running = {}, .failed = {}};
  picture.failed = {{.sweep = picture.sweep.id,
                     .arm = 2,
                     .arm_name = "focal(gamma=2)",
                     .seed = 17,
                     .state = TrialState::kFailed,
                     .attempts = 3,
                     .reason = "trainer_error: exit code 3"}};
  const std::string text = picture_text(picture, kNow, 200);
  EXPECT_THAT(text, HasSubstr("4f2a11c09bd3  digits  active, submitted 3 h ago\n"));
  EXPECT_THAT(text, HasSubstr("33/80 trials, 2 failed, 4 running on 2 agents\n"));
  EXPECT_THAT(text, HasSubstr("4f2a11c09bd3/2/17  focal(gamma=2)  failed"));
  EXPECT_THAT(text, HasSubstr("trainer_error: exit code 3"));
  EXPECT_THAT(text, Not(HasSubstr("\nrunning\n")));
}

TEST(ViewsText, CountsWhatWillHaveNoResult) {
  SweepView sweep = some_sweep();
  sweep.status = {.trials = 80,
                  .trials_finished = 60,
                  .trials_failed = 2,
                  .trials_not_needed = 10,
                  .over = true,
                  .phase = SweepPhase::kCancelled};
  EXPECT_EQ(missing_trials(sweep.status), 10);
  EXPECT_THAT(missing_text(sweep), HasSubstr("10 of 70 trials have no result"));
  EXPECT_THAT(picture_text({.sweep = sweep, .running = {}, .failed = {}}, kNow, 200),
              HasSubstr("60/70 trials, 2 failed, 10 not needed, 8 given up\n"));
  EXPECT_EQ(missing_trials({.trials = 3, .trials_finished = 5, .trials_not_needed = 9}), 0) << "whatever a peer says";
}

TEST(ViewsText, ListsAgents) {
  AgentView agent{
      .id = AgentId("gpu7-1a2b"),
      .host = "gpu7",
      .version = "0.1.0",
      .connected = true,
      .devices = {{.device = {.kind = "cuda", .name = "H100", .memory_bytes = uint64_t{80} << 30, .slots = 4}},
                  {.device = {.kind = "cuda", .name = "H100", .memory_bytes = uint64_t{80} << 30, .slots = 4}},
                  {.device = {.slots = 2}}},
      .labels = {{"rack", "b2"}},
      .last_heard = kNow - 2'000,
      .running = 5,
      .queued = 1};
  const std::string text = agents_table({agent}, kNow, kUnbounded);
  for (const char* part : {"gpu7-1a2b", "connected", "5/10", "2 H100, cpu", "160.0 GiB", "2 s", "rack=b2"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_EQ(agents_line({agent}), "1 of 1 agents connected, 5 of 10 slots train");
  agent.draining = true;
  EXPECT_THAT(agents_table({agent}, kNow, 200), HasSubstr("draining"));
  agent.quarantined = "3 of its runs failed in a row";
  EXPECT_THAT(agents_table({agent}, kNow, kUnbounded), HasSubstr("quarantined"));
  EXPECT_THAT(agents_table({agent}, kNow, kUnbounded), HasSubstr("3 of its runs failed"));
  agent.connected = false;
  EXPECT_EQ(agents_line({agent}), "0 of 1 agents connected, 0 of 0 slots train");
}

TEST(ViewsJson, HasAFormatAndNamesTheRest) {
  const Json json = Json::parse(cli_json("sweeps", {{"sweeps", json_list(std::vector{some_sweep()})}}));
  EXPECT_EQ(json["schema"], "evensweep-cli");
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["kind"], "sweeps");
  EXPECT_EQ(json["sweeps"][0]["trials"]["finished"], 33);
  EXPECT_EQ(json["sweeps"][0]["submitted_at"], "2025-11-24T13:00:00Z");
  EXPECT_TRUE(json["sweeps"][0]["extends"].is_null());
  const Json trial =
      json_of(TrialView{.sweep = some_sweep().id, .arm = 1, .seed = 2, .state = TrialState::kRunning, .progress = 0.5});
  EXPECT_EQ(trial["reference"], "4f2a11c09bd3/1/2");
  EXPECT_EQ(trial["progress"], 0.5);
  EXPECT_TRUE(json_of(TrialView{})["progress"].is_null());
  EXPECT_EQ(json_of(AgentView{.devices = {{.memory_used = 3}}})["devices"][0]["memory_used"], 3);
  EXPECT_EQ(json_of(AttemptView{.number = 1, .log = BlobRef{.sha256 = "x", .bytes = 2}})["log"]["bytes"], 2);
}

}  // namespace
}  // namespace evensweep

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/wire/agents_codec.h"
#include "common/wire/sweeps_codec.h"
#include "tests/unit/model/examples.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

// There and back as bytes.
template <typename Proto, typename View>
View back(const View& view) {
  Proto read;
  EXPECT_TRUE(read.ParseFromString(encode(view).SerializeAsString()));
  const StatusOr<View> decoded = decode(read);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  return decoded.ok() ? *decoded : View();
}

TEST(ViewsCodec, CarriesSweeps) {
  const SweepView view{.id = SweepId(std::string(64, 'a')),
                       .name = "digits",
                       .priority = -3,
                       .submitted_at = 1'700'000'000'000,
                       .status = {.trials = 7, .phase = SweepPhase::kStopping},
                       .extends = SweepId(std::string(64, 'b'))};
  const SweepView read = back<v1::SweepView>(view);
  EXPECT_EQ(read.id, view.id);
  EXPECT_EQ(read.name, "digits");
  EXPECT_EQ(read.priority, -3);
  EXPECT_EQ(read.submitted_at, view.submitted_at);
  EXPECT_EQ(read.status.trials, 7);
  EXPECT_EQ(read.status.phase, SweepPhase::kStopping);
  EXPECT_EQ(read.extends, view.extends);
  EXPECT_TRUE(back<v1::SweepView>(SweepView{.id = view.id}).extends.empty());
}

TEST(ViewsCodec, CarriesEveryPhase) {
  for (int i = 0; i <= static_cast<int>(SweepPhase::kOver); ++i) {
    const auto phase = static_cast<SweepPhase>(i);
    const SweepView view{.id = SweepId(std::string(64, 'a')), .status = {.phase = phase}};
    EXPECT_EQ(back<v1::SweepView>(view).status.phase, phase) << phase_name(phase);
  }
}

TEST(ViewsCodec, TakesAPhaseOfANewerCoordinatorForOneThatItKnows) {
  v1::SweepView proto = encode(SweepView{.id = SweepId(std::string(64, 'a'))});
  proto.mutable_status()->set_phase(static_cast<v1::SweepPhase>(99));
  EXPECT_EQ(decode(proto)->status.phase, SweepPhase::kActive);
  proto.mutable_status()->set_over(true);
  EXPECT_EQ(decode(proto)->status.phase, SweepPhase::kOver);
}

TEST(ViewsCodec, CarriesTrialsInEveryState) {
  for (int i = 0; i <= static_cast<int>(TrialState::kCancelled); ++i) {
    const TrialView view{.sweep = SweepId(std::string(64, 'a')),
                         .arm = 2,
                         .arm_name = "focal(gamma=2)",
                         .seed = std::numeric_limits<uint64_t>::max(),
                         .state = static_cast<TrialState>(i),
                         .run = RunKey(std::string(64, 'c')),
                         .attempts = 3,
                         .progress = 0.25,
                         .reason = "it waits"};
    const TrialView read = back<v1::TrialView>(view);
    EXPECT_EQ(read.sweep, view.sweep);
    EXPECT_EQ(read.arm, 2);
    EXPECT_EQ(read.arm_name, view.arm_name);
    EXPECT_EQ(read.seed, view.seed);
    EXPECT_EQ(read.state, view.state);
    EXPECT_EQ(read.run, view.run);
    EXPECT_EQ(read.attempts, 3);
    EXPECT_EQ(read.progress, 0.25);
    EXPECT_EQ(read.reason, "it waits");
    EXPECT_EQ(parse_trial_state(trial_state_name(view.state)), view.state);
  }
  EXPECT_EQ(parse_trial_state("exploded"), std::nullopt);
}

TEST(ViewsCodec, CarriesAttempts) {
  AttemptView view{.number = 2, .agent = AgentId("gpu7-1a2b"), .host = "gpu7", .device = "cuda:1", .granted_at = 5};
  EXPECT_FALSE(back<v1::AttemptView>(view).ended_at.has_value());
  EXPECT_FALSE(back<v1::AttemptView>(view).failure.has_value());
  view.ended_at = 0;
  view.log = BlobRef{.sha256 = std::string(64, 'f'), .bytes = 12};
  view.failure = {.failure = FailureClass::kOutOfMemory, .message = "no memory", .stderr_tail = "a\nb"};
  const AttemptView read = back<v1::AttemptView>(view);
  EXPECT_EQ(read.number, 2);
  EXPECT_EQ(read.agent, view.agent);
  EXPECT_EQ(read.host, "gpu7");
  EXPECT_EQ(read.device, "cuda:1");
  EXPECT_EQ(read.granted_at, 5);
  EXPECT_EQ(read.ended_at, 0);
  EXPECT_EQ(read.log, view.log);
  ASSERT_TRUE(read.failure.has_value());
  EXPECT_EQ(read.failure->failure, FailureClass::kOutOfMemory);
  EXPECT_EQ(read.failure->message, "no memory");
  EXPECT_EQ(read.failure->stderr_tail, "a\nb");
}

TEST(ViewsCodec, CarriesAgents) {
  const AgentView view{
      .id = AgentId("gpu7-1a2b"),
      .host = "gpu7",
      .version = "0.1.0",
      .connected = true,
      .draining = true,
      .quarantined = "3 runs failed",
      .devices =
          {{.device = {.kind = "cuda", .index = 1, .name = "H100", .memory_bytes = uint64_t{80} << 30, .slots = 4},
            .memory_used = 7,
            .leases = 3,
            .temperature = 61.5,
            .utilisation = 0.25}},
      .labels = {{"rack", "b2"}, {"owner", "lab"}},
      .last_heard = 42,
      .running = 2,
      .queued = 1};
  const AgentView read = back<v1::AgentView>(view);
  EXPECT_EQ(read.id, view.id);
  EXPECT_EQ(read.host, "gpu7");
  EXPECT_EQ(read.version, "0.1.0");
  EXPECT_TRUE(read.connected);
  EXPECT_TRUE(read.draining);
  EXPECT_EQ(read.quarantined, view.quarantined);
  ASSERT_EQ(read.devices.size(), 1);
  EXPECT_EQ(read.devices[0].device, view.devices[0].device);
  EXPECT_EQ(read.devices[0].memory_used, 7);
  EXPECT_EQ(read.devices[0].leases, 3);
  EXPECT_EQ(read.devices[0].temperature, 61.5);
  EXPECT_EQ(read.devices[0].utilisation, 0.25);
  EXPECT_EQ(read.labels, view.labels);
  EXPECT_EQ(read.last_heard, 42);
  EXPECT_EQ(read.running, 2);
  EXPECT_EQ(read.queued, 1);
}

TEST(ViewsCodec, CarriesDefinitions) {
  const SweepDefinition read = back<v1::SweepDefinition>(
      SweepDefinition{.sweep = example_sweep(), .file = {.text = "name: digits\n", .overrides = {"seeds=3", "a=b"}}});
  EXPECT_EQ(to_json(read.sweep), to_json(example_sweep()));
  EXPECT_EQ(read.file.text, "name: digits\n");
  EXPECT_EQ(read.file.overrides, (std::vector<std::string>{"seeds=3", "a=b"}));
}

template <typename Proto>
void expect_refused(const Proto& proto, const std::string& says) {
  const Status status = decode(proto).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << says;
  EXPECT_THAT(std::string(status.message()), HasSubstr(says));
}

TEST(ViewsCodec, RefusesWhatNoCoordinatorSays) {
  const v1::SweepView sweep = encode(SweepView{.id = SweepId(std::string(64, 'a'))});
  v1::SweepView bad_sweep = sweep;
  bad_sweep.set_id("a");
  expect_refused(bad_sweep, "id is not a SHA-256");
  bad_sweep = sweep;
  bad_sweep.set_extends("../x");
  expect_refused(bad_sweep, "extends is no sweep's id");

  const v1::TrialView trial = encode(TrialView{.sweep = SweepId(std::string(64, 'a'))});
  ASSERT_TRUE(decode(trial).ok());
  v1::TrialView bad = trial;
  bad.clear_sweep_id();
  expect_refused(bad, "id is not a SHA-256");
  bad = trial;
  bad.set_run_key("xyz");
  expect_refused(bad, "run_key is not a SHA-256");
  bad = trial;
  bad.set_progress(std::numeric_limits<double>::quiet_NaN());
  expect_refused(bad, "progress is outside 0..1");
  bad = trial;
  bad.set_state(static_cast<v1::TrialState>(77));
  expect_refused(bad, "unknown state 77");
  bad.clear_state();
  expect_refused(bad, "unknown state 0");

  v1::AttemptView attempt;
  expect_refused(attempt, "attempt numbers start at 1");
  attempt.set_number(1);
  attempt.set_failure_json("{}");
  expect_refused(attempt, "failure");
  attempt.clear_failure_json();
  attempt.mutable_log()->set_sha256("abc");
  expect_refused(attempt, "a log's digest");

  expect_refused(v1::AgentView(), "an agent without id");
  expect_refused(v1::SweepDefinition(), "sweep");
}

}  // namespace
}  // namespace evensweep

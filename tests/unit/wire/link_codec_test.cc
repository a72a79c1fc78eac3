#include "common/wire/link_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "common/base/text.h"
#include "common/model/json.h"
#include "common/wire/limits.h"

namespace evensweep {
namespace {

using testing::HasSubstr;

const std::string kKey(64, 'a');

AttemptId any_attempt() {
  std::string key;
  for (int i = 0; i < 64; ++i) key += "0123456789abcdef"[*rc::gen::inRange(0, 16)];
  return {.run = RunKey(key), .number = *rc::gen::inRange<uint32_t>(1, 1000)};
}

std::vector<AttemptId> any_attempts() {
  std::vector<AttemptId> attempts(*rc::gen::inRange<size_t>(0, 4));
  for (AttemptId& attempt : attempts) attempt = any_attempt();
  return attempts;
}

std::string any_text() {
  std::string text(*rc::gen::inRange<size_t>(1, 30), ' ');
  for (char& letter : text) letter = *rc::gen::inRange<char>(32, 127);
  return text;
}

BlobRef any_blob() {
  return {.sha256 = any_attempt().run.str(), .bytes = *rc::gen::inRange<uint64_t>(0, wire::kMostBlob + 1)};
}

Update any_update() {
  Update update{.attempt = any_attempt()};
  switch (*rc::gen::inRange(0, 7)) {
    case 0: update.what = Started{.resumed_at_epoch = *rc::gen::arbitrary<uint32_t>()}; break;
    case 1:
      update.what = Progress{.fraction = *rc::gen::inRange(0, 1001) / 1000.0,
                             .examples_per_second = *rc::gen::inRange(0, 100000) / 8.0};
      break;
    case 2:
      update.what = Succeeded{.result_json = any_text(), .peak_memory_bytes = *rc::gen::inRange<uint64_t>(0, 1 << 30)};
      break;
    case 3: update.what = CheckpointStored{.blob = any_blob(), .fraction = *rc::gen::inRange(0, 1001) / 1000.0}; break;
    case 4: update.what = LogLines{.text = any_text()}; break;
    case 5: update.what = LogStored{.blob = any_blob()}; break;
    default:
      update.what = Failure{.failure = *rc::gen::element(FailureClass::kBadInput, FailureClass::kDiverged,
                                                         FailureClass::kTrainerError, FailureClass::kOutOfMemory,
                                                         FailureClass::kInfrastructure, FailureClass::kPreempted),
                            .message = any_text(),
                            .stderr_tail = any_text()};
  }
  return update;
}

uint32_t any_device() { return *rc::gen::inRange<uint32_t>(0, wire::kMostDevices); }
uint64_t any_memory() { return *rc::gen::inRange<uint64_t>(0, wire::kMostMemory + 1); }

Hello any_hello() {
  Hello hello{.agent = AgentId(any_text()),
              .incarnation = any_text(),
              .host = any_text(),
              .version = any_text(),
              .labels = {{any_text(), any_text()}, {any_text(), ""}},
              .trainers = {any_text(), any_text()},
              .cores = *rc::gen::inRange(0, 1000) / 8.0,
              .memory_bytes = any_memory(),
              .held = any_attempts()};
  hello.devices.resize(*rc::gen::inRange<size_t>(1, 4));
  for (AgentDevice& device : hello.devices)
    device = {.kind = *rc::gen::element<std::string>("cpu", "cuda"),
              .index = *rc::gen::arbitrary<uint32_t>(),
              .name = any_text(),
              .memory_bytes = any_memory(),
              .slots = *rc::gen::inRange<uint32_t>(1, wire::kMostSlots + 1)};
  return hello;
}

Heartbeat any_heartbeat() {
  Heartbeat heartbeat{.devices = {{.device = any_device()}, {.device = any_device()}}};
  if (*rc::gen::arbitrary<bool>()) heartbeat.disk_free = *rc::gen::arbitrary<uint64_t>();
  if (*rc::gen::arbitrary<bool>())
    heartbeat.devices[1] = {.device = any_device(),
                            .memory_used = any_memory(),
                            .temperature = *rc::gen::inRange(-20, 120) / 2.0,
                            .utilisation = *rc::gen::inRange(0, 9) / 8.0};
  return heartbeat;
}

AgentMessage any_agent_message() {
  switch (*rc::gen::inRange(0, 5)) {
    case 0: return any_hello();
    case 1:
      return Credits{{{.device = any_device(), .free = *rc::gen::inRange<uint32_t>(0, wire::kMostCredits + 1)},
                      {.device = any_device(), .free = 0}}};
    case 2: return any_heartbeat();
    case 3: return Draining{};
    default: break;
  }
  Updates updates;
  updates.updates.resize(*rc::gen::inRange<size_t>(0, 4));
  for (Update& update : updates.updates) update = any_update();
  return updates;
}

CoordinatorMessage any_coordinator_message() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return Welcome{.heartbeat = Duration(*rc::gen::inRange(1, 5000)),
                     .lease = Duration(*rc::gen::inRange(5000, 90000))};
    case 1: return Acks{.attempts = any_attempts()};
    case 2: return Cancels{.attempts = any_attempts()};
    case 3: return Withdraw{.attempts = any_attempts()};
    case 4: return Drain{};
    default: break;
  }
  Leases leases;
  for (AttemptId& attempt : any_attempts()) {
    leases.leases.push_back({.attempt = std::move(attempt),
                             .run_spec_json = any_text(),
                             .trainer = any_text(),
                             .classes = *rc::gen::inRange<int64_t>(2, 1000),
                             .files = std::vector<std::string>(*rc::gen::inRange<size_t>(0, 3), kKey),
                             .device = any_device(),
                             .memory_bytes = any_memory(),
                             .alone = *rc::gen::arbitrary<bool>()});
    if (*rc::gen::arbitrary<bool>()) leases.leases.back().checkpoint = any_blob();
  }
  return leases;
}

// Bytes on the wire and back. Equal messages have equal bytes, so comparing those compares every field.
template <typename Proto, typename Message>
void check_round_trip(const Message& message) {
  const std::string bytes = encode(message).SerializeAsString();
  Proto read;
  RC_ASSERT(read.ParseFromString(bytes));
  const StatusOr<Message> back = decode(read);
  RC_ASSERT(back.ok());
  RC_ASSERT(back->index() == message.index());
  RC_ASSERT(encode(*back).SerializeAsString() == bytes);
}

RC_GTEST_PROP(LinkCodec, AgentMessagesComeBackAsTheyWere, ()) {
  check_round_trip<v1::AgentMessage>(any_agent_message());
}

RC_GTEST_PROP(LinkCodec, CoordinatorMessagesComeBackAsTheyWere, ()) {
  check_round_trip<v1::CoordinatorMessage>(any_coordinator_message());
}

// What is made of these bytes is a message that can be encoded again, or a refusal of one line.
template <typename Proto>
void check_survives(const std::string& bytes) {
  Proto read;
  if (!read.ParseFromString(bytes)) return;
  const auto message = decode(read);
  if (message.ok()) {
    encode(*message);
    return;
  }
  RC_ASSERT(message.status().code() == absl::StatusCode::kInvalidArgument);
  RC_ASSERT(std::string(message.status().message()).find('\n') == std::string::npos);
}

RC_GTEST_PROP(LinkCodec, SurvivesAnyBytes, (const std::string& bytes)) {
  check_survives<v1::AgentMessage>(bytes);
  check_survives<v1::CoordinatorMessage>(bytes);
}

RC_GTEST_PROP(LinkCodec, SurvivesDamagedMessages, ()) {
  std::string bytes =
      encode(any_agent_message()).SerializeAsString() + encode(any_coordinator_message()).SerializeAsString();
  RC_PRE(!bytes.empty());
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    const auto at = *rc::gen::inRange<size_t>(0, bytes.size());
    bytes[at] = static_cast<char>(*rc::gen::inRange(0, 256));
  }
  bytes.resize(*rc::gen::inRange<size_t>(0, bytes.size() + 1));
  check_survives<v1::AgentMessage>(bytes);
  check_survives<v1::CoordinatorMessage>(bytes);
}

v1::AgentMessage good_hello() {
  return encode(AgentMessage(Hello{
      .agent = AgentId("a"), .incarnation = "i", .host = "h", .version = "v", .devices = cpu_device(1), .held = {}}));
}

v1::AgentMessage update_with(const std::function<void(v1::Update&)>& change) {
  v1::AgentMessage message;
  v1::Update* update = message.mutable_updates()->add_updates();
  update->mutable_attempt()->set_run_key(kKey);
  update->mutable_attempt()->set_number(1);
  update->mutable_started();
  change(*update);
  return message;
}

TEST(LinkCodec, RefusesEveryBadFieldOfAnAgentMessage) {
  struct Bad {
    v1::AgentMessage message;
    std::string says;
  };
  const auto hello_with = [](const std::function<void(v1::Hello&)>& change) {
    v1::AgentMessage message = good_hello();
    change(*message.mutable_hello());
    return message;
  };
  const std::string long_text(wire::kMostText + 1, 'x');
  v1::AgentMessage credits, far_credits;
  credits.mutable_credits()->add_devices()->set_free(wire::kMostCredits + 1);
  far_credits.mutable_credits()->add_devices()->set_device(wire::kMostDevices);
  const auto device_with = [&](const std::function<void(v1::Device&)>& change) {
    return hello_with([&](v1::Hello& hello) { change(*hello.mutable_devices(0)); });
  };
  const auto state_with = [](const std::function<void(v1::DeviceState&)>& change) {
    v1::AgentMessage message;
    change(*message.mutable_heartbeat()->add_devices());
    return message;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
  const Bad cases[] = {
      {{}, "unknown kind"},
      {hello_with([](auto& h) { h.clear_agent_id(); }), "agent_id is missing"},
      {hello_with([&](auto& h) { h.set_agent_id(long_text); }), "agent_id is longer than 4096 bytes"},
      {hello_with([](auto& h) { h.clear_incarnation(); }), "incarnation is missing"},
      {hello_with([](auto& h) { h.clear_host(); }), "host is missing"},
      {hello_with([](auto& h) { h.clear_version(); }), "version is missing"},
      {hello_with([](auto& h) { h.clear_devices(); }), "devices are not 1 to 64"},
      {hello_with([](auto& h) {
         for (int i = 0; i < wire::kMostDevices; ++i) *h.add_devices() = h.devices(0);
       }),
       "devices are not 1 to 64"},
      {device_with([](auto& d) { d.set_kind("tpu"); }), "neither cpu nor cuda"},
      {device_with([&](auto& d) { d.set_name(long_text); }), "a device's name is too long"},
      {device_with([](auto& d) { d.set_slots(0); }), "slots are outside 1..4096"},
      {device_with([](auto& d) { d.set_slots(4097); }), "slots are outside 1..4096"},
      {device_with([](auto& d) { d.set_memory_bytes(wire::kMostMemory + 1); }), "no machine has so much memory"},
      {hello_with([](auto& h) { h.set_memory_bytes(wire::kMostMemory + 1); }), "no machine has so much memory"},
      {hello_with([&](auto& h) { h.set_cores(nan); }), "cores are not"},
      {hello_with([](auto& h) { h.set_cores(-1); }), "cores are not"},
      {hello_with([](auto& h) { h.add_trainers(""); }), "trainer is missing"},
      {hello_with([](auto& h) {
         for (int i = 0; i <= wire::kMostTrainers; ++i) h.add_trainers("t");
       }),
       "too many trainers"},
      {hello_with([](auto& h) { h.add_labels(); }), "label is missing"},
      {hello_with([](auto& h) {
         for (int i = 0; i < 2; ++i) h.add_labels()->set_name("rack");
       }),
       "a label is there twice"},
      {hello_with([&](auto& h) {
         h.add_labels()->set_name("rack");
         h.mutable_labels(0)->set_value(long_text);
       }),
       "a label's value is too long"},
      {hello_with([](auto& h) {
         for (int i = 0; i <= wire::kMostLabels; ++i) h.add_labels()->set_name(std::to_string(i));
       }),
       "too many labels"},
      {hello_with([](auto& h) { h.add_held(); }), "run_key is not a SHA-256 sum"},
      {hello_with([](auto& h) { h.add_held()->set_run_key(kKey); }), "attempt numbers start at 1"},
      {hello_with([](auto& h) { h.add_held()->set_run_key("../../" + kKey.substr(6)); }), "run_key is not a SHA-256"},
      {hello_with([](auto& h) { h.add_held()->set_run_key(std::string(64, 'A')); }), "run_key is not a SHA-256"},
      {credits, "too many credits"},
      {far_credits, "there is no such device"},
      {state_with([](auto& d) { d.set_device(wire::kMostDevices); }), "there is no such device"},
      {state_with([](auto& d) { d.set_memory_used(wire::kMostMemory + 1); }), "no machine has so much memory"},
      {state_with([&](auto& d) { d.set_temperature(infinite); }), "a temperature is not a number"},
      {state_with([](auto& d) { d.set_utilisation(1.5); }), "utilisation is outside 0..1"},
      {state_with([&](auto& d) { d.set_utilisation(nan); }), "utilisation is outside 0..1"},
      {update_with([](auto& u) {
         u.mutable_succeeded()->set_result_json("{}");
         u.mutable_succeeded()->set_peak_memory_bytes(wire::kMostMemory + 1);
       }),
       "no machine has so much memory"},
      {update_with([](auto& u) { u.clear_attempt(); }), "run_key is not a SHA-256 sum"},
      {update_with([](auto& u) { u.mutable_attempt()->set_number(0); }), "attempt numbers start at 1"},
      {update_with([](auto& u) { u.clear_started(); }), "an update without content"},
      {update_with([](auto& u) { u.mutable_progress()->set_fraction(1.01); }), "progress is outside 0..1"},
      {update_with([](auto& u) { u.mutable_progress()->set_fraction(-0.01); }), "progress is outside 0..1"},
      {update_with([&](auto& u) { u.mutable_progress()->set_fraction(nan); }), "progress is outside 0..1"},
      {update_with([](auto& u) { u.mutable_progress()->set_examples_per_second(-1); }), "rate is not"},
      {update_with([&](auto& u) { u.mutable_progress()->set_examples_per_second(infinite); }), "rate is not"},
      {update_with([&](auto& u) { u.mutable_progress()->set_examples_per_second(nan); }), "rate is not"},
      {update_with([](auto& u) { u.mutable_succeeded(); }), "result_json is missing"},
      {update_with([](auto& u) { u.mutable_succeeded()->set_result_json(std::string(wire::kMostResult + 1, ' ')); }),
       "result_json is longer than"},
      {update_with([](auto& u) { u.mutable_failed(); }), "unknown failure class 0"},
      {update_with([](auto& u) { u.mutable_failed()->set_failure(static_cast<v1::FailureClass>(17)); }),
       "unknown failure class 17"},
      {update_with([](auto& u) { u.mutable_checkpoint_stored(); }), "a blob's sha256 is not a SHA-256 sum"},
      {update_with([](auto& u) { u.mutable_log_stored()->mutable_blob()->set_sha256("../x"); }), "is not a SHA-256"},
      {update_with([](auto& u) {
         u.mutable_log_stored()->mutable_blob()->set_sha256(kKey);
         u.mutable_log_stored()->mutable_blob()->set_bytes(wire::kMostBlob + 1);
       }),
       "a blob is larger than"},
      {update_with([&](auto& u) {
         u.mutable_checkpoint_stored()->mutable_blob()->set_sha256(kKey);
         u.mutable_checkpoint_stored()->set_fraction(nan);
       }),
       "the progress of a checkpoint is outside 0..1"},
  };
  for (const Bad& bad : cases) {
    const Status status = decode(bad.message).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.says;
    EXPECT_THAT(std::string(status.message()), HasSubstr(bad.says));
  }
  EXPECT_TRUE(decode(good_hello()).ok());
  EXPECT_TRUE(decode(update_with([](auto&) {})).ok());
}

TEST(LinkCodec, RefusesEveryBadFieldOfACoordinatorMessage) {
  EXPECT_FALSE(decode(v1::CoordinatorMessage()).ok());
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->set_lease_ms(5);
  EXPECT_THAT(std::string(decode(welcome).status().message()), HasSubstr("impossible heartbeat or lease time"));
  welcome.mutable_welcome()->set_heartbeat_ms(6);
  EXPECT_THAT(std::string(decode(welcome).status().message()), HasSubstr("impossible heartbeat or lease time"));
  welcome.mutable_welcome()->set_heartbeat_ms(5);
  EXPECT_TRUE(decode(welcome).ok());
  v1::CoordinatorMessage leases;
  v1::Lease* lease = leases.mutable_leases()->add_leases();
  EXPECT_THAT(std::string(decode(leases).status().message()), HasSubstr("run_key is not"));
  lease->mutable_attempt()->set_run_key(kKey);
  lease->mutable_attempt()->set_number(1);
  EXPECT_THAT(std::string(decode(leases).status().message()), HasSubstr("run_spec_json is missing"));
  lease->set_run_spec_json(std::string(wire::kMostSpec + 1, ' '));
  EXPECT_THAT(std::string(decode(leases).status().message()), HasSubstr("run_spec_json is longer than"));
  lease->set_run_spec_json("{}");
  EXPECT_THAT(std::string(decode(leases).status().message()), HasSubstr("trainer is missing"));
  lease->set_trainer("t");
  EXPECT_THAT(std::string(decode(leases).status().message()), HasSubstr("impossible number of classes"));
  lease->set_classes(2);
  EXPECT_TRUE(decode(leases).ok());
  lease->add_files("../a");
  EXPECT_THAT(std::string(decode(leases).status().message()), HasSubstr("the sum of a file is not a SHA-256 sum"));
  lease->clear_files();
  lease->set_memory_bytes(wire::kMostMemory + 1);
  EXPECT_THAT(std::string(decode(leases).status().message()), HasSubstr("no machine has so much memory"));
  lease->clear_memory_bytes();
  lease->set_device(wire::kMostDevices);
  EXPECT_THAT(std::string(decode(leases).status().message()), HasSubstr("there is no such device"));
  lease->clear_device();
  lease->mutable_checkpoint()->set_sha256(std::string(64, 'g'));
  EXPECT_THAT(std::string(decode(leases).status().message()), HasSubstr("a blob's sha256 is not a SHA-256 sum"));
  v1::CoordinatorMessage withdraw;
  withdraw.mutable_withdraw()->add_attempts()->set_run_key("short");
  EXPECT_THAT(std::string(decode(withdraw).status().message()), HasSubstr("run_key is not"));
  for (const bool acks : {true, false}) {
    v1::CoordinatorMessage message;
    (acks ? message.mutable_acks()->add_attempts() : message.mutable_cancels()->add_attempts())->set_run_key(kKey);
    EXPECT_THAT(std::string(decode(message).status().message()), HasSubstr("attempt numbers start at 1"));
  }
}

TEST(LinkCodec, CutsLongFailureTextsAtACharacter) {
  for (size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'x');
    while (text.size() < wire::kMostStderrTail + 8) text += "\xf0\x9f\x98\x80";
    const StatusOr<AgentMessage> message = decode(update_with([&](v1::Update& update) {
      update.mutable_failed()->set_failure(v1::FAILURE_CLASS_DIVERGED);
      update.mutable_failed()->set_message(text);
      update.mutable_failed()->set_stderr_tail(text);
    }));
    ASSERT_TRUE(message.ok());
    const auto failure = std::get<Failure>(std::get<Updates>(*message).updates.at(0).what);
    EXPECT_LE(failure.message.size(), wire::kMostText);
    EXPECT_GT(failure.message.size(), wire::kMostText - 4);
    EXPECT_LE(failure.stderr_tail.size(), wire::kMostStderrTail);
    EXPECT_TRUE(valid_utf8(failure.message)) << "and so it can be stored as JSON";
    EXPECT_TRUE(valid_utf8(failure.stderr_tail));
  }
}

}  // namespace
}  // namespace evensweep

// Histories that go well, for the fuzzer to make others of.

#include "common/wire/agents_codec.h"
#include "common/wire/link_codec.h"
#include "common/wire/results_codec.h"
#include "common/wire/status_codec.h"
#include "common/wire/sweeps_codec.h"
#include "tests/fuzz/link_input.h"
#include "tests/fuzz/target.h"
#include "tests/scenario/core_examples.h"

namespace evensweep::fuzz {
namespace {

constexpr uint8_t kFirst = 0, kSecond = 1, kGone = 12, kLater = 240;  // kinds of acts at the coordinator
constexpr uint8_t kExits = 0, kSpooled = 3, kSays = 8, kHears = 15;   // at the agent; trainer 1

AttemptId attempt(char which, uint32_t number = 1) { return {RunKey(known_run(which)), number}; }

v1::AttemptId short_attempt(char which, uint32_t number = 1) {
  v1::AttemptId proto;
  proto.set_run_key(std::string(1, which));
  proto.set_number(number);
  return proto;
}

std::string hello(uint8_t kind) {
  const v1::AgentMessage proto = encode(AgentMessage(Hello{.agent = AgentId("a"),
                                                           .incarnation = "1",
                                                           .host = "h",
                                                           .version = "0",
                                                           .devices = cpu_device(2),
                                                           .trainers = {kTrainerNumerics}}));
  return act_text(kind, proto.SerializeAsString());
}

std::string credits(uint8_t kind, uint32_t free) {
  return act_text(kind, encode(AgentMessage(cpu_credits(free))).SerializeAsString());
}

v1::Update* add_update(v1::AgentMessage& message, char which, uint32_t number = 1) {
  v1::Update* update = message.mutable_updates()->add_updates();
  *update->mutable_attempt() = short_attempt(which, number);
  return update;
}

std::string succeeded(uint8_t kind, char which, uint32_t number = 1) {
  v1::AgentMessage message;
  add_update(message, which, number)->mutable_succeeded()->set_result_json("r");
  return act_text(kind, message.SerializeAsString());
}

std::string failed(uint8_t kind, char which, FailureClass failure) {
  v1::AgentMessage message =
      encode(AgentMessage(Updates{{{attempt(which), Failure{.failure = failure, .message = "so"}}}}));
  *message.mutable_updates()->mutable_updates(0)->mutable_attempt() = short_attempt(which);
  return act_text(kind, message.SerializeAsString());
}

std::string lease(char which, uint32_t number = 1) {
  v1::CoordinatorMessage message;
  v1::Lease* proto = message.mutable_leases()->add_leases();
  *proto->mutable_attempt() = short_attempt(which, number);
  proto->set_run_spec_json(std::string(1, which));
  proto->set_trainer(kTrainerNumerics);
  proto->set_classes(2);
  return act_text(kHears, message.SerializeAsString());
}

std::string ack(char which) {
  v1::CoordinatorMessage message;
  *message.mutable_acks()->add_attempts() = short_attempt(which);
  return act_text(kHears, message.SerializeAsString());
}

std::string cancel(char which) {
  v1::CoordinatorMessage message;
  *message.mutable_cancels()->add_attempts() = short_attempt(which);
  return act_text(kHears, message.SerializeAsString());
}

std::string says(const std::string& line) { return act_text(kSays, line); }

}  // namespace

std::vector<std::string> agent_message_seeds() {
  const std::string greeting = hello(kFirst) + credits(kFirst, 4);
  v1::AgentMessage held;
  *held.mutable_hello() = encode(AgentMessage(Hello{.agent = AgentId("a"),
                                                    .incarnation = "2",
                                                    .host = "h",
                                                    .version = "0",
                                                    .devices = cpu_device(2),
                                                    .trainers = {kTrainerNumerics}}))
                              .hello();
  *held.mutable_hello()->add_held() = short_attempt('\0');
  return {greeting + succeeded(kFirst, '\0') + succeeded(kFirst, '\2'),
          greeting + failed(kFirst, '\0', FailureClass::kTrainerError) +
              failed(kFirst, '\2', FailureClass::kInfrastructure) + credits(kFirst, 4),
          greeting + act_text(kLater, "") + hello(kSecond) + credits(kSecond, 4) + succeeded(kFirst, '\0') +
              succeeded(kSecond, '\0', 2),
          greeting + act_text(kGone, "") + act_text(kFirst, held.SerializeAsString()) + succeeded(kFirst, '\0')};
}

std::vector<std::string> coordinator_message_seeds() {
  const std::string hello = says(R"({"event":"hello","contract":1,"trainer":"t","numerics":"evensweep-3"})");
  const std::string started = says(R"({"event":"started","run":"a","attempt":1,"resumed_at_epoch":0})");
  const std::string finished = says(R"({"event":"finished","run":"a","attempt":1})");
  return {lease('a') + hello + started + finished + act_text(kSpooled, "a") + ack('a'),
          lease('a') + lease('b') + hello + started + cancel('a') + act_text(kExits, "") + lease('a', 2),
          lease('a') + hello + says(R"({"event":"failed","run":"a","attempt":1,"class":"diverged","message":"nan"})") +
              act_text(kSpooled, "a") + ack('a'),
          lease('a') + act_text(247, "") + hello};
}

std::vector<std::string> answer_seeds() {
  StoredSweep stored;
  stored.results.sweep = known_sweep();
  stored.results.id = sweep_id(known_sweep());
  std::string parts;
  ResultsEncoder encoder(stored);
  while (const auto part = encoder.next()) parts += act_text(0, part->SerializeAsString());
  const SweepDefinition definition{.sweep = known_sweep(), .file = {.text = "version: 1", .overrides = {}}};
  return {'\0' + encode(AgentView{.id = AgentId("a"), .host = "h", .version = "0"}).SerializeAsString(),
          '\1' + encode(SweepView{.id = sweep_id(known_sweep()), .name = "known"}).SerializeAsString(),
          '\2' + encode(definition).SerializeAsString(),
          '\3' + encode(TrialView{.sweep = sweep_id(known_sweep()), .arm_name = "baseline"}).SerializeAsString(),
          '\4' + encode(AttemptView{.number = 1, .agent = AgentId("a")}).SerializeAsString(),
          '\5' + encode(SweepStatus{.trials = 6}).SerializeAsString(),
          '\6' + parts};
}

}  // namespace evensweep::fuzz

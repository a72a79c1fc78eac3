#include "tests/unit/coordinator/scripted_agent.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "common/wire/link_codec.h"
#include "tests/scenario/core_examples.h"

namespace evensweep::coordinator {

ScriptedAgent::ScriptedAgent(const std::shared_ptr<grpc::Channel>& channel) : stub_(v1::AgentLink::NewStub(channel)) {
  // So that a test that waits in vain ends.
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  stream_ = stub_->Connect(&context_);
}

ScriptedAgent::~ScriptedAgent() { context_.TryCancel(); }

bool ScriptedAgent::say(const AgentMessage& message) { return stream_->Write(encode(message)); }

bool ScriptedAgent::greet(const std::string& name, std::vector<AttemptId> held) {
  return say(AgentMessage(Hello{.agent = AgentId(name),
                                .incarnation = "1",
                                .host = "here",
                                .version = "0",
                                .devices = cpu_device(1),
                                .held = std::move(held)}));
}

void ScriptedAgent::succeed(const AttemptId& attempt) {
  say(AgentMessage(Updates{.updates = {{.attempt = attempt, .what = Succeeded{.result_json = result_text()}}}}));
}

std::optional<CoordinatorMessage> ScriptedAgent::hear() {
  v1::CoordinatorMessage message;
  if (!stream_->Read(&message)) return std::nullopt;
  StatusOr<CoordinatorMessage> decoded = decode(message);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  if (!decoded.ok()) return std::nullopt;
  return *std::move(decoded);
}

}  // namespace evensweep::coordinator

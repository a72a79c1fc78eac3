#pragma once
// An agent that a test speaks for, word by word.

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>

#include "common/model/link.h"
#include "evensweep/v1/agent_link.grpc.pb.h"

namespace evensweep::coordinator {

class ScriptedAgent {
 public:
  explicit ScriptedAgent(const std::shared_ptr<grpc::Channel>& channel);
  ~ScriptedAgent();

  bool say(const AgentMessage& message);
  bool say(const v1::AgentMessage& message) { return stream_->Write(message); }
  bool greet(const std::string& name, std::vector<AttemptId> held = {});
  void succeed(const AttemptId& attempt);
  // The next message; absent when the stream has ended.
  std::optional<CoordinatorMessage> hear();
  // The next message of this kind, others are passed over; absent when the stream has ended.
  template <typename Message>
  std::optional<Message> await() {
    while (std::optional<CoordinatorMessage> message = hear())
      if (auto* wanted = std::get_if<Message>(&*message)) return std::move(*wanted);
    return std::nullopt;
  }
  // How the stream ended. Call after hear() has come back empty.
  grpc::Status finish() { return stream_->Finish(); }

 private:
  std::unique_ptr<v1::AgentLink::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::CoordinatorMessage>> stream_;
};

}  // namespace evensweep::coordinator

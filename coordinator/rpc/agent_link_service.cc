#include "coordinator/rpc/agent_link_service.h"

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/wire/link_codec.h"
#include "coordinator/rpc/credentials.h"
#include "coordinator/rpc/server.h"

namespace evensweep::coordinator {

// One agent's stream. Reads come on gRPC's threads one after another, sends come from the host's thread.
class AgentStream final : public grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage> {
 public:
  // What the host holds of a stream; the stream may be gone before the host lets go.
  struct Door {
    std::mutex mutex;
    AgentStream* stream = nullptr;
  };

  AgentStream(Host& host, Streams<AgentStream>& streams, std::string certificate_name)
      : host_(host),
        streams_(streams),
        certificate_name_(std::move(certificate_name)),
        door_(std::make_shared<Door>()) {
    door_->stream = this;
    streams_.add(this);
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return end();
    StatusOr<AgentMessage> message = decode(incoming_);
    if (!message.ok()) return refuse(message.status());
    if (!connection_ && !std::holds_alternative<Hello>(*message))
      return refuse(absl::FailedPreconditionError("the first message must be Hello"));
    if (connection_)
      host_.receive(*connection_, *std::move(message));
    else if (const Status status = check_name(std::get<Hello>(*message)); !status.ok())
      return refuse(status);
    else
      greet(std::get<Hello>(*std::move(message)));
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    outgoing_.pop_front();
    if (ok && !finished_ && !outgoing_.empty()) StartWrite(&outgoing_.front());
  }

  void OnDone() override {
    {
      const std::lock_guard lock(door_->mutex);
      door_->stream = nullptr;
    }
    if (connection_) host_.disconnect(*connection_);
    streams_.remove(this);
    delete this;
  }

  void end() { finish(grpc::Status::OK); }

 private:
  // Nobody reports in the name of another machine.
  Status check_name(const Hello& hello) const {
    if (certificate_name_.empty() || may_be_agent(certificate_name_, hello.agent.str())) return absl::OkStatus();
    return absl::PermissionDeniedError("the certificate is for the agent " + in_quotes(certificate_name_) +
                                       ", not for " + in_quotes(hello.agent.str()) + "; use its name as --id");
  }

  void greet(Hello hello) {
    connection_ = host_.connect(std::move(hello), {.send =
                                                       [door = door_](const CoordinatorMessage& message) {
                                                         const std::lock_guard lock(door->mutex);
                                                         if (door->stream != nullptr)
                                                           door->stream->send(encode(message));
                                                       },
                                                   .close =
                                                       [door = door_] {
                                                         const std::lock_guard lock(door->mutex);
                                                         if (door->stream != nullptr) door->stream->end();
                                                       }});
  }

  void send(v1::CoordinatorMessage message) {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    outgoing_.push_back(std::move(message));
    if (outgoing_.size() == 1) StartWrite(&outgoing_.front());
  }

  void refuse(const Status& status) {
    log(LogLevel::kWarning, "coordinator", "refused an agent's message: " + std::string(status.message()));
    finish(to_grpc(status));
  }

  void finish(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    Finish(status);
  }

  Host& host_;
  Streams<AgentStream>& streams_;
  const std::string certificate_name_;  // empty: the agent may have any name
  std::shared_ptr<Door> door_;
  std::optional<ConnectionId> connection_;  // of the reading side alone
  v1::AgentMessage incoming_;

  std::mutex mutex_;                             // guards the rest
  std::deque<v1::CoordinatorMessage> outgoing_;  // the first one is being written
  bool finished_ = false;
};

grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* AgentLinkService::Connect(
    grpc::CallbackServerContext* context) {
  return new AgentStream(host_, streams_, agent_of(*context->auth_context()));  // deletes itself in OnDone
}

void AgentLinkService::end_all() { streams_.end_all(); }

}  // namespace evensweep::coordinator

#pragma once
// An AgentLink server that does what a test tells it.

#include <grpcpp/server.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/model/link.h"
#include "evensweep/v1/agent_link.grpc.pb.h"

namespace evensweep {

// What was heard so far.
struct Heard {
  std::vector<Hello> hellos;
  std::vector<Credits> credits;
  int heartbeats = 0;
  uint64_t messages = 0, ended_so_far = 0;  // of all kinds; updates that end an attempt
  std::vector<Update> updates;

  // The ends among the updates, by attempt, as often as they came.
  std::vector<Update> ends_of(const AttemptId& attempt) const;
  bool ended(const AttemptId& attempt) const { return !ends_of(attempt).empty(); }
  bool started(const AttemptId& attempt) const;
};

class FakeCoordinator final : public v1::AgentLink::Service {
 public:
  // `address` as gRPC takes it: "unix:/path" or "127.0.0.1:0".
  explicit FakeCoordinator(const std::string& address, grpc::Service* other = nullptr);
  ~FakeCoordinator() override;

  void acknowledge_ends(bool yes);  // the default is yes
  // From now on these are given as far as there are credits.
  void hand_out(std::vector<Lease> leases);
  // False if there is no stream.
  bool send(const CoordinatorMessage& message);
  // Waits until `ready` holds of what was heard; false after 20 s.
  bool wait(const std::function<bool(const Heard&)>& ready);
  Heard heard();

 private:
  using Stream = grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::AgentMessage>;
  grpc::Status Connect(grpc::ServerContext* context, Stream* stream) override;
  void take(const AgentMessage& message);

  std::mutex mutex_;
  std::condition_variable changed_;
  Heard heard_;
  Stream* stream_ = nullptr;
  bool acknowledge_ = true;
  std::vector<Lease> leases_;  // yet to be handed out, the last one first
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace evensweep

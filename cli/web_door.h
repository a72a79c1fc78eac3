#pragma once
// Lets people in over HTTP by the same tokens and certificates as over gRPC.

#include "cli/grpc_log.h"
#include "coordinator/http/access.h"
#include "coordinator/rpc/credentials.h"

namespace evensweep {

class WebDoor final : public coordinator::Doorkeeper {
 public:
  // `authorizer` must live longer.
  explicit WebDoor(coordinator::Authorizer& authorizer) : authorizer_(authorizer) {}

  bool is_open() const override { return authorizer_.is_open(); }
  StatusOr<coordinator::Visitor> identify(const std::optional<std::string>& token,
                                          const std::string& certificate) override;
  uint64_t refusals() const override { return authorizer_.refused(); }
  uint64_t failed_handshakes() const override { return evensweep::failed_handshakes(); }
  void note_refusal(const std::string& what, const std::string& who, const Status& why) override {
    authorizer_.note_refusal(what, who, why);
  }

 private:
  coordinator::Authorizer& authorizer_;
};

}  // namespace evensweep

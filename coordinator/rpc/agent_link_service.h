#pragma once

#include <memory>

#include "coordinator/host/host.h"
#include "coordinator/rpc/streams.h"
#include "evensweep/v1/agent_link.grpc.pb.h"

namespace evensweep::coordinator {

class AgentStream;

class AgentLinkService final : public v1::AgentLink::CallbackService {
 public:
  explicit AgentLinkService(Host& host) : host_(host) {}
  grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* Connect(
      grpc::CallbackServerContext* context) override;
  void end_all();

 private:
  Host& host_;
  Streams<AgentStream> streams_;
};

}  // namespace evensweep::coordinator

#pragma once

#include "coordinator/host/control.h"
#include "evensweep/v1/agents.grpc.pb.h"

namespace evensweep::coordinator {

class AgentsService final : public v1::Agents::CallbackService {
 public:
  explicit AgentsService(Control& control) : control_(control) {}
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context, const v1::ListAgentsRequest* request,
                                 v1::ListAgentsResponse* response) override;
  grpc::ServerUnaryReactor* Drain(grpc::CallbackServerContext* context, const v1::AgentRequest* request,
                                  v1::AgentView* response) override;
  grpc::ServerUnaryReactor* Release(grpc::CallbackServerContext* context, const v1::AgentRequest* request,
                                    v1::AgentView* response) override;

 private:
  grpc::ServerUnaryReactor* control(grpc::CallbackServerContext* context, const v1::AgentRequest& request,
                                    AgentAction action, v1::AgentView* response);
  Control& control_;
};

}  // namespace evensweep::coordinator

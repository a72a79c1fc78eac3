#include "coordinator/rpc/agents_service.h"

#include <utility>
#include <vector>

#include "common/wire/agents_codec.h"
#include "coordinator/rpc/answer.h"
#include "coordinator/rpc/caller.h"
#include "coordinator/rpc/control_codec.h"

namespace evensweep::coordinator {

grpc::ServerUnaryReactor* AgentsService::List(grpc::CallbackServerContext* context, const v1::ListAgentsRequest*,
                                              v1::ListAgentsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  control_.agents(answer<std::vector<AgentView>>(reactor, [response](const std::vector<AgentView>& agents) {
    for (const AgentView& agent : agents) *response->add_agents() = encode(agent);
  }));
  return reactor;
}

grpc::ServerUnaryReactor* AgentsService::control(grpc::CallbackServerContext* context, const v1::AgentRequest& request,
                                                 AgentAction action, v1::AgentView* response) {
  return serve(context, decode(request, action), [&](AgentControl control, grpc::ServerUnaryReactor* reactor) {
    control.who = caller_name(context->auth_context().get());
    control_.control(std::move(control),
                     answer<AgentView>(reactor, [response](const AgentView& agent) { *response = encode(agent); }));
  });
}

grpc::ServerUnaryReactor* AgentsService::Drain(grpc::CallbackServerContext* context, const v1::AgentRequest* request,
                                               v1::AgentView* response) {
  return control(context, *request, AgentAction::kDrain, response);
}

grpc::ServerUnaryReactor* AgentsService::Release(grpc::CallbackServerContext* context, const v1::AgentRequest* request,
                                                 v1::AgentView* response) {
  return control(context, *request, AgentAction::kRelease, response);
}

}  // namespace evensweep::coordinator

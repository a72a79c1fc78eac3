#include "coordinator/rpc/server.h"

#include <grpcpp/health_check_service_interface.h>

#include <chrono>

#include "common/wire/limits.h"
#include "coordinator/host/host_control.h"
#include "coordinator/rpc/agent_link_service.h"
#include "coordinator/rpc/agents_service.h"
#include "coordinator/rpc/sweeps_service.h"

namespace evensweep::coordinator {

namespace {

// gRPC 1.51 now and then aborts the process (ref_counted.h: prior > 0) when the queue of its callback API goes down
// with the last server or channel that uses it. One server, shut down and empty, holds on to that queue until the
// process ends.
void keep(std::unique_ptr<grpc::Server> server) {
  static const grpc::Server* const kept = server.release();
  static_cast<void>(kept);
}

}  // namespace

RpcServer::RpcServer(Host& host)
    : control_(std::make_unique<HostControl>(host)),
      agent_link_(std::make_unique<AgentLinkService>(host)),
      sweeps_(std::make_unique<SweepsService>(*control_)),
      agents_(std::make_unique<AgentsService>(*control_)) {}

StatusOr<std::unique_ptr<RpcServer>> RpcServer::start(Host& host, const std::vector<std::string>& addresses) {
  std::unique_ptr<RpcServer> self(new RpcServer(host));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  // Two coordinators must not share a port unnoticed, which gRPC would allow.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(wire::kMostMessage);
  self->ports_.resize(addresses.size());
  for (size_t i = 0; i < addresses.size(); ++i)
    builder.AddListeningPort(addresses[i], grpc::InsecureServerCredentials(), &self->ports_[i]);
  builder.RegisterService(self->agent_link_.get());
  builder.RegisterService(self->sweeps_.get());
  builder.RegisterService(self->agents_.get());
  self->server_ = builder.BuildAndStart();
  if (!self->server_)
    return absl::UnavailableError("cannot listen on " +
                                  (addresses.empty() ? "the in-process channel" : addresses.front()));
  return self;
}

RpcServer::~RpcServer() {
  if (!server_) return;
  agent_link_->end_all();
  sweeps_->end_all();
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  server_->Wait();
  keep(std::move(server_));
}

std::shared_ptr<grpc::Channel> RpcServer::in_process_channel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(wire::kMostMessage);
  return server_->InProcessChannel(arguments);
}

}  // namespace evensweep::coordinator

#include "coordinator/rpc/server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <mutex>
#include <utility>

#include "common/base/log.h"
#include "common/wire/limits.h"
#include "coordinator/host/host_control.h"
#include "coordinator/rpc/agent_link_service.h"
#include "coordinator/rpc/agents_service.h"
#include "coordinator/rpc/files_service.h"
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

constexpr Duration kDrain{2000};
constexpr size_t kMostMemory = 256 << 20;  // for what gRPC holds of calls and connections
constexpr int kMostMetadata = 8 << 10;
constexpr int kMostCallsOfAConnection = 256;

void set_limits(grpc::ServerBuilder& builder) {
  // Two coordinators must not share a port unnoticed, which gRPC would allow.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(wire::kMostMessage);
  builder.SetMaxSendMessageSize(wire::kMostMessage);
  builder.SetResourceQuota(grpc::ResourceQuota("coordinator").Resize(kMostMemory));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMostMetadata);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostCallsOfAConnection);
  // A peer that says nothing to the end of its handshake gives its socket back.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  // Clients ping every 20 s (agent/link/channel.cc); more often than every 10 s is an attack to gRPC.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
}

}  // namespace

// The health service, for as long as there is a server.
struct RpcServer::Health {
  std::mutex mutex;
  grpc::HealthCheckServiceInterface* service = nullptr;
};

RpcServer::RpcServer(Host& host, std::shared_ptr<Authorizer> authorizer)
    : authorizer_(std::move(authorizer)),
      control_(std::make_unique<HostControl>(host)),
      agent_link_(std::make_unique<AgentLinkService>(host)),
      sweeps_(std::make_unique<SweepsService>(*control_)),
      agents_(std::make_unique<AgentsService>(*control_)) {}

StatusOr<std::unique_ptr<RpcServer>> RpcServer::start(Host& host, const std::vector<std::string>& addresses,
                                                      const ServerSecurity& security, BlobFolder* files) {
  static const SystemClock clock;
  const bool open = !security.has_tokens && security.client_ca.empty();
  std::unique_ptr<RpcServer> self(new RpcServer(host, std::make_shared<Authorizer>(clock, security.tokens, open)));
  self->authorizer_->tell_refusals([&host](Audited row) {
    host.look([row = std::move(row)](const StatusOr<Host::Sight>& sight) {
      if (!sight.ok()) return;
      const Status stored = sight->store.commit(std::vector<Record>{row}, sight->unix_millis);
      if (!stored.ok())
        log(LogLevel::kError, "audit", "a refusal could not be stored: " + std::string(stored.message()));
    });
  });
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  set_limits(builder);
  self->ports_.resize(addresses.size());
  for (size_t i = 0; i < addresses.size(); ++i) {
    EV_ASSIGN_OR_RETURN(const Address address, parse_address(addresses[i]));
    EV_RETURN_IF_ERROR(check_exposure(address, security));
    builder.AddListeningPort(address.text(), server_credentials(address, security, self->authorizer_),
                             &self->ports_[i]);
  }
  builder.RegisterService(self->agent_link_.get());
  builder.RegisterService(self->sweeps_.get());
  builder.RegisterService(self->agents_.get());
  if (files != nullptr) {
    self->files_ = std::make_unique<FilesService>(*files);
    builder.RegisterService(self->files_.get());
  }
  self->server_ = builder.BuildAndStart();
  if (!self->server_)
    return absl::UnavailableError("cannot listen on " +
                                  (addresses.empty() ? "the in-process channel" : addresses.front()) +
                                  "; if another program has it (ss -ltnp shows which), choose another --listen");
  self->tell_health(host);
  return self;
}

// A coordinator that cannot store what it does is there, but not of use: probes are to see that.
void RpcServer::tell_health(Host& host) {
  health_ = std::make_shared<Health>();
  health_->service = server_->GetHealthCheckService();
  host.listen_to_health([health = health_](const Status& status) {
    const std::lock_guard lock(health->mutex);
    if (health->service != nullptr) health->service->SetServingStatus(status.ok());
  });
}

RpcServer::~RpcServer() { stop(kDrain); }

void RpcServer::stop(Duration drain) {
  if (!server_) return;
  {
    const std::lock_guard lock(health_->mutex);
    if (health_->service != nullptr) health_->service->SetServingStatus(false);
    health_->service = nullptr;
  }
  agent_link_->end_all();
  sweeps_->end_all();
  if (files_) files_->end_all();
  server_->Shutdown(std::chrono::system_clock::now() + drain);
  server_->Wait();
  keep(std::move(server_));
}

void RpcServer::put_to_proof() {
  agent_link_->end_all();
  sweeps_->end_followed();
}

std::shared_ptr<grpc::Channel> RpcServer::in_process_channel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(wire::kMostMessage);
  return server_->InProcessChannel(arguments);
}

}  // namespace evensweep::coordinator

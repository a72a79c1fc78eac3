#pragma once
// The gRPC face of a coordinator. Handlers decode, check and post; they decide nothing and never block.

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "coordinator/host/control.h"
#include "coordinator/host/host.h"
#include "coordinator/rpc/grpc_status.h"

namespace evensweep::coordinator {

class AgentLinkService;
class AgentsService;
class SweepsService;

class RpcServer {
 public:
  // Listens on each address ("127.0.0.1:0", "unix:/path"); with none, only the in-process channel leads here.
  static StatusOr<std::unique_ptr<RpcServer>> start(Host& host, const std::vector<std::string>& addresses);
  // Ends all streams and waits for the handlers.
  ~RpcServer();

  // A channel to this server without a network.
  std::shared_ptr<grpc::Channel> in_process_channel();
  // The ports chosen for the addresses, in their order (0 for unix sockets).
  const std::vector<int>& ports() const { return ports_; }

 private:
  explicit RpcServer(Host& host);
  std::unique_ptr<Control> control_;
  std::unique_ptr<AgentLinkService> agent_link_;
  std::unique_ptr<SweepsService> sweeps_;
  std::unique_ptr<AgentsService> agents_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<int> ports_;
};

}  // namespace evensweep::coordinator

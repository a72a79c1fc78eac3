#pragma once
// The gRPC face of a coordinator. Handlers decode, check and post; they decide nothing and never block.

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/blob_folder.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/host/control.h"
#include "coordinator/host/host.h"
#include "coordinator/rpc/credentials.h"
#include "coordinator/rpc/grpc_status.h"

namespace evensweep::coordinator {

class AgentLinkService;
class AgentsService;
class FilesService;
class SweepsService;

class RpcServer {
 public:
  // Listens on each address ("127.0.0.1:0", "unix:/path"); with none, only the in-process channel leads here.
  // InvalidArgument for what is no address, FailedPrecondition for one that check_exposure() refuses, Unavailable for
  // one that is taken. `files`, if there are any, must live longer.
  static StatusOr<std::unique_ptr<RpcServer>> start(Host& host, const std::vector<std::string>& addresses,
                                                    const ServerSecurity& security = {}, BlobFolder* files = nullptr);
  // As stop(), if that was not done.
  ~RpcServer();

  // The health service says NOT_SERVING, all streams end, other calls have `drain` to finish before they are cancelled.
  // Whatever an agent said last and got no acknowledgement for, it says again to the next coordinator.
  void stop(Duration drain);

  // Ends what stands open for as long as its caller wishes: agents' streams, watches and logs that are followed. Their
  // callers come again by themselves, and show anew who they are. No run is harmed by it.
  void put_to_proof();

  // A channel to this server without a network. Who has it may do everything.
  std::shared_ptr<grpc::Channel> in_process_channel();
  // The ports chosen for the addresses, in their order (0 for unix sockets).
  const std::vector<int>& ports() const { return ports_; }
  Authorizer& authorizer() { return *authorizer_; }
  // What all that people ask goes through, over whatever protocol.
  Control& control() { return *control_; }

 private:
  struct Health;

  RpcServer(Host& host, std::shared_ptr<Authorizer> authorizer);
  void tell_health(Host& host);
  std::shared_ptr<Authorizer> authorizer_;
  std::unique_ptr<Control> control_;
  std::unique_ptr<AgentLinkService> agent_link_;
  std::unique_ptr<SweepsService> sweeps_;
  std::unique_ptr<AgentsService> agents_;
  std::unique_ptr<FilesService> files_;  // absent without a folder for them
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<Health> health_;
  std::vector<int> ports_;
};

}  // namespace evensweep::coordinator

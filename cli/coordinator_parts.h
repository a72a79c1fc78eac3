#pragma once
// What a coordinator is made of, for the long-lived program and for `run`, which has one in its own process.

#include <memory>
#include <string>
#include <vector>

#include "common/base/blob_folder.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/host/host.h"
#include "coordinator/rpc/server.h"
#include "coordinator/store/state_folder.h"

namespace evensweep {

// Taken down in the opposite order.
struct CoordinatorParts {
  coordinator::StateFolder folder;
  std::unique_ptr<BlobFolder> files;  // data sets, checkpoints, logs by digest
  std::unique_ptr<coordinator::Host> host;
  std::unique_ptr<coordinator::RpcServer> server;
};

// On what `folder` holds. Without addresses only the server's in-process channel leads to it. `clock` must live longer.
StatusOr<CoordinatorParts> start_coordinator(coordinator::StateFolder folder, const std::vector<std::string>& addresses,
                                             const coordinator::ServerSecurity& security, const Clock& clock,
                                             const coordinator::CoreOptions& options);

}  // namespace evensweep

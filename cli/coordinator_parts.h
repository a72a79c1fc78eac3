#pragma once
// What a coordinator is made of, for the long-lived program and for `run`, which has one in its own process.

#include <memory>
#include <string>
#include <vector>

#include "common/base/blob_folder.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/host/host.h"
#include "coordinator/http/pages/desk.h"
#include "coordinator/http/web.h"
#include "coordinator/rpc/server.h"
#include "coordinator/store/state_folder.h"

namespace evensweep {

// Taken down in the opposite order.
struct CoordinatorParts {
  coordinator::StateFolder folder;
  std::unique_ptr<BlobFolder> files;  // data sets, checkpoints, logs by digest
  std::unique_ptr<coordinator::Host> host;
  std::unique_ptr<coordinator::RpcServer> server;
  std::unique_ptr<coordinator::Doorkeeper> door;  // of the next one
  std::shared_ptr<coordinator::Desk> desk;        // of the dashboard
  std::unique_ptr<coordinator::Web> web;          // absent unless it was asked for
};

// On what `folder` holds. Without addresses only the server's in-process channel leads to it. `clock` must live longer.
StatusOr<CoordinatorParts> start_coordinator(coordinator::StateFolder folder, const std::vector<std::string>& addresses,
                                             const coordinator::ServerSecurity& security, const Clock& clock,
                                             const coordinator::CoreOptions& options);

// Serves the dashboard and the HTTP interfaces of `parts` on HOST:PORT: plain on loopback, else with the TLS of
// `security`. Errors as of start_coordinator.
Status start_web(CoordinatorParts& parts, const std::string& address, const coordinator::ServerSecurity& security,
                 const std::vector<std::string>& hosts, const Clock& clock, const coordinator::HttpLimits& limits = {});

// "http://127.0.0.1:7079", with the port that was chosen.
std::string web_address(const CoordinatorParts& parts, const std::string& address);

}  // namespace evensweep

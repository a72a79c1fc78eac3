#include "cli/coordinator_parts.h"

#include <utility>

#include "coordinator/store/sqlite_store.h"

namespace evensweep {
StatusOr<CoordinatorParts> start_coordinator(coordinator::StateFolder folder, const std::vector<std::string>& addresses,
                                             const coordinator::ServerSecurity& security, const Clock& clock,
                                             const coordinator::CoreOptions& options) {
  // The database needs room as well.
  EV_ASSIGN_OR_RETURN(std::unique_ptr<BlobFolder> files,
                      BlobFolder::open(folder.path() + "/files", {.keep_free = space_to_keep(folder.path())}));
  EV_ASSIGN_OR_RETURN(std::unique_ptr<coordinator::SqliteStore> store, coordinator::SqliteStore::open(folder.path()));
  EV_ASSIGN_OR_RETURN(std::unique_ptr<coordinator::Host> host,
                      coordinator::Host::start(std::move(store), clock, options));
  EV_ASSIGN_OR_RETURN(std::unique_ptr<coordinator::RpcServer> server,
                      coordinator::RpcServer::start(*host, addresses, security, files.get()));
  return CoordinatorParts{std::move(folder), std::move(files), std::move(host), std::move(server)};
}

}  // namespace evensweep

#include "cli/coordinator_parts.h"

#include <utility>

#include "coordinator/store/sqlite_store.h"

namespace evensweep {
namespace {

// Of the disk, for the database.
constexpr uint64_t kKeepFree = uint64_t{1} << 30;

}  // namespace

StatusOr<CoordinatorParts> start_coordinator(coordinator::StateFolder folder, const std::vector<std::string>& addresses,
                                             const coordinator::ServerSecurity& security, const Clock& clock,
                                             const coordinator::CoreOptions& options) {
  EV_ASSIGN_OR_RETURN(std::unique_ptr<BlobFolder> files,
                      BlobFolder::open(folder.path() + "/files", {.keep_free = kKeepFree}));
  EV_ASSIGN_OR_RETURN(std::unique_ptr<coordinator::SqliteStore> store, coordinator::SqliteStore::open(folder.path()));
  EV_ASSIGN_OR_RETURN(std::unique_ptr<coordinator::Host> host,
                      coordinator::Host::start(std::move(store), clock, options));
  EV_ASSIGN_OR_RETURN(std::unique_ptr<coordinator::RpcServer> server,
                      coordinator::RpcServer::start(*host, addresses, security, files.get()));
  return CoordinatorParts{std::move(folder), std::move(files), std::move(host), std::move(server)};
}

}  // namespace evensweep

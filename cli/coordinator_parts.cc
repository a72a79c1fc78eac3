#include "cli/coordinator_parts.h"

#include <utility>

#include "cli/web_door.h"
#include "common/base/address.h"
#include "coordinator/http/pages/overview.h"
#include "coordinator/http/pages/site.h"
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
  return CoordinatorParts{std::move(folder), std::move(files), std::move(host), std::move(server),
                          nullptr,           nullptr,          nullptr};
}

Status start_web(CoordinatorParts& parts, const std::string& address, const coordinator::ServerSecurity& security,
                 const std::vector<std::string>& hosts, const Clock& clock, const coordinator::HttpLimits& limits) {
  EV_ASSIGN_OR_RETURN(const Address parsed, parse_address(address));
  EV_RETURN_IF_ERROR(coordinator::check_exposure(parsed, security));
  coordinator::WebOptions options{.address = address, .limits = limits, .version = EVENSWEEP_VERSION, .hosts = hosts};
  if (!parsed.is_local())
    options.tls = {.certificate = security.certificate,
                   .key = security.key,
                   .client_ca = security.client_ca,
                   .client_certificate_required = security.client_certificate_required};
  EV_ASSIGN_OR_RETURN(parts.desk, coordinator::Desk::open(parts.folder.path()));
  options.pages = [desk = parts.desk](coordinator::Router& router, const coordinator::WebParts& web) {
    coordinator::add_pages(router, web, desk);
  };
  options.error_page = coordinator::error_page;
  parts.door = std::make_unique<WebDoor>(parts.server->authorizer());
  EV_ASSIGN_OR_RETURN(parts.web,
                      coordinator::Web::start(parts.server->control(), *parts.door, clock, std::move(options)));
  return absl::OkStatus();
}

std::string web_address(const CoordinatorParts& parts, const std::string& address) {
  StatusOr<Address> parsed = parse_address(address);
  if (!parsed.ok() || !parts.web) return "";
  parsed->port = parts.web->port();
  return (parsed->is_local() ? "http://" : "https://") + parsed->text();
}

}  // namespace evensweep

#include "cli/coordinator.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <future>
#include <memory>
#include <optional>

#include "cli/coordinator_chores.h"
#include "cli/coordinator_config.h"
#include "cli/coordinator_parts.h"
#include "cli/exit_code.h"
#include "cli/file_limit.h"
#include "cli/grpc_log.h"
#include "cli/places.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "common/base/address.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "coordinator/host/blob_cleaning.h"
#include "coordinator/store/backup.h"

namespace evensweep {
namespace {

constexpr Duration kDrain{5000};
constexpr Duration kTick{1000};
constexpr const char* kDefaultListen = "127.0.0.1:7077";

struct CoordinatorOptions {
  std::vector<std::string> listen;
  std::string state, config, certificate, key, client_ca, tokens, http, ready_file;
  std::optional<std::string> backup;  // to restore; empty: the newest
};

StatusOr<CoordinatorSettings> settings_of(const CoordinatorOptions& options) {
  CoordinatorSettings settings;
  if (!options.config.empty()) {
    EV_ASSIGN_OR_RETURN(const std::string text, read_file(options.config));
    EV_ASSIGN_OR_RETURN(settings, parse_coordinator_settings(text, options.config));
  }
  if (!options.listen.empty()) settings.listen = options.listen;
  if (settings.listen.empty()) settings.listen = {kDefaultListen};
  const auto replace = [](std::string& value, const std::string& flag) {
    if (!flag.empty()) value = flag;
  };
  replace(settings.state, options.state);
  replace(settings.certificate, options.certificate);
  replace(settings.key, options.key);
  replace(settings.client_ca, options.client_ca);
  replace(settings.tokens, options.tokens);
  replace(settings.http, options.http);
  EV_RETURN_IF_ERROR(check_http_address(settings.http));
  EV_ASSIGN_OR_RETURN(settings.state, state_folder(settings.state));
  return settings;
}

// The addresses with the ports that were chosen.
StatusOr<std::vector<std::string>> listening(const CoordinatorSettings& settings, const std::vector<int>& ports) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < ports.size(); ++i) {
    EV_ASSIGN_OR_RETURN(Address address, parse_address(settings.listen[i]));
    address.port = ports[i];
    texts.push_back(address.text());
  }
  return texts;
}

std::string protection(const coordinator::ServerSecurity& security) {
  if (!security.tls()) return security.has_tokens ? "plaintext, tokens" : "plaintext, open to this machine";
  std::string text = "TLS";
  if (!security.client_ca.empty())
    text += security.client_certificate_required ? ", client certificates" : ", client certificates if there are any";
  return security.has_tokens ? text + ", tokens" : text;
}

// A damaged database is where the backups are for.
Status with_advice(const Status& status, const std::string& state) {
  if (!absl::IsDataLoss(status)) return status;
  const size_t backups = coordinator::Backups::list(state).size();
  if (backups == 0) return status;
  return absl::DataLossError(
      fmt::format("{}; the same command with --restore brings back the newest of {} backups in {}/backups",
                  std::string(status.message()), backups, state));
}

Status restore(const CoordinatorOptions& options) {
  EV_ASSIGN_OR_RETURN(const CoordinatorSettings settings, settings_of(options));
  EV_ASSIGN_OR_RETURN(const coordinator::StateFolder folder, coordinator::StateFolder::hold(settings.state));
  EV_ASSIGN_OR_RETURN(const std::string old, coordinator::restore_backup(folder.path(), options.backup.value_or(""),
                                                                         SystemClock().unix_millis()));
  say("restored " + folder.path() + "/evensweep.db" + (old.empty() ? "" : "; what was there is kept as " + old));
  return absl::OkStatus();
}

// Where the dashboard is; empty: there is none. A port that nobody asked for and that is taken costs the dashboard
// alone.
StatusOr<std::string> dashboard(CoordinatorParts& parts, const CoordinatorSettings& settings,
                                const coordinator::ServerSecurity& security, const Clock& clock) {
  if (settings.http == kNoHttp) return "";
  const std::string address = settings.http.empty() ? kDefaultHttp : settings.http;
  const Status started = start_web(parts, address, security, settings.http_hosts, clock, settings.http_limits);
  if (absl::IsUnavailable(started) && settings.http.empty()) {
    say("no dashboard: " + std::string(started.message()) + " with --http HOST:PORT");
    return "";
  }
  EV_RETURN_IF_ERROR(started);
  return web_address(parts, address);
}

Status serve(const CoordinatorOptions& options) {
  Signals signals;
  set_log_level(LogLevel::kInfo);
  adopt_grpc_log(LogLevel::kWarning);
  raise_file_limit();
  static const SystemClock clock;
  EV_ASSIGN_OR_RETURN(const CoordinatorSettings settings, settings_of(options));
  EV_ASSIGN_OR_RETURN(const coordinator::ServerSecurity security, read_security(settings));
  EV_ASSIGN_OR_RETURN(coordinator::StateFolder folder, coordinator::StateFolder::hold(settings.state));
  StatusOr<CoordinatorParts> parts =
      start_coordinator(std::move(folder), settings.listen, security, clock, settings.core);
  EV_RETURN_IF_ERROR(with_advice(parts.status(), settings.state));
  EV_ASSIGN_OR_RETURN(const std::vector<std::string> addresses, listening(settings, parts->server->ports()));
  say(fmt::format("coordinator listens on {} ({}), state in {}", fmt::join(addresses, ", "), protection(security),
                  settings.state));
  EV_ASSIGN_OR_RETURN(const std::string web, dashboard(*parts, settings, security, clock));
  if (!web.empty()) say("dashboard on " + web);
  if (!options.ready_file.empty())
    EV_RETURN_IF_ERROR(replace_file(options.ready_file,
                                    fmt::format("{}\n{}{}", fmt::join(addresses, "\n"), web, web.empty() ? "" : "\n")));
  {
    TokenFile tokens(settings.tokens, security.tokens, parts->server->authorizer(), clock,
                     [&] { parts->server->put_to_proof(); });
    coordinator::BlobCleaning cleaning(*parts->host, *parts->files, clock);
    BackupSchedule backups({settings.state, settings.backups_kept}, settings.backup_interval, clock);
    do {
      tokens.look();
      backups.look();
      cleaning.look();
    } while (!signals.wait(kTick));
    say("stopping: agents keep training and come back to the next coordinator");
  }
  auto stopped = std::async(std::launch::async, [&] {
    parts->web.reset();
    parts->server->stop(kDrain);
    parts->host.reset();  // closes the store, which writes its log back
  });
  leave_at_next(signals, stopped);
  return absl::OkStatus();
}

}  // namespace

void add_coordinator(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CoordinatorOptions>();
  CLI::App* verb = app.add_subcommand("coordinator", "Give the runs of sweeps to the agents of many machines");
  verb->footer(
      "Examples:\n"
      "  evensweep coordinator                               for this machine alone, on 127.0.0.1:7077\n"
      "  evensweep coordinator --config lab/coordinator.yaml  for a lab; \"evensweep certs init lab\" makes the file\n"
      "docs/operating.md says more.");
  verb->add_option("--listen", options->listen, "HOST:PORT or unix:PATH, also several times (default: 127.0.0.1:7077)");
  verb->add_option("--state", options->state, "State folder (default: $EVENSWEEP_STATE or ~/.local/state/evensweep)");
  verb->add_option("--config", options->config, "Configuration file (docs/format/coordinator.md)");
  verb->add_option("--cert", options->certificate, "TLS certificate of this coordinator");
  verb->add_option("--key", options->key, "Key of that certificate");
  verb->add_option("--client-ca", options->client_ca, "Ask for client certificates of this CA");
  verb->add_option("--tokens", options->tokens, "File with the hashes of tokens that are accepted");
  verb->add_option("--http", options->http,
                   "HOST:PORT of the dashboard, or \"none\" (default: 127.0.0.1:7079 where that is free)");
  verb->add_option("--ready-file", options->ready_file, "File to write the addresses to once calls are accepted");
  CLI::Option* backup = verb->add_option("--restore", options->backup,
                                         "Put a backup in the place of the database, the newest by default, and end")
                            ->expected(0, 1);
  verb->callback([options, backup, &exit_code] {
    const Status status = backup->count() > 0 ? restore(*options) : serve(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = absl::IsUnavailable(status) ? kFailed : exit_code_of(status);
  });
}

}  // namespace evensweep

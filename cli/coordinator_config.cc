#include "cli/coordinator_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/connection_settings.h"
#include "cli/secret_file.h"
#include "common/base/address.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr int64_t kMostMinutes = 7 * 24 * 60;

std::vector<std::string> read_addresses(const Value& value) {
  std::vector<std::string> addresses;
  for (const Value& item : value.one_or_list()) {
    addresses.push_back(item.text().value_or(""));
    if (const auto address = parse_address(addresses.back()); !address.ok())
      item.fail(std::string(address.status().message()));
  }
  return addresses;
}

std::string read_path(Section& section, const char* name, const std::string& file_name) {
  const std::string path = section.text(name, "");
  return path.empty() ? path : path_from(file_name, path);
}

void read_tls(const Value& value, const std::string& file_name, CoordinatorSettings& settings) {
  Section tls(value);
  settings.certificate = read_path(tls, "cert", file_name);
  settings.key = read_path(tls, "key", file_name);
  settings.client_ca = read_path(tls, "client_ca", file_name);
  settings.client_certificate_required =
      tls.word("client_certificates", "required", {"required", "optional"}) == "required";
  if (settings.certificate.empty() || settings.key.empty()) tls.fail("needs both cert and key");
  tls.end();
}

void read_http(const Value& value, CoordinatorSettings& settings) {
  Section http(value);
  settings.http = http.text("listen", "");
  if (const Status status = check_http_address(settings.http); !status.ok()) http.fail(std::string(status.message()));
  if (const auto hosts = http.find("hosts"))
    for (const Value& item : hosts->one_or_list()) settings.http_hosts.push_back(item.text().value_or(""));
  coordinator::HttpLimits& limits = settings.http_limits;
  const auto count = [&](const char* name, size_t usual) {
    return static_cast<size_t>(http.integer(name, static_cast<int64_t>(usual), 1, 100'000));
  };
  limits.connections = count("connections", limits.connections);
  limits.per_peer = count("connections_per_peer", limits.per_peer);
  limits.streams = limits.connections - limits.connections / 8;
  http.end();
}

// Seconds, fractions too: tests of whole clusters have leases of a second.
void read_timeouts(const Value& value, coordinator::CoreOptions& options) {
  Section timeouts(value);
  const auto read = [&](const char* name, Duration& into) {
    const double seconds = static_cast<double>(into.count()) / 1000;
    into = Duration(static_cast<int64_t>(1000 * timeouts.number(name, seconds, {.least = 0.01, .most = 86400})));
  };
  read("heartbeat", options.heartbeat);
  read("suspect", options.suspect);
  read("lease", options.lease);
  read("start_grace", options.start_grace);
  read("brake", options.brake);
  read("quarantine", options.quarantine);
  read("backoff", options.first_backoff);
  if (options.heartbeat >= options.suspect || options.suspect > options.lease)
    timeouts.fail("needs heartbeat < suspect <= lease");
  timeouts.end();
}

// The first moment after the day, in UTC.
std::optional<int64_t> end_of_day(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0;
  int used = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &used) != 3 ||
      static_cast<size_t>(used) != text.size())
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  const auto end = std::chrono::sys_days(date) + std::chrono::days(1);
  return std::chrono::duration_cast<std::chrono::milliseconds>(end.time_since_epoch()).count();
}

coordinator::TokenEntry read_token(const Value& value) {
  coordinator::TokenEntry entry;
  Section token(value);
  if (const auto name = token.need("name")) entry.name = name->text().value_or("");
  if (const auto scopes = token.need("scopes"))
    for (const Value& item : scopes->list())
      if (const auto word = item.word({"read", "submit", "agent", "admin"}))
        entry.scopes.insert(*coordinator::scope_named(*word));
  if (const auto digest = token.need("sha256")) {
    entry.sha256 = digest->text().value_or("");
    if (!is_sha256(entry.sha256)) digest->fail("is no SHA-256; \"evensweep certs token\" writes this entry");
  }
  if (const auto expires = token.find("expires")) {
    entry.expires_millis = end_of_day(expires->text().value_or(""));
    if (!entry.expires_millis) expires->fail("is no date; give the last day as YYYY-MM-DD");
  }
  token.end();
  return entry;
}

}  // namespace

Status check_http_address(const std::string& text) {
  if (text.empty() || text == kNoHttp) return absl::OkStatus();
  const StatusOr<Address> address = parse_address(text);
  if (address.ok() && address->path.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("the dashboard listens on HOST:PORT, or not at all with \"none\"; " +
                                    in_quotes(text) + " is neither");
}

StatusOr<CoordinatorSettings> parse_coordinator_settings(std::string_view text, const std::string& file_name) {
  CoordinatorSettings settings;
  EV_RETURN_IF_ERROR(read_settings(text, file_name, "version: 1, listen: HOST:PORT, ...", [&](Section& top) {
    if (const auto listen = top.find("listen")) settings.listen = read_addresses(*listen);
    settings.state = read_path(top, "state", file_name);
    if (const auto tls = top.find("tls")) read_tls(*tls, file_name, settings);
    settings.tokens = read_path(top, "tokens", file_name);
    if (const auto http = top.find("http")) read_http(*http, settings);
    if (const auto backup = top.find("backup")) {
      Section section(*backup);
      settings.backup_interval = std::chrono::minutes(section.integer("minutes", 10, 1, kMostMinutes));
      settings.backups_kept = section.integer("keep", settings.backups_kept, 1, 1000);
      section.end();
    }
    if (const auto timeouts = top.find("timeouts")) read_timeouts(*timeouts, settings.core);
  }));
  return settings;
}

StatusOr<std::vector<coordinator::TokenEntry>> parse_tokens(std::string_view text, const std::string& file_name) {
  std::vector<coordinator::TokenEntry> tokens;
  EV_RETURN_IF_ERROR(read_settings(text, file_name, "version: 1, tokens: ...", [&](Section& top) {
    if (const auto list = top.find("tokens"))
      for (const Value& item : list->list()) tokens.push_back(read_token(item));
  }));
  return tokens;
}

StatusOr<std::vector<coordinator::TokenEntry>> read_tokens(const std::string& file) {
  EV_ASSIGN_OR_RETURN(const std::string text, read_secret_file(file));
  return parse_tokens(text, file);
}

StatusOr<coordinator::ServerSecurity> read_security(const CoordinatorSettings& settings) {
  coordinator::ServerSecurity security;
  if (settings.certificate.empty() != settings.key.empty())
    return absl::InvalidArgumentError("a certificate and its key go together; give both --cert and --key");
  if (!settings.client_ca.empty() && settings.certificate.empty())
    return absl::InvalidArgumentError("--client-ca needs TLS; give --cert and --key as well");
  if (!settings.certificate.empty()) {
    EV_ASSIGN_OR_RETURN(security.certificate, read_file(settings.certificate));
    EV_ASSIGN_OR_RETURN(security.key, read_secret_file(settings.key));
  }
  if (!settings.client_ca.empty()) {
    EV_ASSIGN_OR_RETURN(security.client_ca, read_file(settings.client_ca));
  }
  security.client_certificate_required = settings.client_certificate_required;
  if (!settings.tokens.empty()) {
    EV_ASSIGN_OR_RETURN(security.tokens, read_tokens(settings.tokens));
    security.has_tokens = true;
  }
  return security;
}

}  // namespace evensweep

#include "cli/certs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/certificates.h"
#include "cli/coordinator_config.h"
#include "cli/exit_code.h"
#include "cli/secret_file.h"
#include "cli/terminal.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr int64_t kAuthorityDays = 3650, kCertificateDays = 730;

struct CertsOptions {
  std::string folder, name;
  std::vector<std::string> hosts, scopes;
  int64_t days = kCertificateDays;

  std::string file(const std::string& leaf) const { return (std::filesystem::path(folder) / leaf).string(); }
  Validity validity(int64_t for_days) const {
    return {.unix_seconds = SystemClock().unix_millis() / 1000, .days = for_days};
  }
};

// The last day, as YYYY-MM-DD.
std::string last_day(const Validity& validity) {
  const std::chrono::sys_seconds end{std::chrono::seconds(validity.unix_seconds) + std::chrono::days(validity.days)};
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(end));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

// Names are parts of file names.
Status check_name(const std::string& name) {
  const auto fit = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  bool good = !name.empty() && name.size() <= 64 && fit(name[0]);
  for (const char c : name) good = good && (fit(c) || c == '.' || c == '-' || c == '_');
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(in_quotes(name) +
                                    " is no name: up to 64 letters, digits, . - _, a letter or digit first");
}

std::vector<std::string> units_of(const std::vector<std::string>& scopes) {
  std::vector<std::string> units;
  for (const std::string& scope : scopes) units.push_back("evensweep-" + scope);
  return units;
}

// The certificate is made readable for all, the key for its owner alone.
Status write_pair(const CertsOptions& options, const std::string& leaf, const CertifiedKey& pair) {
  const std::string certificate = options.file(leaf + ".crt");
  std::error_code ignored;
  if (std::filesystem::exists(certificate, ignored))
    return absl::AlreadyExistsError(certificate + " is there already and is not overwritten; move it away");
  EV_RETURN_IF_ERROR(write_secret_file(options.file(leaf + ".key"), pair.key));
  return write_file_atomically(certificate, pair.certificate);
}

StatusOr<CertifiedKey> read_authority(const CertsOptions& options) {
  CertifiedKey authority;
  const StatusOr<std::string> certificate = read_file(options.file("ca.crt"));
  if (absl::IsNotFound(certificate.status()))
    return absl::NotFoundError("there is no " + options.file("ca.crt") + "; make one with \"evensweep certs init\"");
  EV_RETURN_IF_ERROR(certificate.status());
  authority.certificate = *certificate;
  EV_ASSIGN_OR_RETURN(authority.key, read_secret_file(options.file("ca.key")));
  return authority;
}

Status issue_to(const CertsOptions& options, const std::string& leaf, const CertificateRequest& request) {
  EV_ASSIGN_OR_RETURN(const CertifiedKey authority, read_authority(options));
  const Validity validity = options.validity(options.days);
  EV_ASSIGN_OR_RETURN(const CertifiedKey pair, issue(authority, request, validity));
  EV_RETURN_IF_ERROR(write_pair(options, leaf, pair));
  say(fmt::format("{}: valid to {}", options.file(leaf + ".crt"), last_day(validity)));
  return absl::OkStatus();
}

// Adds the hash to tokens.yaml and writes the token, which nothing shows again, to NAME.token.
Status add_token(const CertsOptions& options) {
  EV_RETURN_IF_ERROR(check_name(options.name));
  const std::string list = options.file("tokens.yaml"), file = options.file(options.name + ".token");
  std::string text = "version: 1\ntokens:\n";
  const StatusOr<std::string> present = read_secret_file(list);
  if (present.ok()) {
    EV_ASSIGN_OR_RETURN(const auto known, parse_tokens(*present, list));
    for (const coordinator::TokenEntry& entry : known)
      if (entry.name == options.name)
        return absl::AlreadyExistsError(list + " has a token " + options.name + " already; choose another name");
    if (!known.empty()) text = *present;
  } else if (!absl::IsNotFound(present.status())) {
    return present.status();
  }
  EV_ASSIGN_OR_RETURN(const std::string token, new_token());
  const Validity validity = options.validity(options.days);
  text += fmt::format("  - {{name: {}, scopes: [{}], sha256: {}, expires: {}}}\n", options.name,
                      fmt::join(options.scopes, ", "), sha256_hex(token), last_day(validity));
  EV_RETURN_IF_ERROR(parse_tokens(text, list).status());
  EV_RETURN_IF_ERROR(write_secret_file(file, token + "\n"));
  EV_RETURN_IF_ERROR(replace_secret_file(list, text));
  say(fmt::format("{}: scopes {}, valid to {}; the coordinator needs {}", file, fmt::join(options.scopes, ", "),
                  last_day(validity), list));
  return absl::OkStatus();
}

constexpr std::string_view kCoordinatorFile = R"(# evensweep coordinator --config coordinator.yaml
version: 1
listen: ["127.0.0.1:7077", "0.0.0.0:7078"]
tls: {cert: server.crt, key: server.key, client_ca: ca.crt}
tokens: tokens.yaml
)";
constexpr std::string_view kAgentFile =
    R"(# evensweep agent --config agent.yaml; agent.key is enough to take part: copy it only to machines of the lab
version: 1
coordinator: "{}:7078"
ca: ca.crt
cert: agent.crt
key: agent.key
)";
constexpr std::string_view kClientFile =
    R"(# Copy it with the files it names to ~/.config/evensweep/ of those who may do everything.
version: 1
coordinator: "{}:7078"
ca: ca.crt
cert: client.crt
key: client.key
)";

Status write_settings(const CertsOptions& options) {
  EV_RETURN_IF_ERROR(write_file_atomically(options.file("coordinator.yaml"), kCoordinatorFile));
  EV_RETURN_IF_ERROR(
      write_file_atomically(options.file("agent.yaml"), fmt::format(fmt::runtime(kAgentFile), options.hosts[0])));
  return write_file_atomically(options.file("client.yaml"), fmt::format(fmt::runtime(kClientFile), options.hosts[0]));
}

// This machine's own names belong to every server certificate: the port that is bound to loopback has TLS as well.
CertificateRequest server_request(const CertsOptions& options) {
  std::vector<std::string> hosts = options.hosts;
  for (const char* own : {"localhost", "127.0.0.1", "::1"})
    if (std::find(hosts.begin(), hosts.end(), own) == hosts.end()) hosts.emplace_back(own);
  return {.name = options.hosts[0], .units = {}, .hosts = std::move(hosts)};
}

Status init(const CertsOptions& options) {
  EV_RETURN_IF_ERROR(make_folders(options.folder));
  const Validity validity = options.validity(kAuthorityDays);
  EV_ASSIGN_OR_RETURN(const CertifiedKey authority, make_authority(validity));
  EV_RETURN_IF_ERROR(write_pair(options, "ca", authority));
  say(fmt::format("{}: valid to {}; keep ca.key where only you can read it", options.file("ca.crt"),
                  last_day(validity)));
  EV_RETURN_IF_ERROR(issue_to(options, "server", server_request(options)));
  EV_RETURN_IF_ERROR(issue_to(options, "agent", {.name = "agent", .units = units_of({"agent"})}));
  EV_RETURN_IF_ERROR(issue_to(options, "client", {.name = "client", .units = units_of({"admin"})}));
  CertsOptions token = options;
  token.name = "client";
  token.scopes = {"admin"};
  EV_RETURN_IF_ERROR(add_token(token));
  EV_RETURN_IF_ERROR(write_settings(options));
  say(fmt::format("next: evensweep coordinator --config {}", options.file("coordinator.yaml")));
  return absl::OkStatus();
}

Status server(const CertsOptions& options) { return issue_to(options, "server", server_request(options)); }

Status agent(const CertsOptions& options) {
  EV_RETURN_IF_ERROR(check_name(options.name));
  return issue_to(options, options.name, {.name = options.name, .units = units_of({"agent"})});
}

Status client(const CertsOptions& options) {
  EV_RETURN_IF_ERROR(check_name(options.name));
  return issue_to(options, options.name, {.name = options.name, .units = units_of(options.scopes)});
}

struct CertsVerb {
  const char* name;
  const char* what;
  const char* example;  // behind "evensweep certs"
  Status (*act)(const CertsOptions&);
};

CLI::App* add_verb(CLI::App* certs, const CertsVerb& known, const std::shared_ptr<CertsOptions>& options,
                   int& exit_code) {
  CLI::App* verb = certs->add_subcommand(known.name, known.what);
  verb->footer(std::string("Example:\n  evensweep certs ") + known.example);
  verb->add_option("dir", options->folder, "Folder of the certificate authority")->required();
  verb->add_option("--days", options->days, "How long it is valid (default: 730)")->check(CLI::Range(1, 36500));
  verb->callback([options, act = known.act, &exit_code] {
    const Status status = act(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
  return verb;
}

void add_hosts(CLI::App* verb, CertsOptions& options) {
  verb->add_option("--host", options.hosts, "Name or IP address by which the coordinator is reached, also several")
      ->required();
}

void add_name(CLI::App* verb, CertsOptions& options, const char* what) {
  verb->add_option("name", options.name, what)->required();
}

void add_scopes(CLI::App* verb, CertsOptions& options) {
  verb->add_option("--scope", options.scopes, "read, submit, agent or admin, also several")
      ->required()
      ->check(CLI::IsMember({"read", "submit", "agent", "admin"}));
}

}  // namespace

void add_certs(CLI::App& app, int& exit_code) {
  CLI::App* certs = app.add_subcommand("certs", "Certificates and tokens for a lab of your own");
  certs->require_subcommand(1);
  certs->footer(
      "Examples:\n"
      "  evensweep certs init lab --host gpu-head.example.org    all that a lab needs, with files of configuration\n"
      "  evensweep certs agent lab gpu-1                          a certificate for one machine\n"
      "  evensweep certs token lab alice --scope submit           a token for somebody\n"
      "docs/operating.md says more.");
  const auto fresh = [] { return std::make_shared<CertsOptions>(); };
  auto options = fresh();
  add_hosts(add_verb(certs,
                     {"init", "Make a certificate authority and all that a lab needs",
                      "init lab --host gpu-head.example.org", init},
                     options, exit_code),
            *options);
  options = fresh();
  add_hosts(
      add_verb(certs,
               {"server", "A new certificate for the coordinator", "server lab --host gpu-head.example.org", server},
               options, exit_code),
      *options);
  options = fresh();
  add_name(add_verb(certs, {"agent", "A certificate for the agents of one machine", "agent lab gpu-1", agent}, options,
                    exit_code),
           *options, "Name of the machine; its agents are called so, or NAME.anything");
  options = fresh();
  CLI::App* verb =
      add_verb(certs, {"client", "A certificate for a person or a program", "client lab alice --scope submit", client},
               options, exit_code);
  add_name(verb, *options, "Name, which the coordinator's log shows");
  add_scopes(verb, *options);
  options = fresh();
  verb = add_verb(certs, {"token", "A token for a person or a program", "token lab alice --scope submit", add_token},
                  options, exit_code);
  add_name(verb, *options, "Name, which the coordinator's log shows");
  add_scopes(verb, *options);
}

}  // namespace evensweep

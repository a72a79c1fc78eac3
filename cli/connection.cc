#include "cli/connection.h"

#include <grpcpp/security/credentials.h>

#include <chrono>
#include <map>
#include <utility>

#include "agent/link/channel.h"
#include "cli/connection_settings.h"
#include "cli/grpc_log.h"
#include "cli/places.h"
#include "cli/secret_file.h"
#include "common/base/address.h"
#include "common/base/file.h"
#include "coordinator/rpc/grpc_status.h"

namespace evensweep {
namespace {

// Where no flag was given, the environment's value.
void fill_from_environment(ConnectionOptions& options) {
  const auto fill = [](std::string& value, const char* name) {
    if (value.empty()) value = environment(name);
  };
  fill(options.coordinator, "EVENSWEEP_COORDINATOR");
  fill(options.ca, "EVENSWEEP_CA");
  fill(options.cert, "EVENSWEEP_CERT");
  fill(options.key, "EVENSWEEP_KEY");
  fill(options.token_file, "EVENSWEEP_TOKEN_FILE");
}

StatusOr<ConnectionOptions> from_client_file() {
  const std::string file = config_file("client.yaml");
  if (file.empty()) return ConnectionOptions{};
  const StatusOr<std::string> text = read_file(file);
  if (absl::IsNotFound(text.status())) return ConnectionOptions{};
  EV_RETURN_IF_ERROR(text.status());
  return parse_client_settings(*text, file);
}

// Adds the token to every call. The file is read each time: a token that is changed there counts at once.
class TokenFromFile final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit TokenFromFile(std::string file) : file_(std::move(file)) {}
  const char* GetType() const override { return "token"; }
  grpc::Status GetMetadata(grpc::string_ref, grpc::string_ref, const grpc::AuthContext&,
                           std::multimap<grpc::string, grpc::string>* metadata) override {
    const StatusOr<std::string> token = read_token_file(file_);
    if (!token.ok()) return {grpc::StatusCode::UNAUTHENTICATED, std::string(token.status().message())};
    metadata->emplace("authorization", "Bearer " + *token);
    return grpc::Status::OK;
  }

 private:
  std::string file_;
};

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> tls_credentials(const ConnectionOptions& options) {
  if (options.cert.empty() != options.key.empty())
    return absl::InvalidArgumentError("a certificate and its key go together; give both --cert and --key");
  grpc::SslCredentialsOptions ssl;
  EV_ASSIGN_OR_RETURN(ssl.pem_root_certs, read_file(options.ca));
  if (!options.cert.empty()) {
    EV_ASSIGN_OR_RETURN(ssl.pem_cert_chain, read_file(options.cert));
    EV_ASSIGN_OR_RETURN(ssl.pem_private_key, read_secret_file(options.key));
  }
  return grpc::SslCredentials(ssl);
}

// A secret never leaves this machine in plaintext.
StatusOr<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials(const Address& address,
                                                                        const ConnectionOptions& options) {
  const bool tls = !options.ca.empty();
  if (!tls && !address.is_local())
    return absl::InvalidArgumentError("the coordinator at " + address.text() +
                                      " is on another machine, which needs TLS: give --ca FILE (docs/operating.md)");
  if (!tls && !options.cert.empty())
    return absl::InvalidArgumentError("--cert needs the coordinator's CA as well: give --ca FILE");
  std::shared_ptr<grpc::ChannelCredentials> channel;
  if (tls) {
    EV_ASSIGN_OR_RETURN(channel, tls_credentials(options));
  }
  if (options.token_file.empty()) return tls ? channel : grpc::InsecureChannelCredentials();
  EV_RETURN_IF_ERROR(read_token_file(options.token_file).status());
  if (!tls) channel = grpc::experimental::LocalCredentials(address.path.empty() ? LOCAL_TCP : UDS);
  const auto token = grpc::experimental::MetadataCredentialsFromPlugin(
      std::make_unique<TokenFromFile>(options.token_file), tls ? GRPC_PRIVACY_AND_INTEGRITY : GRPC_SECURITY_NONE);
  return grpc::CompositeChannelCredentials(channel, token);
}

// What gRPC says around the network's own reason helps nobody.
std::string network_reason(std::string said) {
  for (const char* around : {"failed to connect to all addresses; last error: ", "UNKNOWN: ", "UNAVAILABLE: ",
                             "Failed to connect to remote host: "})
    if (const size_t at = said.find(around); at != std::string::npos) said.erase(at, std::string_view(around).size());
  if (const size_t at = said.find(": C-ares"); at != std::string::npos) said.resize(at);
  return said;
}

}  // namespace

void add_connection_options(CLI::App& verb, ConnectionOptions& options) {
  verb.add_option("--coordinator", options.coordinator,
                  "HOST:PORT (default: $EVENSWEEP_COORDINATOR, client.yaml, 127.0.0.1:7077)");
  verb.add_option("--ca", options.ca, "Certificate of the coordinator's CA, for TLS");
  verb.add_option("--cert", options.cert, "Certificate of this client");
  verb.add_option("--key", options.key, "Key of that certificate");
  verb.add_option("--token-file", options.token_file, "File with the token of this client");
}

void Connection::prepare(grpc::ClientContext& context, Duration limit) const {
  if (limit > Duration(0)) context.set_deadline(std::chrono::system_clock::now() + limit);
}

Status Connection::outcome(const grpc::Status& status) const {
  const std::string& said = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return absl::UnavailableError("the coordinator at " + target_ + " is not reached: " + network_reason(said) +
                                    " (evensweep doctor tries each step)");
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::UnavailableError("the coordinator at " + target_ + " did not answer in time");
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return absl::UnauthenticatedError("the coordinator at " + target_ + " refuses this: " + said);
    default: return coordinator::from_grpc(status);
  }
}

StatusOr<ConnectionOptions> resolve(const ConnectionOptions& flags) {
  ConnectionOptions options = flags;
  fill_from_environment(options);
  if (options.coordinator.empty()) {
    EV_ASSIGN_OR_RETURN(ConnectionOptions file, from_client_file());
    const auto fill = [](std::string& value, std::string& from) {
      if (value.empty()) value = std::move(from);
    };
    fill(options.coordinator, file.coordinator);
    fill(options.ca, file.ca);
    fill(options.cert, file.cert);
    fill(options.key, file.key);
    fill(options.token_file, file.token_file);
  }
  if (options.coordinator.empty()) options.coordinator = kDefaultCoordinator;
  return options;
}

StatusOr<Connection> connect(const ConnectionOptions& flags) {
  adopt_grpc_log(LogLevel::kDebug);  // why a call fails is said by its outcome()
  EV_ASSIGN_OR_RETURN(const ConnectionOptions options, resolve(flags));
  EV_ASSIGN_OR_RETURN(const Address address, parse_address(options.coordinator));
  EV_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials,
                      channel_credentials(address, options));
  return Connection(address.text(), coordinator_channel(address.text(), credentials));
}

}  // namespace evensweep

#include "coordinator/rpc/credentials.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <optional>
#include <string_view>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "coordinator/rpc/caller.h"
#include "coordinator/rpc/grpc_status.h"

namespace evensweep::coordinator {
namespace {

constexpr Duration kBetweenLines{100};
constexpr Duration kBetweenRows{10'000};
constexpr std::string_view kBearer = "Bearer ";

std::string certificate_of(const grpc::AuthContext& context) {
  const std::vector<grpc::string_ref> found = context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return found.empty() ? "" : std::string(found[0].data(), found[0].size());
}

// Runs on gRPC's threads, before the handler of the call is called.
class CallCheck final : public grpc::AuthMetadataProcessor {
 public:
  explicit CallCheck(std::shared_ptr<Authorizer> authorizer) : authorizer_(std::move(authorizer)) {}
  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context, OutputMetadata* consumed,
                       OutputMetadata*) override {
    const auto path = metadata.find(":path");
    if (path == metadata.end()) return {grpc::StatusCode::INTERNAL, "a call without a method"};
    std::optional<std::string> token;
    const auto [begin, end] = metadata.equal_range("authorization");
    for (auto header = begin; header != end; ++header) {
      const std::string_view value(header->second.data(), header->second.size());
      if (token || !value.starts_with(kBearer))
        return {grpc::StatusCode::UNAUTHENTICATED, "the authorization of a call is one Bearer token"};
      token = value.substr(kBearer.size());
      consumed->emplace("authorization", std::string(value));  // no handler is to see it
    }
    const std::string_view called(path->second.data(), path->second.size());
    const std::string certificate = certificate_of(*context);
    Status decision = authorizer_->decide(called, token, certificate);
    if (decision.ok() && is_change(called))
      if (const StatusOr<Caller> caller = authorizer_->identify(token, certificate); caller.ok())
        note_caller(*context, caller->name);
    return to_grpc(decision);
  }

 private:
  std::shared_ptr<Authorizer> authorizer_;
};

std::shared_ptr<grpc::ServerCredentials> tls_credentials(const ServerSecurity& security) {
  grpc::SslServerCredentialsOptions options(security.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                            : security.client_certificate_required
                                                ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = security.client_ca;
  options.pem_key_cert_pairs.push_back({security.key, security.certificate});
  return grpc::SslServerCredentials(options);
}

}  // namespace

Authorizer::Authorizer(const Clock& clock, std::vector<TokenEntry> tokens, bool open)
    : clock_(clock), open_(open), tokens_(std::move(tokens)) {}

void Authorizer::replace(std::vector<TokenEntry> tokens) {
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(tokens);
}

Status Authorizer::decide(std::string_view path, const std::optional<std::string>& token,
                          const std::string& certificate) {
  if (!scopes_needed(path) || (open_ && !token && certificate.empty())) return absl::OkStatus();
  const StatusOr<Caller> caller = identify(token, certificate);
  const Status status = caller.ok() ? permit(*caller, path) : caller.status();
  if (!status.ok()) {
    note_refusal("the call " + in_quotes(path), caller.ok() ? caller->name : "somebody", status);
    return status;
  }
  if (is_change(path)) log(LogLevel::kInfo, "audit", caller->name + " calls " + std::string(path));
  return absl::OkStatus();
}

StatusOr<Caller> Authorizer::identify(const std::optional<std::string>& token, const std::string& certificate) {
  if (open_ && !token && certificate.empty())
    return Caller{.name = "this machine", .scopes = {v1::SCOPE_READ, v1::SCOPE_SUBMIT, v1::SCOPE_ADMIN}, .agent = ""};
  const std::lock_guard lock(mutex_);
  return coordinator::identify(tokens_, token, certificate, clock_.unix_millis());
}

// Whoever knocks a thousand times a second is to fill no disk.
void Authorizer::note_refusal(std::string_view what, const std::string& who, const Status& why) {
  const std::string count = " (" + std::to_string(++refused_) + " refused since the start)";
  const std::string reason(why.message());
  const TimePoint now = clock_.now();
  const auto is_due = [&](TimePoint& last, Duration between) {
    const std::lock_guard lock(mutex_);
    if (now - last < between) return false;
    last = now;
    return true;
  };
  if (is_due(last_line_, kBetweenLines))
    log(LogLevel::kWarning, "audit", "refused " + who + " " + std::string(what) + ": " + reason + count);
  if (on_refusal_ && is_due(last_row_, kBetweenRows))
    on_refusal_({.who = who, .what = "refused", .subject = std::string(what), .outcome = reason + count});
}

Status check_exposure(const Address& address, const ServerSecurity& security) {
  if (address.is_local()) return absl::OkStatus();
  const std::string where = "other machines reach " + address.text();
  const std::string advice =
      "; \"evensweep certs init DIR --host NAME\" makes what is needed (docs/operating.md), or listen on 127.0.0.1";
  if (!security.tls()) return absl::FailedPreconditionError(where + ", which needs TLS" + advice);
  const bool certificates = !security.client_ca.empty() && security.client_certificate_required;
  if (!certificates && !security.has_tokens)
    return absl::FailedPreconditionError(where + ", which needs tokens or client certificates beside TLS" + advice);
  return absl::OkStatus();
}

std::shared_ptr<grpc::ServerCredentials> server_credentials(const Address& address, const ServerSecurity& security,
                                                            const std::shared_ptr<Authorizer>& authorizer) {
  if (!security.tls() && !security.has_tokens) return grpc::InsecureServerCredentials();
  std::shared_ptr<grpc::ServerCredentials> credentials =
      security.tls() ? tls_credentials(security)
                     : grpc::experimental::LocalServerCredentials(address.path.empty() ? LOCAL_TCP : UDS);
  credentials->SetAuthMetadataProcessor(std::make_shared<CallCheck>(authorizer));
  return credentials;
}

std::string agent_of(const grpc::AuthContext& context) {
  const std::string certificate = certificate_of(context);
  if (certificate.empty()) return "";
  const StatusOr<Caller> caller = caller_of_certificate(certificate);
  return caller.ok() ? caller->agent : "";
}

}  // namespace evensweep::coordinator

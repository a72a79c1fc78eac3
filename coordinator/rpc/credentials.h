#pragma once
// What a server demands of those who call it: TLS, client certificates, tokens. The one place where calls over the
// network are let through or refused; handlers see only calls that may be made.

#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/server_credentials.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/base/address.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/core/step.h"
#include "coordinator/rpc/access.h"

namespace evensweep::coordinator {

// Decides every call by its method, token and certificate, counts and logs what it refuses, and logs changes.
class Authorizer {
 public:
  // `clock` must live longer. `open`: who presents nothing may do everything, as on a machine's own loopback.
  Authorizer(const Clock& clock, std::vector<TokenEntry> tokens, bool open);

  // From any thread: calls from now on are judged by these.
  void replace(std::vector<TokenEntry> tokens);
  Status decide(std::string_view path, const std::optional<std::string>& token, const std::string& certificate);
  // Who presents these: for what decides by the caller's scopes itself. Unauthenticated as identify().
  StatusOr<Caller> identify(const std::optional<std::string>& token, const std::string& certificate);
  bool is_open() const { return open_; }
  // Counts and logs that somebody was refused a call or a page.
  void note_refusal(std::string_view what, const std::string& who, const Status& why);
  // Before the first call: gets a row for the audit log where somebody was refused, one in ten seconds at most; called
  // on whatever thread decides.
  void tell_refusals(std::function<void(Audited)> listener) { on_refusal_ = std::move(listener); }
  // So many calls were refused.
  uint64_t refused() const { return refused_; }

 private:
  const Clock& clock_;
  const bool open_;
  std::function<void(Audited)> on_refusal_;
  std::mutex mutex_;  // guards the next three
  std::vector<TokenEntry> tokens_;
  TimePoint last_line_{Duration(-1'000'000)};
  TimePoint last_row_{Duration(-1'000'000)};
  std::atomic<uint64_t> refused_ = 0;
};

struct ServerSecurity {
  std::string certificate, key;  // PEM; empty: no TLS
  std::string client_ca;         // PEM; empty: client certificates are not asked for
  bool client_certificate_required = true;
  std::vector<TokenEntry> tokens;
  bool has_tokens = false;  // a token file was given, even if it lists none

  bool tls() const { return !certificate.empty(); }
};

// FailedPrecondition for an address that other machines reach without TLS, or without a token or client certificate;
// the message says what to do.
Status check_exposure(const Address& address, const ServerSecurity& security);

// For one address that check_exposure() allows.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const Address& address, const ServerSecurity& security,
                                                            const std::shared_ptr<Authorizer>& authorizer);

// The only name an agent on this connection may have, or begin with (may_be_agent); empty: any.
std::string agent_of(const grpc::AuthContext& context);

}  // namespace evensweep::coordinator

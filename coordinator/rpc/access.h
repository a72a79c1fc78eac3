#pragma once
// Who calls, and what they may call. Pure: tokens, certificates and time come in, a decision comes out.

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "evensweep/v1/access.pb.h"

namespace evensweep::coordinator {

using Scopes = std::set<v1::Scope>;

// "agent", "submit", "read" or "admin".
std::optional<v1::Scope> scope_named(std::string_view name);

// Of a token its hash alone is known here.
struct TokenEntry {
  std::string name;
  Scopes scopes;
  std::string sha256;                     // of the token, lower-case hexadecimal
  std::optional<int64_t> expires_millis;  // Unix time
};

struct Caller {
  std::string name;  // for the log: "token NAME", "certificate NAME", "this machine"
  Scopes scopes;
  std::string agent;  // the name in an agent's certificate: no other agent may it be; empty: any
};

// The caller that a certificate names: its common name, and a scope for each organisational unit evensweep-agent,
// evensweep-submit, evensweep-read and evensweep-admin. The TLS handshake has verified it. Unauthenticated if it is
// none.
StatusOr<Caller> caller_of_certificate(const std::string& pem);

// What a caller may do who presents `token` (as it is, without "Bearer"; absent: none) and `certificate` (PEM; empty:
// none). Unauthenticated: a token that is unknown or has expired, whatever the certificate says; neither of both.
StatusOr<Caller> identify(const std::vector<TokenEntry>& tokens, const std::optional<std::string>& token,
                          const std::string& certificate, int64_t unix_millis);

// The scopes of which a caller needs one, by "/package.Service/Method". Absent: anybody may (the health service).
// Empty: an administrator alone.
std::optional<Scopes> scopes_needed(std::string_view path);

// PermissionDenied says which scope is missing.
Status permit(const Caller& caller, std::string_view path);
// Whether this call changes anything, which the log is to tell.
bool is_change(std::string_view path);

// An agent whose certificate is NAME may call itself NAME or NAME.anything.
bool may_be_agent(const std::string& certificate_name, const std::string& agent);

}  // namespace evensweep::coordinator

#include "coordinator/rpc/access.h"

#include <google/protobuf/descriptor.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "common/base/hash.h"
#include "common/base/text.h"

namespace evensweep::coordinator {
namespace {

constexpr std::string_view kUnitPrefix = "evensweep-";
constexpr std::array kScopes = {v1::SCOPE_READ, v1::SCOPE_SUBMIT, v1::SCOPE_AGENT, v1::SCOPE_ADMIN};

std::string name_of(v1::Scope scope) {
  std::string name = v1::Scope_Name(scope).substr(sizeof "SCOPE_" - 1);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(c + ('a' - 'A')); });
  return name;
}

// All of this kind in the subject, as UTF-8.
std::vector<std::string> subject_entries(X509* certificate, int kind) {
  std::vector<std::string> found;
  X509_NAME* subject = X509_get_subject_name(certificate);
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, kind, i)) >= 0;) {
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
    if (size < 0) continue;
    found.emplace_back(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
    OPENSSL_free(text);
  }
  return found;
}

bool equal_digests(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Compares with all of them: how long it takes tells nothing.
const TokenEntry* find_token(const std::vector<TokenEntry>& tokens, const std::string& token) {
  const std::string digest = sha256_hex(token);
  const TokenEntry* found = nullptr;
  for (const TokenEntry& entry : tokens)
    if (equal_digests(entry.sha256, digest)) found = &entry;
  return found;
}

// What one scope brings along.
Scopes with_implied(Scopes scopes) {
  if (scopes.contains(v1::SCOPE_ADMIN)) scopes.insert(v1::SCOPE_SUBMIT);
  if (scopes.contains(v1::SCOPE_SUBMIT)) scopes.insert(v1::SCOPE_READ);
  return scopes;
}

}  // namespace

std::optional<v1::Scope> scope_named(std::string_view name) {
  for (const v1::Scope scope : kScopes)
    if (name_of(scope) == name) return scope;
  return std::nullopt;
}

StatusOr<Caller> caller_of_certificate(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free);
  if (!certificate) return absl::UnauthenticatedError("the client certificate cannot be read");
  const std::vector<std::string> names = subject_entries(certificate.get(), NID_commonName);
  if (names.size() != 1 || names[0].empty())
    return absl::UnauthenticatedError("the client certificate has no common name");
  Caller caller{.name = "certificate " + in_quotes(names[0])};
  for (const std::string& unit : subject_entries(certificate.get(), NID_organizationalUnitName)) {
    if (!unit.starts_with(kUnitPrefix)) continue;
    if (const auto scope = scope_named(std::string_view(unit).substr(kUnitPrefix.size()))) caller.scopes.insert(*scope);
  }
  if (caller.scopes.contains(v1::SCOPE_AGENT)) caller.agent = names[0];
  return caller;
}

StatusOr<Caller> identify(const std::vector<TokenEntry>& tokens, const std::optional<std::string>& token,
                          const std::string& certificate, int64_t unix_millis) {
  Caller caller;
  if (!certificate.empty()) {
    EV_ASSIGN_OR_RETURN(caller, caller_of_certificate(certificate));
  }
  if (token) {
    const TokenEntry* entry = find_token(tokens, *token);
    if (entry == nullptr) return absl::UnauthenticatedError("the token is not known here");
    if (entry->expires_millis && *entry->expires_millis <= unix_millis)
      return absl::UnauthenticatedError("the token " + in_quotes(entry->name) + " has expired; ask for a new one");
    caller.name += (caller.name.empty() ? "token " : ", token ") + in_quotes(entry->name);
    caller.scopes.insert(entry->scopes.begin(), entry->scopes.end());
  }
  if (caller.name.empty()) return absl::UnauthenticatedError("a token is needed; give one with --token-file");
  caller.scopes = with_implied(std::move(caller.scopes));
  return caller;
}

std::optional<Scopes> scopes_needed(std::string_view path) {
  if (path.starts_with("/grpc.health.v1.Health/")) return std::nullopt;
  std::string name(path.substr(path.starts_with("/") ? 1 : 0));
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  Scopes scopes;
  if (method == nullptr) return scopes;
  const google::protobuf::MethodOptions& options = method->options();
  for (int i = 0; i < options.ExtensionSize(v1::scope); ++i) scopes.insert(options.GetExtension(v1::scope, i));
  return scopes;
}

Status permit(const Caller& caller, std::string_view path) {
  const std::optional<Scopes> needed = scopes_needed(path);
  if (!needed) return absl::OkStatus();
  for (const v1::Scope scope : *needed)
    if (caller.scopes.contains(scope)) return absl::OkStatus();
  if (needed->empty() && caller.scopes.contains(v1::SCOPE_ADMIN)) return absl::OkStatus();
  std::string names;
  for (const v1::Scope scope : *needed) names += (names.empty() ? "" : " or ") + name_of(scope);
  return absl::PermissionDeniedError(caller.name + " has not the scope " + (names.empty() ? "admin" : names));
}

bool is_change(std::string_view path) {
  const std::optional<Scopes> needed = scopes_needed(path);
  return needed && !needed->contains(v1::SCOPE_READ) && !needed->contains(v1::SCOPE_AGENT);
}

bool may_be_agent(const std::string& certificate_name, const std::string& agent) {
  return agent == certificate_name || agent.starts_with(certificate_name + ".");
}

}  // namespace evensweep::coordinator

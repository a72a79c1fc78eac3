#include "coordinator/http/access.h"

#include <algorithm>
#include <cctype>

#include "common/base/address.h"
#include "common/base/hash.h"
#include "common/base/text.h"

namespace evensweep::coordinator {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lowered;
}

// "localhost:7079" -> "localhost", "[::1]:7079" -> "::1".
std::string name_of(std::string_view authority) {
  if (authority.starts_with('[')) return lower(authority.substr(1, authority.find(']') - 1));
  return lower(authority.substr(0, authority.find(':')));
}

}  // namespace

Status check_host(const RequestOrigin& from, const std::vector<std::string>& known, bool tls) {
  if (!from.host || from.host->empty()) return absl::InvalidArgumentError("the request has no Host");
  const std::string name = name_of(*from.host);
  if (tls || Address{.host = name, .port = 0, .path = ""}.is_local()) return absl::OkStatus();
  if (std::ranges::any_of(known, [&](const std::string& one) { return lower(one) == name; })) return absl::OkStatus();
  return absl::PermissionDeniedError("the Host " + in_quotes(*from.host) +
                                     " is no name of this coordinator; use 127.0.0.1, or add the name to http.hosts");
}

Status check_same_origin(const RequestOrigin& from, bool proof_needed) {
  if (from.fetch_site) {
    if (*from.fetch_site == "same-origin") return absl::OkStatus();
    return absl::PermissionDeniedError("this would change something and comes from another page (Sec-Fetch-Site: " +
                                       in_quotes(*from.fetch_site) + "); use the dashboard itself");
  }
  if (from.origin) {
    const std::string host = lower(from.host.value_or("")), origin = lower(*from.origin);
    if (!host.empty() && (origin == "http://" + host || origin == "https://" + host)) return absl::OkStatus();
    return absl::PermissionDeniedError("this would change something and comes from another page (Origin: " +
                                       in_quotes(*from.origin) + "); use the dashboard itself");
  }
  if (!proof_needed) return absl::OkStatus();
  return absl::PermissionDeniedError(
      "nothing says that this comes from the dashboard; programs send \"Authorization: Bearer TOKEN\"");
}

StatusOr<std::optional<std::string>> bearer_token(const RequestOrigin& from) {
  if (!from.authorization) return std::optional<std::string>();
  if (!lower(from.authorization->substr(0, kBearer.size())).starts_with(kBearer))
    return absl::UnauthenticatedError("the authorization is not \"Bearer TOKEN\"");
  return std::optional(from.authorization->substr(kBearer.size()));
}

std::optional<std::string> cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view pair = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(header.size(), pair.size() + 1));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return std::string(pair.substr(name.size() + 1));
  }
  return std::nullopt;
}

std::string local_path(std::string_view given) {
  const bool plain = std::ranges::all_of(given, [](unsigned char c) { return c > ' ' && c < 0x7f && c != '\\'; });
  if (!plain || !given.starts_with('/') || given.starts_with("//")) return "/";
  return std::string(given);
}

std::string Sessions::begin(std::string token, TimePoint now) {
  std::string session = draw_();
  std::erase_if(sessions_, [&](const auto& one) { return now - one.second.began >= kLife; });
  if (sessions_.size() >= kMost)
    sessions_.erase(std::ranges::min_element(sessions_, {}, [](const auto& one) { return one.second.began; }));
  sessions_[sha256_hex(session)] = {.token = std::move(token), .began = now};
  return session;
}

std::optional<std::string> Sessions::token_of(std::string_view session, TimePoint now) {
  const auto found = sessions_.find(sha256_hex(session));
  if (found == sessions_.end() || now - found->second.began >= kLife) return std::nullopt;
  return found->second.token;
}

void Sessions::end(std::string_view session) { sessions_.erase(sha256_hex(session)); }

}  // namespace evensweep::coordinator

#include "common/base/address.h"

#include <arpa/inet.h>

#include <charconv>

#include "common/base/text.h"

namespace evensweep {
namespace {

Status no_address(std::string_view text) {
  return absl::InvalidArgumentError(in_quotes(text) + " is no address; give HOST:PORT, such as 127.0.0.1:7077, " +
                                    "[::1]:7077 or gpu-head.example.org:7077");
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  return host.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") == host.npos;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

std::string Address::text() const {
  if (!path.empty()) return "unix:" + path;
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return shown + ":" + std::to_string(port);
}

bool Address::is_local() const {
  if (!path.empty() || host == "localhost") return true;
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return ::inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

StatusOr<Address> parse_address(std::string_view text) {
  if (text.starts_with("unix:")) {
    if (text.size() == 5) return no_address(text);
    return Address{.host = {}, .port = 0, .path = std::string(text.substr(5))};
  }
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return no_address(text);
  std::string_view host = text.substr(0, colon), digits = text.substr(colon + 1);
  int port = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 0 || port > 65535) return no_address(text);
  const bool bracketed = host.starts_with("[") && host.ends_with("]");
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed ? !is_ipv6(std::string(host)) : !is_host(host)) return no_address(text);
  return Address{.host = std::string(host), .port = port, .path = {}};
}

}  // namespace evensweep

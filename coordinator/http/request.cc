#include "coordinator/http/request.h"

#include <algorithm>
#include <charconv>

#include "common/base/text.h"

namespace evensweep::coordinator {
namespace {

constexpr size_t kMostValues = 1000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

const char* right_name(Right right) {
  switch (right) {
    case Right::kNone: return "none";
    case Right::kRead: return "read";
    case Right::kSubmit: return "submit";
    case Right::kAdmin: return "admin";
  }
  return "none";
}

const std::string* HttpValues::find(std::string_view name) const {
  for (const auto& [known, value] : values_)
    if (known == name) return &value;
  return nullptr;
}

std::string HttpValues::text(std::string_view name) const {
  const std::string* found = find(name);
  return found == nullptr ? "" : *found;
}

std::vector<std::string> HttpValues::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [known, value] : values_)
    if (known == name) found.push_back(value);
  return found;
}

StatusOr<std::optional<uint64_t>> HttpValues::number(std::string_view name, uint64_t most) const {
  const std::string* found = find(name);
  if (found == nullptr || found->empty()) return std::optional<uint64_t>();
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(found->data(), found->data() + found->size(), value);
  if (error != std::errc() || end != found->data() + found->size() || value > most)
    return absl::InvalidArgumentError(std::string(name) + " is " + in_quotes(*found) + "; it is a whole number up to " +
                                      std::to_string(most));
  return std::optional<uint64_t>(value);
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += plus && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "-._~";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += "0123456789ABCDEF"[byte >> 4];
    encoded += "0123456789ABCDEF"[byte & 15];
  }
  return encoded;
}

StatusOr<HttpValues> parse_form(std::string_view text) {
  HttpValues values;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> name = percent_decoded(pair.substr(0, equals), true);
    std::optional<std::string> value = percent_decoded(pair.substr(std::min(pair.size(), equals + 1)), true);
    if (!name || !value || !valid_utf8(*name) || !valid_utf8(*value))
      return absl::InvalidArgumentError(in_quotes(pair) + " is no name=value in UTF-8 with %XX escapes");
    if (values.list().size() == kMostValues)
      return absl::InvalidArgumentError("more than " + std::to_string(kMostValues) + " values are given");
    values.add(*std::move(name), *std::move(value));
  }
  return values;
}

HttpResponse redirect(std::string path) {
  HttpResponse response{.status = 303, .type = "text/plain; charset=utf-8"};
  response.headers.emplace_back("Location", std::move(path));
  return response;
}

int http_status(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk: return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange: return 400;
    case absl::StatusCode::kUnauthenticated: return 401;
    case absl::StatusCode::kPermissionDenied: return 403;
    case absl::StatusCode::kNotFound: return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kFailedPrecondition: return 409;
    case absl::StatusCode::kUnimplemented: return 501;
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable: return 503;
    default: return 500;
  }
}

}  // namespace evensweep::coordinator

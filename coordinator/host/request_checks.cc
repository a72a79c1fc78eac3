#include "coordinator/host/request_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/wire/limits.h"

namespace evensweep::coordinator {
namespace {

constexpr size_t kMostReference = 1000;
constexpr size_t kMostOverrides = 1000;

Status invalid(const std::string& what) { return absl::InvalidArgumentError(what); }

}  // namespace

Status check_request_id(std::string_view id) {
  const bool is_word = std::ranges::all_of(id, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
  if (id.size() >= 8 && id.size() <= 64 && is_word) return absl::OkStatus();
  return invalid("request_id must be 8 to 64 letters, digits and hyphens, new for each request and kept over retries");
}

StatusOr<std::string> reference_of(const std::string& text, const char* what) {
  if (text.empty()) return invalid(fmt::format("no {} is named", what));
  if (text.size() > kMostReference) return invalid(fmt::format("{} is too long to name a {}", in_quotes(text), what));
  return text;
}

StatusOr<RunKey> run_key_of(const std::string& text) {
  if (!is_sha256(text)) return invalid("run_key is not a SHA-256 sum");
  return RunKey(text);
}

Status check_sweep_file(const SweepFile& file) {
  if (file.text.size() > wire::kMostSpec)
    return invalid(fmt::format("file_text is longer than {} bytes", wire::kMostSpec));
  if (!valid_utf8(file.text)) return invalid("file_text is not UTF-8");
  if (file.overrides.size() > kMostOverrides) return invalid(fmt::format("more than {} overrides", kMostOverrides));
  for (const std::string& text : file.overrides)
    if (text.size() > wire::kMostText)
      return invalid(fmt::format("override {} is longer than {} bytes", in_quotes(text), wire::kMostText));
  return absl::OkStatus();
}

Status check_extends(const std::string& id) {
  return id.empty() || is_sha256(id) ? absl::OkStatus() : invalid("extends is no sweep's id");
}

}  // namespace evensweep::coordinator

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

// SHA-256 of what comes in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::string_view bytes);
  std::string hex();  // lower case, 64 characters; once, at the end

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// A SHA-256 sum in the 32 bytes that it has: half of its hexadecimal text, and no allocation.
struct Digest {
  std::array<uint8_t, 32> bytes{};
  friend auto operator<=>(const Digest&, const Digest&) = default;
};
Digest sha256(std::string_view bytes);
std::string to_hex(const Digest& digest);
// Absent unless the text is 64 lower-case hexadecimal characters.
std::optional<Digest> digest_of_hex(std::string_view text);

// Lower-case hexadecimal SHA-256, 64 characters.
std::string sha256_hex(std::string_view bytes);
// The same of a file's content, read in pieces. NotFound or PermissionDenied with the path when it can't be read.
StatusOr<std::string> sha256_hex_of_file(const std::string& path);

bool is_sha256(std::string_view text);  // 64 lower-case hexadecimal characters

std::string base64_encode(std::string_view bytes);
StatusOr<std::string> base64_decode(std::string_view text);

}  // namespace evensweep

// A sum is as good a hash as any part of it.
template <>
struct std::hash<evensweep::Digest> {
  size_t operator()(const evensweep::Digest& digest) const {
    size_t value = 0;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};

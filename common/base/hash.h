#pragma once

#include <memory>
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

// Lower-case hexadecimal SHA-256, 64 characters.
std::string sha256_hex(std::string_view bytes);
// The same of a file's content, read in pieces. NotFound or PermissionDenied with the path when it can't be read.
StatusOr<std::string> sha256_hex_of_file(const std::string& path);

bool is_sha256(std::string_view text);  // 64 lower-case hexadecimal characters

std::string base64_encode(std::string_view bytes);
StatusOr<std::string> base64_decode(std::string_view text);

}  // namespace evensweep

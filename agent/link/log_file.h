#pragma once
// A file that only grows at its end, behind an interface, so that a test can have it fail.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

class LogFile {
 public:
  virtual ~LogFile() = default;
  // After an error a part of it may have been written.
  virtual Status append(std::string_view bytes) = 0;
  // All that was appended is on disk.
  virtual Status sync() = 0;
  virtual Status truncate(uint64_t size) = 0;
};

using OpenLogFile = std::function<StatusOr<std::unique_ptr<LogFile>>(const std::string& path)>;

// Opened for appending, made where it is missing; the file and its name are on disk before it returns.
StatusOr<std::unique_ptr<LogFile>> open_log_file(const std::string& path);

}  // namespace evensweep

#pragma once
// Where in a table something is wrong. Internal to sweeps/table.

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

struct TablePlace {
  std::string path;
  int64_t line = 0;  // of the file, where the row begins; 1 for the header

  Status error(size_t column, std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("{}:{}:{}: {}", path, line, column, what));
  }
  static Status error_at(const std::string& path, int64_t line, std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("{}:{}: {}", path, line, what));
  }
};

}  // namespace evensweep

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep::coordinator {

// The network file system with this statfs magic; absent: a local one, or one that is not known.
std::optional<std::string_view> network_file_system(uint32_t magic);

// The state folder of one coordinator, held exclusively for as long as this lives.
class StateFolder {
 public:
  // Makes the folder if need be. FailedPrecondition on a network file system (SQLite's WAL needs shared memory) and
  // when another process holds it; the message names that process.
  static StatusOr<StateFolder> hold(const std::string& path);

  StateFolder(StateFolder&& other) noexcept;
  StateFolder& operator=(StateFolder&&) = delete;
  ~StateFolder();

  const std::string& path() const { return path_; }

 private:
  StateFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
};

}  // namespace evensweep::coordinator

#pragma once

#include <string>

#include "common/base/status.h"

namespace evensweep {

// Keeps a second agent out of a folder for as long as it lives. The kernel lets go of it when the process dies.
class DirLock {
 public:
  // FailedPrecondition if another holds it.
  static StatusOr<DirLock> take(const std::string& dir);
  DirLock(DirLock&& other) noexcept;
  DirLock& operator=(DirLock&& other) noexcept;
  ~DirLock();

 private:
  explicit DirLock(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace evensweep

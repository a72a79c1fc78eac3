#include "agent/link/dir_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/base/file.h"

namespace evensweep {

StatusOr<DirLock> DirLock::take(const std::string& dir) {
  EV_RETURN_IF_ERROR(make_folders(dir));
  const std::string path = dir + "/lock";
  DirLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.fd_ < 0) return errno_status(errno, "cannot open " + path);
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return errno_status(errno, "cannot lock " + path);
  return absl::FailedPreconditionError("another agent uses the folder " + dir +
                                       "; stop it, or give this one a folder of its own");
}

DirLock::DirLock(DirLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirLock& DirLock::operator=(DirLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

DirLock::~DirLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace evensweep

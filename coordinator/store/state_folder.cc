#include "coordinator/store/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/base/file.h"

namespace evensweep::coordinator {
namespace {

struct NetworkFileSystem {
  uint32_t magic;
  const char* name;
};
constexpr std::array kNetworkFileSystems = {
    NetworkFileSystem{0x6969, "NFS"},        NetworkFileSystem{0xff534d42, "CIFS"},
    NetworkFileSystem{0xfe534d42, "SMB"},    NetworkFileSystem{0x517b, "SMB"},
    NetworkFileSystem{0x0bd00bd0, "Lustre"}, NetworkFileSystem{0x5346414f, "AFS"},
    NetworkFileSystem{0x00c36400, "Ceph"},   NetworkFileSystem{0x47504653, "GPFS"},
    NetworkFileSystem{0x19830326, "BeeGFS"},
};

Status refuse_network_file_system(const std::string& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return errno_status(errno, "cannot examine the state folder " + path);
  const std::optional<std::string_view> name = network_file_system(static_cast<uint32_t>(info.f_type));
  if (!name) return absl::OkStatus();
  return absl::FailedPreconditionError("the state folder " + path + " is on a network file system (" +
                                       std::string(*name) +
                                       "), where the database would be damaged; choose a local disk with --state");
}

}  // namespace

std::optional<std::string_view> network_file_system(uint32_t magic) {
  for (const NetworkFileSystem& known : kNetworkFileSystems)
    if (known.magic == magic) return known.name;
  return std::nullopt;
}

StatusOr<StateFolder> StateFolder::hold(const std::string& path) {
  EV_RETURN_IF_ERROR(make_folders(path));
  EV_RETURN_IF_ERROR(refuse_network_file_system(path));
  const std::string lock_path = path + "/lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return errno_status(errno, "cannot use the state folder: cannot open " + lock_path);
  StateFolder folder(path, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> owner{};
    const ssize_t size = ::pread(lock, owner.data(), owner.size() - 1, 0);
    const std::string process =
        size > 0 ? " (process " + std::string(owner.data(), static_cast<size_t>(size)) + ")" : "";
    return absl::FailedPreconditionError("the state folder " + path + " is in use by another evensweep" + process +
                                         "; wait for it, or choose another --state");
  }
  const std::string self = std::to_string(::getpid());
  // The number only serves the message above; the lock itself does not depend on it.
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, self.data(), self.size(), 0) < 0)
    return errno_status(errno, "cannot write " + lock_path);
  return folder;
}

StateFolder::StateFolder(StateFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

StateFolder::~StateFolder() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace evensweep::coordinator

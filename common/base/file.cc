#include "common/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>

#include "common/base/descriptor.h"

namespace evensweep {
namespace {

Status write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno_status(errno, "cannot write " + path);
    content.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

Status sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0 || ::fsync(descriptor.get()) != 0)
    return errno_status(errno, "cannot sync the folder of " + path);
  return absl::OkStatus();
}

Status write_and_rename(const std::string& path, std::string_view content, bool durable) {
  // A name of its own for each write: two threads may be writing the same file.
  static std::atomic<uint64_t> writes{0};
  const std::string temporary = path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(++writes);
  Descriptor descriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (descriptor.get() < 0) return errno_status(errno, "cannot create " + temporary);
  Status status = write_all(descriptor.get(), content, temporary);
  if (status.ok() && durable && ::fsync(descriptor.get()) != 0)
    status = errno_status(errno, "cannot sync " + temporary);
  if (::close(descriptor.release()) != 0 && status.ok()) status = errno_status(errno, "cannot close " + temporary);
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0)
    status = errno_status(errno, "cannot rename to " + path);
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

}  // namespace

Status errno_status(int error, std::string_view what) {
  const std::string message = std::string(what) + ": " + std::strerror(error);
  switch (error) {
    case ENOENT: return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
    case EROFS: return absl::PermissionDeniedError(message);
    case ENOSPC:
    case EDQUOT: return absl::ResourceExhaustedError(message);
    default: return absl::InternalError(message);
  }
}

StatusOr<std::string> read_file(const std::string& path) {
  std::string content;
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) content.reserve(static_cast<size_t>(info.st_size) + 1);
  EV_RETURN_IF_ERROR(read_in_pieces(path, [&content](std::string_view piece) {
    content += piece;
    return absl::OkStatus();
  }));
  return content;
}

Status read_in_pieces(const std::string& path, const std::function<Status(std::string_view piece)>& take) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) return errno_status(errno, "cannot read " + path);
  struct stat info {};
  if (::fstat(descriptor.get(), &info) != 0) return errno_status(errno, "cannot read " + path);
  if (S_ISDIR(info.st_mode)) return errno_status(EISDIR, "cannot read " + path);
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(descriptor.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_status(errno, "cannot read " + path);
    if (got == 0) return absl::OkStatus();
    EV_RETURN_IF_ERROR(take(std::string_view(buffer, static_cast<size_t>(got))));
  }
}

Status write_file_atomically(const std::string& path, std::string_view content) {
  EV_RETURN_IF_ERROR(write_and_rename(path, content, /*durable=*/true));
  return sync_folder_of(path);
}

Status replace_file(const std::string& path, std::string_view content) {
  return write_and_rename(path, content, /*durable=*/false);
}

Status make_folders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return errno_status(error.value(), "cannot make the folder " + path);
  return absl::OkStatus();
}

}  // namespace evensweep

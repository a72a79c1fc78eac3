#include "agent/link/log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "common/base/descriptor.h"
#include "common/base/file.h"

namespace evensweep {
namespace {

class PosixLogFile final : public LogFile {
 public:
  PosixLogFile(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Status append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t wrote = ::write(descriptor_.get(), bytes.data(), bytes.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return errno_status(errno, "cannot write " + path_);
      bytes.remove_prefix(static_cast<size_t>(wrote));
    }
    return absl::OkStatus();
  }

  Status sync() override {
    return ::fdatasync(descriptor_.get()) == 0 ? absl::OkStatus() : errno_status(errno, "cannot sync " + path_);
  }

  Status truncate(uint64_t size) override {
    if (::ftruncate(descriptor_.get(), static_cast<off_t>(size)) == 0) return absl::OkStatus();
    return errno_status(errno, "cannot shorten " + path_);
  }

 private:
  Descriptor descriptor_;
  std::string path_;
};

}  // namespace

StatusOr<std::unique_ptr<LogFile>> open_log_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) return errno_status(errno, "cannot open " + path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0 || ::fsync(parent.get()) != 0) return errno_status(errno, "cannot sync the folder of " + path);
  return std::make_unique<PosixLogFile>(std::move(file), path);
}

}  // namespace evensweep

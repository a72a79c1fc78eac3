#include "cli/secret_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/base/descriptor.h"
#include "common/base/file.h"

namespace evensweep {
namespace {

constexpr size_t kMostBytes = 1 << 20;
constexpr std::string_view kTokenPrefix = "evensweep_";

Status check_owner(const struct stat& info, const std::string& path) {
  if (!S_ISREG(info.st_mode)) return absl::FailedPreconditionError(path + " is no file");
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return absl::FailedPreconditionError(path + " holds a secret but belongs to another user; chown it to yours");
  if ((info.st_mode & 077) != 0)
    return absl::FailedPreconditionError(path + " holds a secret that others may read; chmod 600 " + path);
  if (static_cast<size_t>(info.st_size) > kMostBytes)
    return absl::FailedPreconditionError(path + " is larger than 1 MiB");
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::string> read_secret_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0 && errno == ELOOP)
    return absl::FailedPreconditionError(path + " is a symbolic link; name the file itself");
  if (file.get() < 0) return errno_status(errno, "cannot open " + path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return errno_status(errno, "cannot examine " + path);
  EV_RETURN_IF_ERROR(check_owner(info, path));
  std::string content(static_cast<size_t>(info.st_size), '\0');
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_status(errno, "cannot read " + path);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  content.resize(size);
  return content;
}

Status write_secret_file(const std::string& path, std::string_view content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0 && errno == EEXIST)
    return absl::AlreadyExistsError(path + " is there already and is not overwritten; move it away");
  if (file.get() < 0) return errno_status(errno, "cannot write " + path);
  const auto give_up = [&](int error) {
    ::unlink(path.c_str());
    return errno_status(error, "cannot write " + path);
  };
  for (size_t size = 0; size < content.size();) {
    const ssize_t put = ::write(file.get(), content.data() + size, content.size() - size);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return give_up(errno);
    size += static_cast<size_t>(put);
  }
  return ::fsync(file.get()) == 0 ? absl::OkStatus() : give_up(errno);
}

Status replace_secret_file(const std::string& path, std::string_view content) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());  // of a program that was killed in between
  EV_RETURN_IF_ERROR(write_secret_file(fresh, content));
  if (::rename(fresh.c_str(), path.c_str()) != 0) return errno_status(errno, "cannot replace " + path);
  return absl::OkStatus();
}

StatusOr<std::string> read_token_file(const std::string& path) {
  EV_ASSIGN_OR_RETURN(std::string token, read_secret_file(path));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const std::string_view digits = std::string_view(token).substr(std::min(token.size(), kTokenPrefix.size()));
  if (!token.starts_with(kTokenPrefix) || digits.size() != 64 ||
      digits.find_first_not_of("0123456789abcdef") != digits.npos)
    return absl::InvalidArgumentError(path + " holds no token; \"evensweep certs token\" makes one");
  return token;
}

StatusOr<std::string> new_token() {
  std::array<unsigned char, 32> bytes{};
  for (size_t size = 0; size < bytes.size();) {
    const ssize_t got = ::getrandom(bytes.data() + size, bytes.size() - size, 0);
    if (got < 0 && errno != EINTR) return errno_status(errno, "cannot draw a token");
    if (got > 0) size += static_cast<size_t>(got);
  }
  std::string token(kTokenPrefix);
  for (const unsigned char byte : bytes) {
    token += "0123456789abcdef"[byte >> 4];
    token += "0123456789abcdef"[byte & 15];
  }
  return token;
}

}  // namespace evensweep

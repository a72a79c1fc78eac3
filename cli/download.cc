#include "cli/download.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "common/base/file.h"
#include "common/base/hash.h"

namespace evensweep {
namespace {

constexpr long kConnectSeconds = 30;
// A connection that brings less than this for so long is taken for dead.
constexpr long kSlowBytesPerSecond = 100, kSlowSeconds = 60;
constexpr long kMostRedirects = 10;

// What is used of libcurl.
struct Curl {
  decltype(&curl_easy_init) init = nullptr;
  decltype(&curl_easy_setopt) set = nullptr;
  decltype(&curl_easy_perform) perform = nullptr;
  decltype(&curl_easy_getinfo) get = nullptr;
  decltype(&curl_easy_cleanup) cleanup = nullptr;
  decltype(&curl_easy_strerror) text = nullptr;
};

template <typename Function>
bool load(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

StatusOr<Curl> load_curl() {
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  Curl curl;
  if (library != nullptr && load(library, "curl_easy_init", curl.init) && load(library, "curl_easy_setopt", curl.set) &&
      load(library, "curl_easy_perform", curl.perform) && load(library, "curl_easy_getinfo", curl.get) &&
      load(library, "curl_easy_cleanup", curl.cleanup) && load(library, "curl_easy_strerror", curl.text))
    return curl;
  return absl::FailedPreconditionError(
      "downloads need libcurl (Debian and Ubuntu: apt install libcurl4); install it, or copy the files with --from "
      "DIR");
}

// The file that is being filled.
class PartFile {
 public:
  static StatusOr<PartFile> open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return errno_status(errno, "cannot write " + path);
    return PartFile(path, fd);
  }
  PartFile(PartFile&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  ~PartFile() {
    if (fd_ >= 0) ::close(fd_);
  }

  const std::string& path() const { return path_; }
  // Moves to the end; how long the file is.
  StatusOr<int64_t> end() {
    const off_t at = ::lseek(fd_, 0, SEEK_END);
    if (at < 0) return errno_status(errno, "cannot write " + path_);
    return static_cast<int64_t>(at);
  }
  Status empty() {
    if (::ftruncate(fd_, 0) == 0 && ::lseek(fd_, 0, SEEK_SET) == 0) return absl::OkStatus();
    return errno_status(errno, "cannot write " + path_);
  }
  Status append(const char* bytes, size_t count) {
    while (count > 0) {
      const ssize_t wrote = ::write(fd_, bytes, count);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return errno_status(errno, "cannot write " + path_);
      bytes += wrote;
      count -= static_cast<size_t>(wrote);
    }
    return absl::OkStatus();
  }
  Status sync() { return ::fsync(fd_) == 0 ? absl::OkStatus() : errno_status(errno, "cannot write " + path_); }

 private:
  PartFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::string path_;
  int fd_;
};

// One request, which appends to the part file what is still missing.
class Transfer {
 public:
  Transfer(const Curl& curl, const Download& wanted, PartFile& file, const ShowProgress& show)
      : curl_(curl), wanted_(wanted), file_(file), show_(show), handle_(curl.init(), curl.cleanup) {}

  // Ok: the server has sent all that it has. `done()` says how much is there, whatever comes back.
  Status run() {
    EV_ASSIGN_OR_RETURN(done_, file_.end());
    if (done_ >= wanted_.size) return absl::OkStatus();
    if (handle_ == nullptr) return absl::InternalError("libcurl does not start");
    set(CURLOPT_URL, wanted_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMostRedirects);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond);
    set(CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
    set(CURLOPT_USERAGENT, "evensweep");
    if (done_ > 0) set(CURLOPT_RANGE, fmt::format("{}-", done_).c_str());
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::take);
    const CURLcode code = curl_.perform(handle_.get());
    if (!status_.ok()) return status_;
    if (const long answer = response(); answer >= 400)
      return absl::InternalError(
          fmt::format("{}: the server answers with error {}; name another source with --from", wanted_.url, answer));
    if (code == CURLE_OK) return absl::OkStatus();
    return absl::InternalError(
        fmt::format("{}: {}; check the network and run the same command again, or name another "
                    "source with --from",
                    wanted_.url, curl_.text(code)));
  }
  int64_t done() const { return done_; }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_.set(handle_.get(), option, value);
  }
  long response() const {
    long answer = 0;
    curl_.get(handle_.get(), CURLINFO_RESPONSE_CODE, &answer);
    return answer;
  }

  static size_t take(char* bytes, size_t size, size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.status_ = transfer.append(bytes, size * count);
    return transfer.status_.ok() ? size * count : 0;
  }
  Status append(const char* bytes, size_t count) {
    const long answer = response();
    if (answer >= 400) return absl::OkStatus();  // an error page
    // Asked for the rest, it sends the whole: a server that knows no ranges.
    if (!answered_ && done_ > 0 && answer != 206) {
      EV_RETURN_IF_ERROR(file_.empty());
      done_ = 0;
    }
    answered_ = true;
    if (done_ + static_cast<int64_t>(count) > wanted_.size)
      return absl::DataLossError(
          fmt::format("{}: longer than the {} bytes that it should have; name another source "
                      "with --from",
                      wanted_.url, wanted_.size));
    EV_RETURN_IF_ERROR(file_.append(bytes, count));
    done_ += static_cast<int64_t>(count);
    show_(done_, wanted_.size);
    return absl::OkStatus();
  }

  const Curl& curl_;
  const Download& wanted_;
  PartFile& file_;
  const ShowProgress& show_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;
  bool answered_ = false;
  int64_t done_ = 0;
  Status status_;
};

// Requests until all is there or one brings nothing.
Status fill(const Curl& curl, const Download& wanted, PartFile& file, const ShowProgress& show) {
  EV_ASSIGN_OR_RETURN(int64_t before, file.end());
  while (true) {
    Transfer transfer(curl, wanted, file, show);
    const Status status = transfer.run();
    if (transfer.done() >= wanted.size) return absl::OkStatus();
    if (absl::IsDataLoss(status) || absl::IsResourceExhausted(status)) return status;
    if (transfer.done() > before) {
      before = transfer.done();
      continue;
    }
    if (!status.ok()) return status;
    return absl::InternalError(
        fmt::format("{}: ends after {} of {} bytes; run the same command again, or name another "
                    "source with --from",
                    wanted.url, transfer.done(), wanted.size));
  }
}

// Fills the file and looks whether it is the one wanted.
Status complete(const Curl& curl, const Download& wanted, PartFile& file, const ShowProgress& show) {
  EV_RETURN_IF_ERROR(fill(curl, wanted, file, show));
  const Status content = check_content(file.path(), wanted.size, wanted.sha256);
  if (!absl::IsDataLoss(content)) return content;
  return absl::DataLossError(fmt::format("{}: not the file wanted ({}); name another source with --from", wanted.url,
                                         std::string(content.message())));
}

}  // namespace

Status check_content(const std::string& path, int64_t size, const std::string& sha256) {
  std::error_code error;
  const auto there = std::filesystem::file_size(path, error);
  if (error) return errno_status(error.value(), "cannot read " + path);
  if (static_cast<int64_t>(there) != size)
    return absl::DataLossError(fmt::format("{}: {} bytes instead of {}", path, there, size));
  EV_ASSIGN_OR_RETURN(const std::string found, sha256_hex_of_file(path));
  if (found == sha256) return absl::OkStatus();
  return absl::DataLossError(fmt::format("{}: its SHA-256 is {}, not {}", path, found, sha256));
}

Status download(const Download& wanted, const ShowProgress& show) {
  EV_ASSIGN_OR_RETURN(const Curl curl, load_curl());
  const std::string part = wanted.path + ".part";
  EV_ASSIGN_OR_RETURN(PartFile file, PartFile::open(part));
  EV_ASSIGN_OR_RETURN(const int64_t begun, file.end());
  if (begun > wanted.size) EV_RETURN_IF_ERROR(file.empty());
  Status content = complete(curl, wanted, file, show);
  if (absl::IsDataLoss(content) && begun > 0) {
    EV_RETURN_IF_ERROR(file.empty());
    content = complete(curl, wanted, file, show);
  }
  EV_ASSIGN_OR_RETURN(const int64_t there, file.end());
  if (absl::IsDataLoss(content) || there == 0) ::unlink(part.c_str());
  EV_RETURN_IF_ERROR(content);
  EV_RETURN_IF_ERROR(file.sync());
  if (::rename(part.c_str(), wanted.path.c_str()) == 0) return absl::OkStatus();
  return errno_status(errno, "cannot rename " + part);
}

}  // namespace evensweep

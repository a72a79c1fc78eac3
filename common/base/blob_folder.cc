#include "common/base/blob_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <tuple>

#include "common/base/file.h"
#include "common/base/hash.h"

namespace evensweep {
namespace {

constexpr std::string_view kPart = ".part";
constexpr size_t kPiece = 1 << 20;
constexpr char kDigits[] = "0123456789abcdef";

std::string file_name(std::string_view sha256, bool part) {
  return std::string(sha256) + (part ? std::string(kPart) : "");
}

Status check_digest(std::string_view sha256) {
  if (is_sha256(sha256)) return absl::OkStatus();
  return absl::InvalidArgumentError("a file is named by its SHA-256, 64 lower-case hexadecimal characters");
}

Status write_at(int fd, std::string_view bytes, uint64_t& offset, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno_status(errno, "cannot write " + what);
    offset += static_cast<uint64_t>(wrote);
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

StatusOr<std::string> read_at(int fd, uint64_t offset, size_t most, const std::string& what) {
  std::string bytes(most, '\0');
  size_t got = 0;
  while (got < most) {
    const ssize_t more = ::pread(fd, bytes.data() + got, most - got, static_cast<off_t>(offset + got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return errno_status(errno, "cannot read " + what);
    if (more == 0) break;
    got += static_cast<size_t>(more);
  }
  bytes.resize(got);
  return bytes;
}

StatusOr<std::string> digest_of(int fd, uint64_t size, const std::string& what, const std::function<bool()>& stopped) {
  Sha256 hash;
  for (uint64_t at = 0; at < size;) {
    if (stopped()) return absl::CancelledError("the check of " + what + " was broken off");
    EV_ASSIGN_OR_RETURN(const std::string piece, read_at(fd, at, kPiece, what));
    if (piece.empty()) return absl::DataLossError(what + " has become shorter");
    hash.update(piece);
    at += piece.size();
  }
  return hash.hex();
}

Status open_error(int error, const std::string& path) {
  if (error == ELOOP || error == ENOTDIR)
    return absl::FailedPreconditionError(path + " is a symbolic link or no folder; remove it");
  return errno_status(error, "cannot open " + path);
}

StatusOr<struct stat> regular_file(int fd, const std::string& what) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return errno_status(errno, "cannot read " + what);
  if (!S_ISREG(info.st_mode)) return absl::FailedPreconditionError(what + " is no file");
  return info;
}

}  // namespace

// One file that arrives. Held by its writer alone; the folder only knows of it.
struct BlobFolder::Upload {
  Upload(std::string_view digest, uint64_t bytes) : sha256(digest), total(bytes) {}
  const std::string sha256;
  const uint64_t total;
  std::mutex mutex;  // guards the rest
  Descriptor file;
  uint64_t size = 0;
  bool cut_off = false;
};

BlobFolder::BlobFolder(std::string path, Descriptor root, BlobLimits limits)
    : path_(std::move(path)), root_(std::move(root)), limits_(limits) {}

uint64_t space_to_keep(const std::string& path) {
  constexpr uint64_t kUsual = uint64_t{1} << 30;
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(path, error);
  return error ? kUsual : std::min<uint64_t>(kUsual, space.capacity / 20);
}

StatusOr<std::unique_ptr<BlobFolder>> BlobFolder::open(const std::string& path, BlobLimits limits) {
  EV_RETURN_IF_ERROR(make_folders(path));
  Descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) return errno_status(errno, "cannot use the folder " + path);
  std::unique_ptr<BlobFolder> folder(new BlobFolder(path, std::move(root), limits));
  EV_ASSIGN_OR_RETURN(const std::vector<Entry> entries, folder->list());
  for (const Entry& entry : entries) folder->used_ += entry.bytes;
  return folder;
}

StatusOr<BlobFolder::State> BlobFolder::stat(std::string_view sha256) {
  EV_RETURN_IF_ERROR(check_digest(sha256));
  for (const bool part : {false, true}) {
    const StatusOr<Descriptor> file = open_file(sha256, part, O_RDONLY);
    if (absl::IsNotFound(file.status())) continue;
    EV_RETURN_IF_ERROR(file.status());
    EV_ASSIGN_OR_RETURN(const struct stat info, regular_file(file->get(), file_name(sha256, part)));
    if (!part) ::futimens(file->get(), nullptr);  // where that can't be done, it only is cleared away earlier
    return State{.complete = !part, .bytes = static_cast<uint64_t>(info.st_size)};
  }
  return State{};
}

StatusOr<BlobFolder::Reader> BlobFolder::read(std::string_view sha256) {
  EV_RETURN_IF_ERROR(check_digest(sha256));
  StatusOr<Descriptor> file = open_file(sha256, /*part=*/false, O_RDONLY);
  if (absl::IsNotFound(file.status())) return absl::NotFoundError("the file " + std::string(sha256) + " is not there");
  EV_RETURN_IF_ERROR(file.status());
  EV_ASSIGN_OR_RETURN(const struct stat info, regular_file(file->get(), file_name(sha256, false)));
  ::futimens(file->get(), nullptr);
  return Reader(*std::move(file), static_cast<uint64_t>(info.st_size), std::string(sha256));
}

StatusOr<BlobFolder::Writer> BlobFolder::write(std::string_view sha256, uint64_t bytes, uint64_t offset) {
  EV_RETURN_IF_ERROR(check_digest(sha256));
  if (bytes > limits_.most_blob)
    return absl::ResourceExhaustedError("the file has " + std::to_string(bytes) + " bytes, the most for one is " +
                                        std::to_string(limits_.most_blob));
  auto upload = std::make_shared<Upload>(sha256, bytes);
  const std::lock_guard lock(upload->mutex);
  EV_RETURN_IF_ERROR(take_over(upload));
  EV_ASSIGN_OR_RETURN(const State there, stat(sha256));
  if (there.complete) return absl::AlreadyExistsError("the file is there already");
  EV_RETURN_IF_ERROR(subfolder(sha256, /*make=*/true).status());
  EV_ASSIGN_OR_RETURN(upload->file, open_file(sha256, /*part=*/true, O_RDWR | O_CREAT));
  EV_ASSIGN_OR_RETURN(const struct stat info, regular_file(upload->file.get(), file_name(sha256, true)));
  upload->size = static_cast<uint64_t>(info.st_size);
  if (upload->size > bytes) {  // somebody was wrong about its size
    if (::ftruncate(upload->file.get(), 0) != 0) return errno_status(errno, "cannot cut " + file_name(sha256, true));
    add_used(-static_cast<int64_t>(std::exchange(upload->size, 0)));
  }
  if (offset != upload->size)
    return absl::OutOfRangeError("of the file are " + std::to_string(upload->size) + " bytes there, not " +
                                 std::to_string(offset));
  EV_RETURN_IF_ERROR(check_room(bytes - offset));
  return Writer(*this, std::move(upload));
}

Status BlobFolder::take_over(const std::shared_ptr<Upload>& upload) {
  const std::lock_guard lock(mutex_);
  std::erase_if(uploads_, [](const auto& known) { return known.second.expired(); });
  std::weak_ptr<Upload>& known = uploads_[upload->sha256];
  if (const std::shared_ptr<Upload> other = known.lock()) {
    // Never waited for: it may be checking the digest of many gigabytes.
    const std::unique_lock other_lock(other->mutex, std::try_to_lock);
    if (!other_lock) return absl::UnavailableError("another upload of the same file is under way; try again");
    other->cut_off = true;
    other->file = Descriptor();
  }
  known = upload;
  return absl::OkStatus();
}

Status BlobFolder::append(Upload& upload, std::string_view bytes) {
  const std::lock_guard lock(upload.mutex);
  if (upload.cut_off) return absl::AbortedError("another upload of the same file took over");
  if (bytes.size() > upload.total - upload.size)
    return absl::InvalidArgumentError("more bytes came than the " + std::to_string(upload.total) + " announced");
  EV_RETURN_IF_ERROR(check_room(bytes.size()));
  const uint64_t before = upload.size;
  const Status status = write_at(upload.file.get(), bytes, upload.size, file_name(upload.sha256, true));
  add_used(static_cast<int64_t>(upload.size - before));
  return status;
}

Status BlobFolder::complete(Upload& upload, const std::function<bool()>& stopped) {
  const std::lock_guard lock(upload.mutex);
  if (upload.cut_off) return absl::AbortedError("another upload of the same file took over");
  if (upload.size != upload.total) return absl::OutOfRangeError("bytes of the file are missing");
  const std::string part = file_name(upload.sha256, true);
  EV_ASSIGN_OR_RETURN(const std::string digest, digest_of(upload.file.get(), upload.size, part, stopped));
  if (digest != upload.sha256) {
    upload.cut_off = true;
    remove_file(upload.sha256, /*part=*/true, upload.size);
    return absl::DataLossError("what came for " + upload.sha256 + " has another digest, " + digest);
  }
  EV_ASSIGN_OR_RETURN(const Descriptor folder, subfolder(upload.sha256, /*make=*/false));
  if (::fsync(upload.file.get()) != 0) return errno_status(errno, "cannot sync " + part);
  if (::renameat(folder.get(), part.c_str(), folder.get(), upload.sha256.c_str()) != 0)
    return errno_status(errno, "cannot rename " + part);
  // From here on nobody writes to it any more.
  upload.cut_off = true;
  upload.file = Descriptor();
  if (::fsync(folder.get()) != 0) return errno_status(errno, "cannot sync the folder of " + upload.sha256);
  return absl::OkStatus();
}

Status BlobFolder::remove(std::string_view sha256) {
  EV_RETURN_IF_ERROR(check_digest(sha256));
  std::shared_ptr<Upload> upload;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = uploads_.find(sha256); found != uploads_.end()) upload = found->second.lock();
  }
  std::unique_lock<std::mutex> lock;
  if (upload) {
    lock = std::unique_lock(upload->mutex);
    upload->cut_off = true;
    upload->file = Descriptor();
  }
  for (const bool part : {false, true}) {
    const StatusOr<Descriptor> file = open_file(sha256, part, O_RDONLY);
    if (absl::IsNotFound(file.status())) continue;
    EV_RETURN_IF_ERROR(file.status());
    EV_ASSIGN_OR_RETURN(const struct stat info, regular_file(file->get(), file_name(sha256, part)));
    remove_file(sha256, part, static_cast<uint64_t>(info.st_size));
  }
  return absl::OkStatus();
}

StatusOr<std::vector<BlobFolder::Entry>> BlobFolder::list() {
  std::vector<Entry> entries;
  for (const char high : std::string_view(kDigits))
    for (const char low : std::string_view(kDigits))
      EV_RETURN_IF_ERROR(list_subfolder(std::string{high, low}, entries));
  std::ranges::sort(entries, {}, [](const Entry& entry) { return std::tie(entry.used_at, entry.sha256); });
  return entries;
}

Status BlobFolder::list_subfolder(const std::string& name, std::vector<Entry>& entries) const {
  Descriptor folder(::openat(root_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open() && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR)) return absl::OkStatus();
  if (!folder.is_open()) return errno_status(errno, "cannot read the folder " + path_ + "/" + name);
  DIR* listing = ::fdopendir(folder.get());
  if (listing == nullptr) return errno_status(errno, "cannot read the folder " + path_ + "/" + name);
  folder.release();
  while (const dirent* item = ::readdir(listing)) {
    std::string_view digest = item->d_name;
    const bool part = digest.ends_with(kPart);
    if (part) digest.remove_suffix(kPart.size());
    struct stat info {};
    if (!is_sha256(digest) || !digest.starts_with(name)) continue;
    if (::fstatat(::dirfd(listing), item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) continue;
    entries.push_back({.sha256 = std::string(digest),
                       .bytes = static_cast<uint64_t>(info.st_size),
                       .used_at = info.st_mtim.tv_sec,
                       .complete = !part});
  }
  ::closedir(listing);
  return absl::OkStatus();
}

uint64_t BlobFolder::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

Status BlobFolder::make_room(uint64_t bytes, const std::set<std::string>& keep) {
  if (check_room(bytes).ok()) return absl::OkStatus();
  EV_ASSIGN_OR_RETURN(const std::vector<Entry> entries, list());
  for (const Entry& entry : entries) {
    if (keep.contains(entry.sha256)) continue;
    EV_RETURN_IF_ERROR(remove(entry.sha256));
    if (check_room(bytes).ok()) return absl::OkStatus();
  }
  return check_room(bytes);
}

StatusOr<uint64_t> BlobFolder::collect(const std::set<std::string>& keep, int64_t before) {
  EV_ASSIGN_OR_RETURN(const std::vector<Entry> entries, list());
  uint64_t removed = 0;
  for (const Entry& entry : entries) {
    if (entry.used_at >= before || keep.contains(entry.sha256)) continue;
    EV_RETURN_IF_ERROR(remove(entry.sha256));
    removed += entry.bytes;
  }
  return removed;
}

std::string BlobFolder::path_of(std::string_view sha256) const {
  return path_ + "/" + std::string(sha256.substr(0, 2)) + "/" + std::string(sha256);
}

StatusOr<Descriptor> BlobFolder::subfolder(std::string_view sha256, bool make) const {
  const std::string name(sha256.substr(0, 2));
  if (make && ::mkdirat(root_.get(), name.c_str(), 0755) == 0)
    ::fsync(root_.get());
  else if (make && errno != EEXIST)
    return errno_status(errno, "cannot make the folder " + path_ + "/" + name);
  Descriptor folder(::openat(root_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) return open_error(errno, path_ + "/" + name);
  return folder;
}

// O_NONBLOCK: a FIFO in its place must not hold us up; for files it means nothing.
StatusOr<Descriptor> BlobFolder::open_file(std::string_view sha256, bool part, int flags) const {
  EV_ASSIGN_OR_RETURN(const Descriptor folder, subfolder(sha256, /*make=*/false));
  const std::string name = file_name(sha256, part);
  Descriptor file(::openat(folder.get(), name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
  if (!file.is_open()) return open_error(errno, path_ + "/" + name.substr(0, 2) + "/" + name);
  return file;
}

Status BlobFolder::check_room(uint64_t more) const {
  const uint64_t taken = used();
  if (taken > limits_.most_bytes || more > limits_.most_bytes - taken)
    return absl::ResourceExhaustedError(path_ + " holds " + std::to_string(taken) + " of at most " +
                                        std::to_string(limits_.most_bytes) + " bytes; " + std::to_string(more) +
                                        " more do not fit");
  struct statvfs disk {};
  if (limits_.keep_free == 0 || ::fstatvfs(root_.get(), &disk) != 0) return absl::OkStatus();
  const uint64_t free = uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free >= limits_.keep_free && more <= free - limits_.keep_free) return absl::OkStatus();
  return absl::ResourceExhaustedError("the disk of " + path_ + " has " + std::to_string(free) +
                                      " bytes left, of which " + std::to_string(limits_.keep_free) + " must stay free");
}

void BlobFolder::remove_file(std::string_view sha256, bool part, uint64_t bytes) {
  const StatusOr<Descriptor> folder = subfolder(sha256, /*make=*/false);
  if (folder.ok() && ::unlinkat(folder->get(), file_name(sha256, part).c_str(), 0) == 0)
    add_used(-static_cast<int64_t>(bytes));
}

void BlobFolder::add_used(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ += static_cast<uint64_t>(bytes);
}

StatusOr<std::string> BlobFolder::Reader::read(uint64_t offset, size_t most) const {
  if (offset >= size_) return std::string();
  const size_t want = static_cast<size_t>(std::min<uint64_t>(most, size_ - offset));
  EV_ASSIGN_OR_RETURN(std::string bytes, read_at(file_.get(), offset, want, name_));
  if (bytes.size() < want) return absl::DataLossError("the file " + name_ + " has become shorter");
  return bytes;
}

uint64_t BlobFolder::Writer::size() const {
  const std::lock_guard lock(upload_->mutex);
  return upload_->size;
}

Status BlobFolder::Writer::append(std::string_view bytes) { return folder_->append(*upload_, bytes); }
Status BlobFolder::Writer::finish(const std::function<bool()>& stopped) { return folder_->complete(*upload_, stopped); }

}  // namespace evensweep

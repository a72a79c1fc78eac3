#include "coordinator/store/backup.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <utility>

#include "common/base/file.h"

namespace evensweep::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr int kPagesAtATime = 1024;
constexpr std::string_view kPrefix = "evensweep-", kSuffix = ".db";

std::string database_in(const std::string& folder) { return folder + "/evensweep.db"; }
std::string backups_in(const std::string& folder) { return folder + "/backups"; }

// "20261125T101530.250Z": sorts by time.
std::string time_name(int64_t unix_millis) {
  const std::time_t seconds = unix_millis / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32], all[48];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &parts);
  std::snprintf(all, sizeof all, "%s.%03dZ", text, static_cast<int>(unix_millis % 1000));
  return all;
}

Status sync(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return errno_status(errno, "cannot open " + path);
  const int result = ::fsync(file);
  const int error = errno;
  ::close(file);
  return result == 0 ? absl::OkStatus() : errno_status(error, "cannot write " + path);
}

Status moved(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return errno_status(errno, "cannot rename " + from);
}

Status status_of(const SQLite::Exception& error, const std::string& doing) {
  const std::string what = "cannot " + doing + ": " + error.what();
  return error.getErrorCode() == SQLITE_FULL ? absl::ResourceExhaustedError(what) : absl::InternalError(what);
}

// That it is a whole database of ours.
Status check_copy(const std::string& path) {
  try {
    SQLite::Database copy(path, SQLite::OPEN_READONLY);
    copy.exec("PRAGMA trusted_schema = OFF");
    copy.exec("PRAGMA cell_size_check = ON");
    if (const std::string found = copy.execAndGet("PRAGMA quick_check(1)").getString(); found != "ok")
      return absl::DataLossError(path + " is damaged: " + found);
    copy.execAndGet("SELECT value FROM meta WHERE name = 'schema_version'");
    return absl::OkStatus();
  } catch (const SQLite::Exception& error) {
    return absl::DataLossError(path + " is damaged, or no database of evensweep: " + error.what());
  }
}

}  // namespace

// Size, inode and time of last writing of the database and of its log.
std::string Backups::stamp() const {
  std::string text;
  for (const char* suffix : {"", "-wal"}) {
    struct stat info {};
    if (::stat((database_in(state_folder_) + suffix).c_str(), &info) != 0) continue;
    text += std::to_string(info.st_ino) + ":" + std::to_string(info.st_size) + ":" +
            std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + " ";
  }
  return text;
}

StatusOr<std::optional<std::string>> Backups::take_if_changed(int64_t unix_millis, const std::atomic<bool>& stop) {
  const std::string before = stamp();
  if (before.empty() || before == last_) return std::nullopt;
  const std::string folder = backups_in(state_folder_);
  EV_RETURN_IF_ERROR(make_folders(folder));
  const std::string unfinished = folder + "/unfinished";
  const std::string path = folder + "/" + std::string(kPrefix) + time_name(unix_millis) + std::string(kSuffix);
  Status status = copy(unfinished, stop);
  if (status.ok()) status = check_copy(unfinished);
  if (status.ok()) status = sync(unfinished, O_RDONLY);
  if (status.ok()) status = moved(unfinished, path);
  if (!status.ok()) {
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    fs::remove(unfinished + "-journal", ignored);
    return status;
  }
  EV_RETURN_IF_ERROR(sync(folder, O_RDONLY | O_DIRECTORY));
  last_ = before;
  forget_old();
  return path;
}

Status Backups::copy(const std::string& to, const std::atomic<bool>& stop) const {
  std::error_code ignored;
  fs::remove(to, ignored);
  try {
    SQLite::Database source(database_in(state_folder_), SQLite::OPEN_READONLY);
    source.setBusyTimeout(5000);
    SQLite::Transaction one_moment(source);
    source.execAndGet("SELECT count(*) FROM sqlite_master");  // the transaction begins with its first reading
    SQLite::Database target(to, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    ::chmod(to.c_str(), 0600);
    SQLite::Backup backup(target, source);
    do {
      if (stop) return absl::CancelledError("the backup was stopped");
    } while (backup.executeStep(kPagesAtATime) == SQLITE_OK);
    if (backup.getRemainingPageCount() != 0) return absl::InternalError("cannot copy the database: it is locked");
  } catch (const SQLite::Exception& error) {
    return status_of(error, "copy the database to " + to);
  }
  try {
    // One file that needs no log beside it.
    SQLite::Database target(to, SQLite::OPEN_READWRITE);
    target.exec("PRAGMA journal_mode = DELETE");
    return absl::OkStatus();
  } catch (const SQLite::Exception& error) {
    return status_of(error, "complete the copy " + to);
  }
}

std::vector<std::string> Backups::list(const std::string& state_folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(backups_in(state_folder), error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void Backups::forget_old() const {
  std::vector<std::string> paths = list(state_folder_);
  std::error_code ignored;
  for (size_t i = 0; i + static_cast<size_t>(kept_) < paths.size(); ++i) fs::remove(paths[i], ignored);
}

StatusOr<std::string> restore_backup(const std::string& state_folder, const std::string& file, int64_t unix_millis) {
  std::string from = file;
  if (from.empty()) {
    const std::vector<std::string> paths = Backups::list(state_folder);
    if (paths.empty())
      return absl::NotFoundError("there is no backup in " + backups_in(state_folder) +
                                 "; name one with --restore FILE");
    from = paths.back();
  }
  std::error_code error;
  if (!fs::is_regular_file(from, error)) return absl::NotFoundError("there is no backup " + from);
  const std::string database = database_in(state_folder), fresh = database + ".restoring";
  if (!fs::copy_file(from, fresh, fs::copy_options::overwrite_existing, error))
    return absl::InternalError("cannot copy " + from + " to " + fresh + ": " + error.message());
  if (const Status status = check_copy(fresh); !status.ok()) {
    fs::remove(fresh, error);
    return absl::DataLossError("the backup " + from + " cannot be used; " + std::string(status.message()));
  }
  EV_RETURN_IF_ERROR(sync(fresh, O_RDONLY));
  std::string old;
  if (fs::exists(database, error)) {
    old = database + ".before-" + time_name(unix_millis);
    if (::link(database.c_str(), old.c_str()) != 0) return errno_status(errno, "cannot keep " + database);
    if (fs::exists(database + "-wal", error)) EV_RETURN_IF_ERROR(moved(database + "-wal", old + "-wal"));
  }
  fs::remove(database + "-shm", error);
  EV_RETURN_IF_ERROR(moved(fresh, database));
  EV_RETURN_IF_ERROR(sync(state_folder, O_RDONLY | O_DIRECTORY));
  return old;
}

}  // namespace evensweep::coordinator

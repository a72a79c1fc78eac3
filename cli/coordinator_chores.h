#pragma once
// What a coordinator does every second beside serving.

#include <atomic>
#include <filesystem>
#include <future>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "coordinator/rpc/credentials.h"
#include "coordinator/store/backup.h"

namespace evensweep {

// Tokens that were added to the file or taken out of it count without a restart.
class TokenFile {
 public:
  // `path` empty: there is none.
  TokenFile(std::string path, coordinator::Authorizer& authorizer);
  // A file that cannot be read or has a mistake changes nothing and is told.
  void look();

 private:
  std::optional<std::filesystem::file_time_type> stamp() const;

  std::string path_;
  coordinator::Authorizer& authorizer_;
  std::optional<std::filesystem::file_time_type> seen_;
};

// Takes a backup every `interval`, the first one at once, on a thread of its own.
class BackupSchedule {
 public:
  BackupSchedule(coordinator::Backups backups, Duration interval, const Clock& clock);
  // Breaks off a backup that is being taken.
  ~BackupSchedule();
  void look();

 private:
  coordinator::Backups backups_;
  Duration interval_;
  const Clock& clock_;
  TimePoint due_;
  std::atomic<bool> stop_ = false;
  std::future<void> running_;
};

}  // namespace evensweep

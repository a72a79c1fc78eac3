#pragma once
// What a coordinator does every second beside serving.

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/rpc/credentials.h"
#include "coordinator/store/backup.h"

namespace evensweep {

// Tokens that were added to the file or taken out of it count without a restart.
class TokenFile {
 public:
  // `path` empty: there is none. `tokens` are those that it had when it was read last. `on_loss` is called when one
  // that was good has expired or is in the file no more, for streams that were let in with it.
  TokenFile(std::string path, const std::vector<coordinator::TokenEntry>& tokens, coordinator::Authorizer& authorizer,
            const Clock& clock, std::function<void()> on_loss);
  // A file that cannot be read or has a mistake changes nothing and is told.
  void look();

 private:
  using Granted = std::map<std::string, std::optional<int64_t>>;  // what was granted -> when it expires (Unix ms)
  static Granted granted(const std::vector<coordinator::TokenEntry>& tokens);
  void reread();
  std::optional<std::filesystem::file_time_type> stamp() const;

  std::string path_;
  Granted file_, good_;  // of the file, and those that were good at the last look
  coordinator::Authorizer& authorizer_;
  const Clock& clock_;
  std::function<void()> on_loss_;
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

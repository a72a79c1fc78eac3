#include "cli/coordinator_chores.h"

#include <utility>

#include "cli/coordinator_config.h"
#include "common/base/log.h"

namespace evensweep {
namespace {

void take(coordinator::Backups& backups, int64_t unix_millis, const std::atomic<bool>& stop) {
  const auto taken = backups.take_if_changed(unix_millis, stop);
  if (!taken.ok() && !absl::IsCancelled(taken.status()))
    log(LogLevel::kError, "coordinator", "no backup was taken: " + std::string(taken.status().message()));
  if (taken.ok() && *taken) log(LogLevel::kInfo, "coordinator", "backup " + **taken);
}

}  // namespace

TokenFile::TokenFile(std::string path, coordinator::Authorizer& authorizer)
    : path_(std::move(path)), authorizer_(authorizer), seen_(stamp()) {}

void TokenFile::look() {
  if (path_.empty()) return;
  const auto now = stamp();
  if (now == std::exchange(seen_, now)) return;
  auto tokens = read_tokens(path_);
  if (!tokens.ok())
    return log(LogLevel::kError, "coordinator",
               "the tokens that were read before stay in force: " + std::string(tokens.status().message()));
  log(LogLevel::kInfo, "audit", path_ + " now has " + std::to_string(tokens->size()) + " tokens");
  authorizer_.replace(*std::move(tokens));
}

std::optional<std::filesystem::file_time_type> TokenFile::stamp() const {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(path_, error);
  if (error) return std::nullopt;
  return time;
}

BackupSchedule::BackupSchedule(coordinator::Backups backups, Duration interval, const Clock& clock)
    : backups_(std::move(backups)), interval_(interval), clock_(clock), due_(clock.now()) {}

BackupSchedule::~BackupSchedule() { stop_ = true; }  // the future's end waits for the thread

void BackupSchedule::look() {
  if (clock_.now() < due_) return;
  if (running_.valid() && running_.wait_for(Duration(0)) != std::future_status::ready) return;
  due_ = clock_.now() + interval_;
  running_ = std::async(std::launch::async, [this] { take(backups_, clock_.unix_millis(), stop_); });
}

}  // namespace evensweep

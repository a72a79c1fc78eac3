#include "cli/coordinator_chores.h"

#include <algorithm>
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

TokenFile::TokenFile(std::string path, const std::vector<coordinator::TokenEntry>& tokens,
                     coordinator::Authorizer& authorizer, const Clock& clock, std::function<void()> on_loss)
    : path_(std::move(path)),
      file_(granted(tokens)),
      good_(file_),
      authorizer_(authorizer),
      clock_(clock),
      on_loss_(std::move(on_loss)),
      seen_(stamp()) {}

// A token with fewer scopes than before is another one.
TokenFile::Granted TokenFile::granted(const std::vector<coordinator::TokenEntry>& tokens) {
  Granted all;
  for (const coordinator::TokenEntry& token : tokens)
    for (const v1::Scope scope : token.scopes)
      all[token.sha256 + " " + std::to_string(static_cast<int>(scope))] = token.expires_millis;
  return all;
}

void TokenFile::look() {
  if (path_.empty()) return;
  reread();
  Granted good = file_;
  const int64_t now = clock_.unix_millis();
  std::erase_if(good, [now](const auto& token) { return token.second && *token.second <= now; });
  const Granted before = std::exchange(good_, std::move(good));
  if (std::ranges::all_of(before, [this](const auto& token) { return good_.contains(token.first); })) return;
  log(LogLevel::kInfo, "audit",
      "a token of " + path_ + " is good no more: whoever is connected must show anew who it is");
  on_loss_();
}

void TokenFile::reread() {
  const auto now = stamp();
  if (now == std::exchange(seen_, now)) return;
  auto tokens = read_tokens(path_);
  if (!tokens.ok())
    return log(LogLevel::kError, "coordinator",
               "the tokens that were read before stay in force: " + std::string(tokens.status().message()));
  log(LogLevel::kInfo, "audit", path_ + " now has " + std::to_string(tokens->size()) + " tokens");
  file_ = granted(*tokens);
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

#include "coordinator/host/log_tails.h"

#include <utility>

namespace evensweep::coordinator {
namespace {

constexpr size_t kMostTail = 64 << 10;

}  // namespace

void LogTails::hear(RunId run, uint32_t attempt, const std::optional<std::string>& text) {
  const std::lock_guard lock(mutex_);
  if (text) {
    Tail& tail = tails_[run];
    if (std::exchange(tail.attempt, attempt) != attempt) tail.text.clear();
    tail.text += *text;
    if (tail.text.size() > kMostTail) tail.text.erase(0, tail.text.size() - kMostTail);
  } else {
    tails_.erase(run);
  }
  for (auto watch = watches_.begin(); watch != watches_.end();) {
    if (watch->second.run != run) {
      ++watch;
      continue;
    }
    watch->second.callback(LogPiece{.attempt = attempt, .text = text.value_or(""), .last = !text});
    watch = text ? std::next(watch) : watches_.erase(watch);
  }
}

void LogTails::show(uint64_t watch, RunId run, uint32_t attempt, bool under_way, bool follow, Callback callback) {
  const std::lock_guard lock(mutex_);
  const auto tail = tails_.find(run);
  LogPiece piece{.attempt = attempt, .text = {}, .last = !under_way || !follow};
  if (tail != tails_.end() && tail->second.attempt == attempt) piece.text = tail->second.text;
  callback(piece);
  if (!piece.last) watches_[watch] = {.run = run, .callback = std::move(callback)};
}

void LogTails::forget(uint64_t watch) {
  const std::lock_guard lock(mutex_);
  watches_.erase(watch);
}

}  // namespace evensweep::coordinator

#pragma once
// The last lines of the trainers that are under way, for whoever watches them. Nothing of it is stored.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/status.h"
#include "coordinator/core/step.h"
#include "coordinator/host/control.h"

namespace evensweep::coordinator {

// All calls from any thread; callbacks on the caller's, one at a time.
class LogTails {
 public:
  using Callback = std::function<void(const StatusOr<LogPiece>&)>;

  // Absent text: the attempt has ended.
  void hear(RunId run, uint32_t attempt, const std::optional<std::string>& text);
  // What is kept of the attempt at once; with `follow` what comes until its end.
  void show(uint64_t watch, RunId run, uint32_t attempt, bool under_way, bool follow, Callback callback);
  void forget(uint64_t watch);

 private:
  struct Tail {
    uint32_t attempt = 0;
    std::string text;  // at most kMostTail bytes
  };
  struct Watch {
    RunId run = 0;
    Callback callback;
  };
  std::mutex mutex_;  // guards the rest
  std::map<RunId, Tail> tails_;
  std::map<uint64_t, Watch> watches_;
};

}  // namespace evensweep::coordinator

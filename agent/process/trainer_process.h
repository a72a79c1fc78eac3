#pragma once
// A trainer as the agent sees it from outside. All calls and callbacks are on one thread.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/core/failure_text.h"
#include "common/base/status.h"

namespace evensweep {

struct TrainerCallbacks {
  std::function<void(std::string_view)> on_line;         // one event line, without its end
  std::function<void(std::string)> on_breach;            // a line longer than kMaxTrainerLine; nothing is read after it
  std::function<void(std::string_view)> on_errors = {};  // what it wrote to standard error, as it comes
  // Once and last: the process is gone and all it wrote before has been reported.
  std::function<void(ExitStatus, std::string stderr_tail)> on_exit;
};

class TrainerProcess {
 public:
  // No callback comes after the destructor, which kills what is left of the process group. Not to be called from
  // within on_line or on_breach.
  virtual ~TrainerProcess() = default;
  // Queues one line for its standard input. Lost without a word if the process no longer reads; its exit tells.
  virtual void write_line(std::string line) = 0;
  virtual void terminate() = 0;  // SIGTERM to its process group
  virtual void kill() = 0;       // SIGKILL to its process group
};

class TrainerLauncher {
 public:
  virtual ~TrainerLauncher() = default;
  // `command`: the path of the program (PATH is not searched) and its arguments. `variables` go on top of this
  // process's environment. Callbacks come later, never from within the call. NotFound, PermissionDenied, ... name the
  // program.
  virtual StatusOr<std::unique_ptr<TrainerProcess>> launch(const std::vector<std::string>& command,
                                                           const std::map<std::string, std::string>& variables,
                                                           TrainerCallbacks callbacks) = 0;
};

}  // namespace evensweep

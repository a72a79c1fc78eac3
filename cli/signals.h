#pragma once
// Termination signals as something to ask for, instead of something that happens.

#include <future>
#include <optional>

#include "common/base/clock.h"
#include "common/base/descriptor.h"

namespace evensweep {

// Holds back SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 in this thread and in all that it starts later; make one
// before the first thread. Those that are ignored already stay so. SIGPIPE is ignored: a closed pipe is an error to
// handle, not an end.
class Signals {
 public:
  Signals();
  // The next signal, waiting for it no longer than `timeout`, or until somebody wakes it.
  std::optional<int> wait(Duration timeout);
  // Ends the wait that is under way, or else the next one. From any thread.
  void wake();

 private:
  Descriptor signals_, woken_;
};

// Until `work` is done. SIGINT in between ends the process at once: whoever presses Ctrl-C twice does not want to wait.
// Other signals change nothing: Slurm sends TERM to a program and to those who pass it on to it.
void leave_at_next(Signals& signals, std::future<void>& work);

}  // namespace evensweep

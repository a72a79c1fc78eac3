#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/link/spool.h"
#include "common/base/clock.h"

namespace evensweep {

// Writes to a spool on a thread of its own: all that comes while one batch is on its way to the disk goes together with
// the next. What could not be written, on a full disk perhaps, is tried again with every batch and every `retry`.
class SpoolWriter {
 public:
  struct Written {
    AttemptId attempt;
    std::string error;  // empty: it is on disk
  };

  // `done` tells, once for each end, how the first try went; it is called on the writer's thread.
  SpoolWriter(Spool spool, std::function<void(std::vector<Written>)> done, Duration retry = Duration(5000));
  // Writes what it was given.
  ~SpoolWriter();

  // Begins at wake(), so that what ends in the same moment is written together.
  void write(Update end);
  void wake();
  void forget(const AttemptId& attempt);

 private:
  void run();
  void write_batch(std::vector<Update> ends, std::vector<AttemptId> forgotten);

  Spool spool_;
  std::function<void(std::vector<Written>)> done_;
  Duration retry_;
  std::vector<Update> failed_;             // of the thread alone
  std::vector<AttemptId> failed_forgets_;  // likewise

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Update> ends_;
  std::vector<AttemptId> forgotten_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace evensweep

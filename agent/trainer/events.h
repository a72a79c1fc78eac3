#pragma once

#include <string>

#include "common/base/clock.h"
#include "common/model/json.h"

namespace evensweep {

// Writes events (docs/format/trainer.md), one line each, at once.
class EventWriter {
 public:
  explicit EventWriter(int fd) : fd_(fd) {}

  void hello() const;
  void started(const AttemptId& attempt, int64_t resumed_at_epoch) const;
  void progress(const AttemptId& attempt, double fraction, double examples_per_second) const;
  void finished(const AttemptId& attempt, uint64_t peak_memory_bytes) const;  // 0: not known
  void failed(const AttemptId& attempt, const Failure& failure) const;
  void stopped(const AttemptId& attempt) const;

 private:
  // Nobody reading any more leaves nothing to do: ends the process with code 1 and a line on standard error.
  void write(const Json& event) const;

  int fd_;
};

}  // namespace evensweep

#include "agent/trainer/events.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/base/log.h"

namespace evensweep {
namespace {

Json event_of(const AttemptId& attempt, const char* name) {
  return {{"event", name}, {"run", attempt.run.str()}, {"attempt", attempt.number}};
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

void EventWriter::hello() const {
  write({{"event", "hello"},
         {"contract", 1},
         {"trainer", "evensweep-trainer " EVENSWEEP_VERSION},
         {"numerics", kTrainerNumerics}});
}

void EventWriter::started(const AttemptId& attempt, int64_t resumed_at_epoch) const {
  Json event = event_of(attempt, "started");
  event["resumed_at_epoch"] = resumed_at_epoch;
  write(event);
}

void EventWriter::progress(const AttemptId& attempt, double fraction, double examples_per_second) const {
  Json event = event_of(attempt, "progress");
  event["fraction"] = fraction;
  event["examples_per_second"] = examples_per_second;
  write(event);
}

void EventWriter::finished(const AttemptId& attempt, uint64_t peak_memory_bytes) const {
  Json event = event_of(attempt, "finished");
  if (peak_memory_bytes > 0) event["peak_memory_bytes"] = peak_memory_bytes;
  write(event);
}

void EventWriter::failed(const AttemptId& attempt, const Failure& failure) const {
  Json event = event_of(attempt, "failed");
  event["class"] = failure_class_name(failure.failure);
  event["message"] = one_line(failure.message);
  write(event);
}

void EventWriter::stopped(const AttemptId& attempt) const { write(event_of(attempt, "stopped")); }

void EventWriter::write(const Json& event) const {
  // A file name in a message need not be UTF-8.
  const std::string line = event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  for (size_t done = 0; done < line.size();) {
    const ssize_t wrote = ::write(fd_, line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      log(LogLevel::kError, "trainer", fmt::format("cannot write events: {}", std::strerror(errno)));
      std::_Exit(1);
    }
    done += static_cast<size_t>(wrote);
  }
}

}  // namespace evensweep

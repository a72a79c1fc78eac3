#pragma once
// What reaches the trainer from outside while it works: lines on standard input, its end, and signals.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

namespace evensweep {

// SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 then only set the flag below; SIGPIPE is ignored. Once, at the start.
void catch_stop_signals();
bool stop_requested();

inline constexpr size_t kMostLineBytes = size_t{1} << 20;

// Reads lines on a thread of its own, so that the end of the input is seen in the middle of a step.
// When the input ends, the process ends at once with code 0; with a line over kMostLineBytes, with code 1 and a
// message.
class Inbox {
 public:
  // Watches `fd` until the process ends. The one Inbox of a process lives as long as that.
  explicit Inbox(int fd);

  // Waits for the next line, without its newline. Nothing: a signal asks to stop.
  std::optional<std::string> next_line();

 private:
  void watch(int fd);
  void read_some(int fd);

  std::string partial_;  // the watching thread's alone
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
};

}  // namespace evensweep

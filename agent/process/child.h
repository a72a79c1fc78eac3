#pragma once
// One running child process on an io_context. Internal to agent/process.

#include <sys/types.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <string>

#include "agent/process/stderr_tail.h"
#include "agent/process/trainer_process.h"

namespace evensweep {

// The agent's ends of the pipes, all non-blocking, and a pidfd. Owned by whoever holds the struct.
struct ChildHandles {
  pid_t pid = -1;
  int pidfd = -1, input = -1, errors = -1, events = -1;
};

// Kept alive by its own pending reads; the handle that the agent holds (TrainerProcess) calls abandon() at its end.
class Child : public std::enable_shared_from_this<Child> {
 public:
  Child(boost::asio::io_context& context, const ChildHandles& handles, TrainerCallbacks callbacks);
  ~Child();

  void begin();
  void write_line(std::string line);
  void signal_group(int signal);
  void abandon();

 private:
  using Stream = boost::asio::posix::stream_descriptor;

  void write_next();
  void read_events();
  void read_errors();
  void take_events(std::string_view bytes);
  void take_errors(std::string_view bytes);
  void wait_exit();
  void exited();
  void events_ended();
  void reader_ended();
  void finish();
  void reap();
  void close_all();

  pid_t pid_;
  int readers_ = 2;  // of events and errors, not ended yet
  bool reaped_ = false;
  bool breached_ = false;
  ExitStatus exit_;
  Stream pidfd_, input_, errors_, events_;
  boost::asio::steady_timer linger_;  // since the end of its events
  std::deque<std::string> outgoing_;
  std::string partial_;  // of an event line
  StderrTail tail_;
  std::array<char, 65536> event_buffer_;
  std::array<char, 4096> error_buffer_;
  TrainerCallbacks callbacks_;
};

}  // namespace evensweep

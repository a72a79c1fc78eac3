#include "agent/process/child.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <csignal>
#include <utility>

#include "agent/core/trainer_contract.h"
#include "common/base/clock.h"

namespace evensweep {
namespace {

using Error = boost::system::error_code;
// A process that exits closes its events a moment before that is seen. One that goes on without them can tell nothing.
constexpr Duration kLingering{1000};
// What a dead child left in a pipe that a grandchild still holds open is read up to here.
constexpr size_t kMostLeftovers = 4 << 20;

// Reads what is there without waiting.
template <typename Take>
void drain(int fd, Take take) {
  char buffer[65536];
  for (size_t total = 0; total < kMostLeftovers;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    total += static_cast<size_t>(got);
    take(std::string_view(buffer, static_cast<size_t>(got)));
  }
}

}  // namespace

Child::Child(boost::asio::io_context& context, const ChildHandles& handles, TrainerCallbacks callbacks)
    : pid_(handles.pid),
      pidfd_(context, handles.pidfd),
      input_(context, handles.input),
      errors_(context, handles.errors),
      events_(context, handles.events),
      linger_(context),
      callbacks_(std::move(callbacks)) {}

Child::~Child() {
  if (reaped_) return;
  signal_group(SIGKILL);
  // Bounded: a process that the kernel does not let go of must not hold up the agent.
  pollfd gone{pidfd_.native_handle(), POLLIN, 0};
  constexpr int kPatienceMillis = 2000;
  if (::poll(&gone, 1, kPatienceMillis) > 0) reap();
}

void Child::begin() {
  read_events();
  read_errors();
  wait_exit();
}

void Child::write_line(std::string line) {
  if (!input_.is_open()) return;
  line += '\n';
  outgoing_.push_back(std::move(line));
  if (outgoing_.size() == 1) write_next();
}

void Child::write_next() {
  boost::asio::async_write(input_, boost::asio::buffer(outgoing_.front()),
                           [self = shared_from_this()](Error error, size_t) {
                             if (error) {  // it reads no more
                               Error ignored;
                               self->input_.close(ignored);
                               return;
                             }
                             self->outgoing_.pop_front();
                             if (!self->outgoing_.empty()) self->write_next();
                           });
}

void Child::signal_group(int signal) {
  // The process is its group's leader, and its number cannot be given to another before it is reaped.
  if (!reaped_) ::kill(-pid_, signal);
}

void Child::abandon() {
  callbacks_ = {};
  if (reaped_) return;
  signal_group(SIGKILL);
  Error ignored;
  input_.close(ignored);
}

void Child::read_events() {
  events_.async_read_some(boost::asio::buffer(event_buffer_), [self = shared_from_this()](Error error, size_t got) {
    // What it wrote to standard error before an event comes before it here too, so that it counts for the event's run.
    if (!error && self->callbacks_.on_errors && self->errors_.is_open())
      drain(self->errors_.native_handle(), [&self](std::string_view bytes) { self->take_errors(bytes); });
    if (!error) self->take_events({self->event_buffer_.data(), got});
    if (error || self->reaped_) return self->events_ended();
    self->read_events();
  });
}

void Child::take_events(std::string_view bytes) {
  while (!bytes.empty() && !breached_) {
    const size_t end = bytes.find('\n');
    partial_ += bytes.substr(0, end);
    if (partial_.size() > kMaxTrainerLine) {
      breached_ = true;
      if (callbacks_.on_breach) callbacks_.on_breach("an event line is longer than 1 MiB");
      return;
    }
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    const std::string line = std::exchange(partial_, {});
    if (callbacks_.on_line) callbacks_.on_line(line);
  }
}

void Child::read_errors() {
  errors_.async_read_some(boost::asio::buffer(error_buffer_), [self = shared_from_this()](Error error, size_t got) {
    if (!error) self->take_errors({self->error_buffer_.data(), got});
    if (error || self->reaped_) return self->reader_ended();
    self->read_errors();
  });
}

void Child::take_errors(std::string_view bytes) {
  tail_.add(bytes);
  if (callbacks_.on_errors) callbacks_.on_errors(bytes);
}

void Child::wait_exit() {
  pidfd_.async_wait(Stream::wait_read, [self = shared_from_this()](Error error) {
    if (!error && !self->reaped_) self->exited();
  });
}

// A read may have completed whose handler has yet to run: what it got comes before what is still in the pipe.
void Child::exited() {
  signal_group(SIGKILL);  // what it started and left behind
  reap();
  Error ignored;
  events_.cancel(ignored);
  errors_.cancel(ignored);
  linger_.cancel();
  if (readers_ == 0) finish();
}

void Child::events_ended() {
  if (!reaped_) {
    linger_.expires_after(kLingering);
    linger_.async_wait([self = shared_from_this()](Error error) {
      if (error || self->reaped_ || std::exchange(self->breached_, true) || !self->callbacks_.on_breach) return;
      self->callbacks_.on_breach("it closed descriptor 3, where its events go, and did not exit");
    });
  }
  reader_ended();
}

void Child::reader_ended() {
  --readers_;
  if (reaped_ && readers_ == 0) finish();
}

void Child::finish() {
  drain(events_.native_handle(), [this](std::string_view bytes) { take_events(bytes); });
  drain(errors_.native_handle(), [this](std::string_view bytes) { take_errors(bytes); });
  close_all();
  const TrainerCallbacks callbacks = std::exchange(callbacks_, {});
  if (callbacks.on_exit) callbacks.on_exit(exit_, tail_.text());
}

void Child::reap() {
  int status = 0;
  pid_t got = -1;
  do got = ::waitpid(pid_, &status, WNOHANG);
  while (got < 0 && errno == EINTR);
  reaped_ = true;
  if (got != pid_) return;
  exit_ = WIFSIGNALED(status) ? ExitStatus{true, WTERMSIG(status)} : ExitStatus{false, WEXITSTATUS(status)};
}

void Child::close_all() {
  Error ignored;
  pidfd_.close(ignored);
  input_.close(ignored);
  errors_.close(ignored);
  events_.close(ignored);
}

}  // namespace evensweep

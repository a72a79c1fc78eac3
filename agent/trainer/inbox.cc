#include "agent/trainer/inbox.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "common/base/log.h"

namespace evensweep {
namespace {

std::atomic<bool> stop_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");
int stop_pipe[2] = {-1, -1};  // a byte in it wakes the watching thread

void on_stop_signal(int) {
  const int saved = errno;
  stop_flag.store(true);
  const char byte = 0;
  [[maybe_unused]] const ssize_t wrote = ::write(stop_pipe[1], &byte, 1);  // full: the thread is awake already
  errno = saved;
}

[[noreturn]] void end_with(int code, std::string_view message) {
  if (!message.empty()) log(LogLevel::kError, "trainer", message);
  ::_exit(code);
}

}  // namespace

void catch_stop_signals() {
  if (::pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
    end_with(1, std::string("cannot make a pipe: ") + std::strerror(errno));
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) ::sigaction(number, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool stop_requested() { return stop_flag.load(); }

Inbox::Inbox(int fd) { std::thread(&Inbox::watch, this, fd).detach(); }

std::optional<std::string> Inbox::next_line() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stop_requested() || !lines_.empty(); });
  if (stop_requested()) return std::nullopt;
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

void Inbox::watch(int fd) {
  std::array<pollfd, 2> sources{pollfd{.fd = fd, .events = POLLIN, .revents = 0},
                                pollfd{.fd = stop_pipe[0], .events = POLLIN, .revents = 0}};
  while (true) {
    if (::poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR)
      end_with(1, std::string("cannot wait for input: ") + std::strerror(errno));
    if (sources[1].revents != 0) {
      char drained[16];
      while (::read(stop_pipe[0], drained, sizeof drained) > 0) continue;
      const std::lock_guard lock(mutex_);  // or next_line could miss it between its look and its sleep
      changed_.notify_all();
    }
    if (sources[0].revents != 0) read_some(fd);
  }
}

void Inbox::read_some(int fd) {
  std::array<char, 1 << 16> buffer;
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) end_with(0, "");
  std::string_view rest(buffer.data(), static_cast<size_t>(got));
  while (!rest.empty()) {
    const size_t length = std::min(rest.find('\n'), rest.size());
    if (partial_.size() + length > kMostLineBytes) end_with(1, "standard input: a line is longer than 1 MiB");
    partial_ += rest.substr(0, length);
    if (length == rest.size()) return;
    rest.remove_prefix(length + 1);
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::exchange(partial_, {}));
    changed_.notify_all();
  }
}

}  // namespace evensweep

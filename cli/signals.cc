#include "cli/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>

#include "cli/exit_code.h"

namespace evensweep {
namespace {

// What started us wants it ignored, nohup for example. Held back it would be delivered all the same.
bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

pthread_t keeper;  // the thread that holds signals back

// Threads that gRPC has started before hold nothing back: what reaches one of them goes to the keeper, who waits for
// it.
void pass_on(int signal) {
  const int error = errno;
  ::pthread_kill(keeper, signal);
  errno = error;
}

}  // namespace

Signals::Signals() : woken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2})
    if (!is_ignored(signal)) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  keeper = pthread_self();
  struct sigaction passing {};
  passing.sa_handler = pass_on;
  passing.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2})
    if (sigismember(&set, signal) == 1) ::sigaction(signal, &passing, nullptr);
  signals_ = Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> Signals::wait(Duration timeout) {
  pollfd ready[] = {{signals_.get(), POLLIN, 0}, {woken_.get(), POLLIN, 0}};
  ::poll(ready, 2, static_cast<int>(timeout.count()));
  uint64_t wakes = 0;
  if (::read(woken_.get(), &wakes, sizeof wakes) < 0) wakes = 0;  // nobody did
  signalfd_siginfo signal{};
  if (::read(signals_.get(), &signal, sizeof signal) != sizeof signal) return std::nullopt;
  return static_cast<int>(signal.ssi_signo);
}

void Signals::wake() {
  const uint64_t once = 1;
  if (::write(woken_.get(), &once, sizeof once) < 0) return;  // it is awake more often than can be counted
}

void leave_at_next(Signals& signals, std::future<void>& work) {
  while (work.wait_for(Duration(50)) != std::future_status::ready)
    if (signals.wait(Duration(0)) == SIGINT) std::_Exit(kInterrupted);
}

}  // namespace evensweep

#include "cli/signals.h"

#include <cstdlib>
#include <ctime>

#include "cli/exit_code.h"

namespace evensweep {
namespace {

// What started us wants it ignored, nohup for example. Held back it would be delivered all the same.
bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Signals::Signals() {
  sigemptyset(&set_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2})
    if (!is_ignored(signal)) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> Signals::wait(Duration timeout) {
  const timespec limit{.tv_sec = timeout.count() / 1000, .tv_nsec = timeout.count() % 1000 * 1'000'000};
  const int signal = sigtimedwait(&set_, nullptr, &limit);
  if (signal < 0) return std::nullopt;
  return signal;
}

void leave_at_next(Signals& signals, std::future<void>& work) {
  while (work.wait_for(Duration(50)) != std::future_status::ready)
    if (signals.wait(Duration(0))) std::_Exit(kInterrupted);
}

}  // namespace evensweep

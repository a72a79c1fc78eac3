#include "cli/full_screen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace evensweep {
namespace {

// The alternate screen, no cursor, no line breaks at the right edge; and back.
constexpr std::string_view kTake = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view kGiveBack = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr int kCrashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// A handler of signals gets at nothing else.
termios before_us;

void give_back() {
  [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, kGiveBack.data(), kGiveBack.size());
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_us);
}

// Everything in it may be called in a handler.
void give_back_and_crash(int signal) {
  give_back();
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

bool make_raw() {
  termios raw = before_us;
  ::cfmakeraw(&raw);
  raw.c_oflag |= OPOST;  // a message that comes from elsewhere stays legible
  return ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

}  // namespace

StatusOr<std::unique_ptr<FullScreen>> FullScreen::take() {
  if (::tcgetattr(STDIN_FILENO, &before_us) != 0 || ::isatty(STDOUT_FILENO) == 0)
    return absl::FailedPreconditionError("standard input and output are no terminal");
  for (const int signal : kCrashes) std::signal(signal, give_back_and_crash);
  if (!make_raw()) return absl::FailedPreconditionError("the terminal cannot be set to give single keys");
  std::unique_ptr<FullScreen> screen(new FullScreen);
  screen->write(kTake);
  return screen;
}

FullScreen::~FullScreen() {
  give_back();
  for (const int signal : kCrashes) std::signal(signal, SIG_DFL);
}

FullScreen::Size FullScreen::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.width = size.ws_col, .height = size.ws_row};
}

bool FullScreen::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {  // a slow line whose descriptor somebody else has set not to wait
      pollfd room{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
      ::poll(&room, 1, -1);
      continue;
    }
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool FullScreen::read(std::string& input) {
  pollfd ready{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, 0) <= 0) return true;
  char buffer[256];
  const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
  if (count > 0) input.append(buffer, static_cast<size_t>(count));
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

void FullScreen::suspend() {
  give_back();
  ::kill(0, SIGSTOP);  // all of the shell's job; SIGTSTP is held back
  make_raw();
  write(kTake);
}

}  // namespace evensweep

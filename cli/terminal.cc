#include "cli/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace evensweep {

Terminal detect_terminal() {
  Terminal terminal;
  terminal.out_is_terminal = ::isatty(STDOUT_FILENO) != 0;
  terminal.err_is_terminal = ::isatty(STDERR_FILENO) != 0;
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  terminal.color_out = terminal.out_is_terminal && !dumb && !plain;
  terminal.moves = terminal.err_is_terminal && !dumb;
  winsize size{};
  const int fd = terminal.out_is_terminal ? STDOUT_FILENO : STDERR_FILENO;
  if ((terminal.out_is_terminal || terminal.err_is_terminal) && ::ioctl(fd, TIOCGWINSZ, &size) == 0 &&
      size.ws_col > 0) {
    terminal.width = std::clamp<int>(size.ws_col, 20, 200);
    if (size.ws_row > 0) terminal.height = size.ws_row;
  } else if (!terminal.out_is_terminal) {
    terminal.width = 120;
  }
  return terminal;
}

void occupy_standard_descriptors() {
  while (true) {
    const int fd = ::open("/dev/null", O_RDONLY);  // the lowest number that is free
    if (fd < 0) return;
    if (fd > STDERR_FILENO) {
      ::close(fd);
      return;
    }
  }
}

Status print(const std::string& text) {
  const std::string line = text.ends_with('\n') ? text : text + "\n";
  if (std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0)
    return absl::OkStatus();
  return absl::InternalError("cannot write to standard output");
}

void say(std::string_view message) {
  const std::string line = "evensweep: " + std::string(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace evensweep

#pragma once
// What standard output and standard error are connected to. Data goes to standard output, messages to standard error.

#include <string_view>

namespace evensweep {

struct Terminal {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool color_out = false;  // a terminal, no NO_COLOR, TERM is not dumb
  bool moves = false;      // standard error can redraw a line
  int width = 80;
};

Terminal detect_terminal();

// One line on standard error: "evensweep: message"; several lines stay several lines.
void say(std::string_view message);

}  // namespace evensweep

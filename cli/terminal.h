#pragma once
// What standard output and standard error are connected to. Data goes to standard output, messages to standard error.

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

struct Terminal {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool color_out = false;  // a terminal, no NO_COLOR, TERM is not dumb
  bool moves = false;      // standard error can redraw a line
  int width = 80, height = 24;
};

Terminal detect_terminal();

// Opens what is closed of standard input, output and error, so that no file takes its number and gets what is printed.
// A closed output stays one that cannot be written to.
void occupy_standard_descriptors();

// To standard output; a line feed at the end is added where it lacks. Internal if it does not arrive there.
Status print(const std::string& text);

// One line on standard error: "evensweep: message"; several lines stay several lines.
void say(std::string_view message);

}  // namespace evensweep

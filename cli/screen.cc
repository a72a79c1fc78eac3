#include "cli/screen.h"

#include <algorithm>
#include <cstdio>

#include "cli/text_table.h"

namespace evensweep {

std::string redraw(const std::string& text, size_t lines) {
  // Line by line, each cleared behind what is new: clearing all first would flicker.
  std::string out = lines == 0 ? "" : "\x1b[" + std::to_string(lines) + "A\r";
  for (const char c : text) out += c == '\n' ? "\x1b[K\n" : std::string(1, c);
  return out + "\x1b[J";
}

void Screen::draw(const std::string& text) {
  if (!moves() && text == last_) return;
  last_ = text;
  const std::string out = moves() ? redraw(text, lines_) : text;
  std::fwrite(out.data(), 1, out.size(), stdout);  // a terminal that has gone is no reason to stop
  std::fflush(stdout);
  lines_ = static_cast<size_t>(std::ranges::count(text, '\n'));
}

size_t Screen::width() const {
  return terminal_.out_is_terminal ? static_cast<size_t>(std::max(2, terminal_.width)) - 1 : kUnbounded;
}

}  // namespace evensweep

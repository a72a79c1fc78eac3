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

std::string first_lines(const std::string& text, size_t most) {
  const auto count = static_cast<size_t>(std::ranges::count(text, '\n'));
  if (count <= most || most == 0) return most == 0 ? "" : text;
  size_t end = 0;
  for (size_t kept = 1; kept < most; ++kept) end = text.find('\n', end) + 1;
  return text.substr(0, end) + "and " + std::to_string(count - most + 1) + " more lines\n";
}

void Screen::draw(const std::string& text) {
  if (!moves() && text == last_) return;
  last_ = text;
  std::string out = text;
  if (moves()) {
    const bool anew = resized();
    terminal_ = detect_terminal();
    const std::string seen = first_lines(text, static_cast<size_t>(std::max(2, terminal_.height)) - 1);
    out = anew ? "\x1b[H\x1b[2J" + redraw(seen, 0) : redraw(seen, lines_);
    lines_ = static_cast<size_t>(std::ranges::count(seen, '\n'));
  }
  std::fwrite(out.data(), 1, out.size(), stdout);  // a terminal that has gone is no reason to stop
  std::fflush(stdout);
}

bool Screen::resized() const {
  const Terminal now = detect_terminal();
  return now.width != terminal_.width || now.height != terminal_.height;
}

size_t Screen::width() const {
  if (!terminal_.out_is_terminal) return kUnbounded;
  return static_cast<size_t>(std::max(2, detect_terminal().width)) - 1;
}

}  // namespace evensweep

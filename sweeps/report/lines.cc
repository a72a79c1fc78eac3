#include "sweeps/report/lines.h"

#include <algorithm>

#include "sweeps/report/escape.h"

namespace evensweep {

std::string padded(const std::string& text, size_t width, bool to_the_right) {
  const size_t used = display_width(text);
  const std::string space(used < width ? width - used : 0, ' ');
  return to_the_right ? space + text : text + space;
}

std::string wrapped(const std::string& text, size_t width, const std::string& first, const std::string& others) {
  std::string out, line = first;
  bool is_empty = true;
  const std::string clean = clean_text(text);
  for (size_t at = 0; at < clean.size();) {
    const size_t end = std::min(clean.find(' ', at), clean.size());
    const std::string word = clean.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (!is_empty && display_width(line) + 1 + display_width(word) > width) {
      out += line + "\n";
      line = others;
      is_empty = true;
    }
    if (!is_empty) line += " ";
    line += terminal_text(word, width - display_width(line));
    is_empty = false;
  }
  return out + line + "\n";
}

std::string paragraph(const std::string& text, size_t width) { return wrapped(text, width, "", ""); }

}  // namespace evensweep

#pragma once
// Text that is drawn again in its place on a terminal, and printed again only when it has changed anywhere else.

#include <string>

#include "cli/terminal.h"

namespace evensweep {

class Screen {
 public:
  explicit Screen(Terminal terminal) : terminal_(terminal) {}
  // Lines with a line feed each. On a terminal they take the place of those before, and are no more than it has.
  void draw(const std::string& text);
  // Whether the terminal has another size than at the last draw: that broke its lines.
  bool resized() const;
  // Whether it redraws; elsewhere each text is printed below the last one.
  bool moves() const { return terminal_.out_is_terminal && terminal_.moves; }
  // For one column less than there is: some terminals break the line at the last one.
  size_t width() const;

 private:
  Terminal terminal_;
  std::string last_;
  size_t lines_ = 0;
};

// What draws `text` over the `lines` that were drawn before.
std::string redraw(const std::string& text, size_t lines);

// At most `most` of the lines; the last one then says how many are left out.
std::string first_lines(const std::string& text, size_t most);

}  // namespace evensweep

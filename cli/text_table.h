#pragma once
// A plain table for a terminal or a file: columns side by side, no line wider than the terminal. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace evensweep {

struct TextColumn {
  std::string title;
  bool right = false;  // numbers
  int rank = 0;        // where the table is too wide, columns of the highest rank go first; 0: it stays
  size_t least = 0;    // may be cut to so many characters before any column goes; 0: is never cut
};

// No width: for whoever reads the table from a file or a pipe.
inline constexpr size_t kUnbounded = 100'000;

// Title line and rows, each with a line feed. Control characters are shown, not sent: what agents and files call
// themselves goes to a terminal. Rows have a cell for each column.
std::string text_table(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows,
                       size_t width);

// The text without control characters, without marks that change the direction of writing, and without bytes that are
// no UTF-8.
std::string printable(std::string_view text);

// At most `most` columns, the last one "…" where something is left out.
std::string cut_to(std::string_view text, size_t most);

// Columns of a terminal that the text takes.
size_t characters(std::string_view text);

}  // namespace evensweep

#pragma once
// What a full-screen program shows, as cells, and what a terminal has to be sent for it. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace evensweep {

enum class Tone { kPlain, kDim, kStrong, kGood, kBusy, kBad };

struct GridCell {
  std::string glyph = " ";  // one character with what is put on it; empty: the right half of the one before
  Tone tone = Tone::kPlain;
  bool inverse = false;
  bool operator==(const GridCell&) const = default;
};

class Grid {
 public:
  Grid(size_t width, size_t height) : width_(width), height_(height), cells_(width * height) {}
  size_t width() const { return width_; }
  size_t height() const { return height_; }
  const GridCell& at(size_t row, size_t column) const { return cells_[row * width_ + column]; }

  // Writes text without what would move a cursor, at most up to column `end`; "…" is its last character where it does
  // not fit. Returns the column behind it. Whatever lies outside of the grid is left out.
  size_t put(size_t row, size_t column, std::string_view text, Tone tone = Tone::kPlain, size_t end = kNoEnd);
  // So that it ends before column `end`.
  void put_right(size_t row, size_t end, std::string_view text, Tone tone = Tone::kPlain);
  void invert(size_t row, size_t column, size_t cells);
  // Blanks, before something is put over what is there.
  void clear(size_t row, size_t column, size_t cells);
  // For a terminal that shows nothing else: "~" where text was cut, "?" for all other characters.
  void to_ascii();
  // The row as text, without blanks at its end.
  std::string line(size_t row) const;

 private:
  static constexpr size_t kNoEnd = static_cast<size_t>(-1);
  // Makes blanks of a wide character that `column` would cut in two.
  void part(size_t row, size_t column);

  size_t width_, height_;
  std::vector<GridCell> cells_;
};

// Brings a terminal from `before` (null, or of another size: whatever is there) to `grid`. Without `colors` tones show
// by weight alone.
std::string drawing(const Grid& grid, const Grid* before, bool colors);

}  // namespace evensweep

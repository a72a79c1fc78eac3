#include "cli/grid.h"

#include <algorithm>

#include "cli/text_table.h"
#include "cli/text_width.h"

namespace evensweep {
namespace {

constexpr size_t kMostMarks = 2;  // on one character; more of them make a tower over the lines above

const char* code_of(Tone tone, bool colors) {
  switch (tone) {
    case Tone::kDim: return ";2";
    case Tone::kStrong: return ";1";
    case Tone::kGood: return colors ? ";32" : "";
    case Tone::kBusy: return colors ? ";36" : "";
    case Tone::kBad: return colors ? ";1;31" : ";1";
    case Tone::kPlain: break;
  }
  return "";
}

bool same_row(const Grid& a, const Grid& b, size_t row) {
  for (size_t column = 0; column < a.width(); ++column)
    if (a.at(row, column) != b.at(row, column)) return false;
  return true;
}

}  // namespace

size_t Grid::put(size_t row, size_t column, std::string_view text, Tone tone, size_t end) {
  end = std::min(end, width_);
  if (row >= height_ || column >= end) return column;
  const std::string clean = printable(text);
  const bool cut = columns_of(clean) > end - column;
  const size_t room = cut ? end - 1 : end;
  part(row, column);
  part(row, std::min(end, column + columns_of(clean)));
  size_t marks = 0;
  const size_t first = column;
  each_character(clean, [&](std::string_view character, size_t columns) {
    if (columns == 0) {
      size_t at = column;
      while (at > first && cells_[row * width_ + at - 1].glyph.empty()) --at;  // the left half of a wide one
      if (at > first && marks++ < kMostMarks) cells_[row * width_ + at - 1].glyph += character;
      return true;
    }
    if (column + columns > room) return false;
    marks = 0;
    cells_[row * width_ + column] = {.glyph = std::string(character), .tone = tone, .inverse = false};
    for (size_t i = 1; i < columns; ++i)
      cells_[row * width_ + column + i] = {.glyph = "", .tone = tone, .inverse = false};
    column += columns;
    return true;
  });
  if (cut) cells_[row * width_ + column++] = {.glyph = "…", .tone = tone, .inverse = false};
  return column;
}

void Grid::part(size_t row, size_t column) {
  if (column == 0 || column >= width_ || !cells_[row * width_ + column].glyph.empty()) return;
  cells_[row * width_ + column - 1].glyph = cells_[row * width_ + column].glyph = " ";
}

void Grid::put_right(size_t row, size_t end, std::string_view text, Tone tone) {
  const size_t columns = columns_of(printable(text));
  put(row, end > columns ? end - columns : 0, text, tone, end);
}

void Grid::invert(size_t row, size_t column, size_t cells) {
  if (row >= height_) return;
  for (size_t at = column; at < std::min(width_, column + cells); ++at) cells_[row * width_ + at].inverse = true;
}

void Grid::clear(size_t row, size_t column, size_t cells) {
  if (row >= height_) return;
  part(row, column);
  part(row, column + cells);
  for (size_t at = column; at < std::min(width_, column + cells); ++at) cells_[row * width_ + at] = {};
}

void Grid::to_ascii() {
  for (GridCell& cell : cells_) {
    if (cell.glyph.empty())
      cell.glyph = " ";
    else if (static_cast<unsigned char>(cell.glyph[0]) >= 0x80)
      cell.glyph = cell.glyph == "…" ? "~" : "?";
    else
      cell.glyph.resize(1);  // without what was put on it
  }
}

std::string Grid::line(size_t row) const {
  std::string text;
  for (size_t column = 0; column < width_; ++column) text += at(row, column).glyph;
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string drawing(const Grid& grid, const Grid* before, bool colors) {
  const bool anew = before == nullptr || before->width() != grid.width() || before->height() != grid.height();
  std::string out = anew ? "\x1b[0m\x1b[2J" : "";
  for (size_t row = 0; row < grid.height(); ++row) {
    if (!anew && same_row(grid, *before, row)) continue;
    out += "\x1b[" + std::to_string(row + 1) + ";1H\x1b[0m";
    std::string now;
    for (size_t column = 0; column < grid.width(); ++column) {
      const GridCell& cell = grid.at(row, column);
      const std::string wanted = std::string(code_of(cell.tone, colors)) + (cell.inverse ? ";7" : "");
      if (wanted != now) out += "\x1b[0" + wanted + "m";
      now = wanted;
      out += cell.glyph;
    }
    if (!now.empty()) out += "\x1b[0m";
  }
  return out;
}

}  // namespace evensweep

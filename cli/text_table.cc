#include "cli/text_table.h"

#include <algorithm>
#include <numeric>

#include "cli/text_width.h"
#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr size_t kGap = 2;

struct Layout {
  std::vector<size_t> shown;   // columns, in their order
  std::vector<size_t> widths;  // of all columns
  size_t total() const {
    const size_t gaps = shown.empty() ? 0 : kGap * (shown.size() - 1);
    return std::accumulate(shown.begin(), shown.end(), gaps, [&](size_t sum, size_t c) { return sum + widths[c]; });
  }
};

// The widest column that may still be cut gives a character at a time.
void narrow(const std::vector<TextColumn>& columns, size_t width, Layout& layout) {
  while (layout.total() > width) {
    const auto room = [&](size_t c) {
      return columns[c].least == 0 || layout.widths[c] <= columns[c].least ? 0 : layout.widths[c];
    };
    const auto widest = std::ranges::max_element(layout.shown, {}, room);
    if (widest == layout.shown.end() || room(*widest) == 0) return;
    --layout.widths[*widest];
  }
}

Layout layout_of(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& cells,
                 size_t width) {
  Layout natural;
  for (size_t c = 0; c < columns.size(); ++c) {
    natural.shown.push_back(c);
    size_t widest = characters(columns[c].title);
    for (const std::vector<std::string>& row : cells) widest = std::max(widest, characters(row[c]));
    natural.widths.push_back(widest);
  }
  while (true) {
    Layout layout = natural;
    narrow(columns, width, layout);
    const auto first_to_go = std::ranges::max_element(natural.shown, {}, [&](size_t c) { return columns[c].rank; });
    if (layout.total() <= width || first_to_go == natural.shown.end() || columns[*first_to_go].rank == 0) return layout;
    natural.shown.erase(first_to_go);
  }
}

std::string line(const std::vector<TextColumn>& columns, const std::vector<std::string>& cells, const Layout& layout) {
  std::string text;
  for (const size_t c : layout.shown) {
    const std::string cell = cut_to(cells[c], layout.widths[c]);
    const std::string pad(layout.widths[c] - characters(cell), ' ');
    if (!text.empty()) text += std::string(kGap, ' ');
    text += columns[c].right ? pad + cell : cell + pad;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

// U+200E, U+200F, U+202A to U+202E and U+2066 to U+2069: a name with them could turn the rest of its line around.
void drop_directions(std::string& text) {
  for (size_t at = text.find('\xE2'); at != std::string::npos; at = text.find('\xE2', at)) {
    const auto second = static_cast<unsigned char>(text[at + 1]), third = static_cast<unsigned char>(text[at + 2]);
    const bool turns = (second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xAA && third <= 0xAE))) ||
                       (second == 0x81 && third >= 0xA6 && third <= 0xA9);
    if (turns)
      text.erase(at, 3);
    else
      ++at;
  }
}

}  // namespace

size_t characters(std::string_view text) { return columns_of(text); }

std::string printable(std::string_view text) {
  std::string clean;
  for (const char c : text) clean += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  if (valid_utf8(clean)) {
    // U+0080 to U+009F are control characters too: terminals take C2 9B for an escape sequence's start.
    for (size_t at = clean.find('\xC2'); at != std::string::npos; at = clean.find('\xC2', at + 1))
      if (static_cast<unsigned char>(clean[at + 1]) < 0xA0) clean.replace(at, 2, " ");
    drop_directions(clean);
    return clean;
  }
  std::erase_if(clean, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return clean;
}

std::string cut_to(std::string_view text, size_t most) {
  if (characters(text) <= most) return std::string(text);
  if (most == 0) return "";
  std::string kept;
  size_t room = most - 1;
  each_character(text, [&](std::string_view character, size_t columns) {
    if (columns > room) return false;
    room -= columns;
    kept += character;
    return true;
  });
  return kept + "…";
}

std::string text_table(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows,
                       size_t width) {
  std::vector<std::string> titles;
  for (const TextColumn& column : columns) titles.push_back(column.title);
  std::vector<std::vector<std::string>> cells = rows;
  for (std::vector<std::string>& row : cells)
    for (std::string& cell : row) cell = printable(cell);
  const Layout layout = layout_of(columns, cells, width);
  std::string text = line(columns, titles, layout);
  for (const std::vector<std::string>& row : cells) text += line(columns, row, layout);
  return text;
}

}  // namespace evensweep

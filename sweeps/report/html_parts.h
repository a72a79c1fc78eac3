#pragma once
// Pieces of the HTML page. Text arguments are plain and get escaped; `body` arguments are HTML.

#include <string>
#include <string_view>
#include <vector>

#include "sweeps/report/tables.h"

namespace evensweep {

extern const char kStyleSheet[];   // of the page; its :root rule has the colours
extern const char kFigureStyle[];  // of the drawings

struct HtmlSection {
  const char* id;
  const char* title;
  std::string body;
};
// All sections that have something to say, in order.
std::vector<HtmlSection> html_sections(const ResultsIndex& index);
std::string html_section(const HtmlSection& section);

// In a box of its own that scrolls sideways where the page is narrow. "" where the table has no rows.
std::string html_table(const Table& table, std::string_view caption);
// Lines as they are; "" for no text.
std::string html_code(std::string_view text);
std::string html_paragraph(std::string_view text);
std::string html_list(const std::vector<std::string>& lines);
// Folded away on screen.
std::string html_details(std::string_view summary, std::string_view body);
// Without a caption where that is empty; "" where there is no drawing.
std::string html_figure(std::string_view svg, std::string_view caption);
// Scrolls sideways where the page is narrow, as its words would be too small to read; so the keyboard must reach it.
std::string html_wide_figure(std::string_view svg, std::string_view caption);

}  // namespace evensweep

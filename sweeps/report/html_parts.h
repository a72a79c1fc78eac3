#pragma once
// Pieces of the HTML page. Text arguments are plain and get escaped; `body` arguments are HTML.

#include <string>
#include <string_view>
#include <vector>

#include "sweeps/report/tables.h"

namespace evensweep {

extern const char kStyleSheet[];   // of the page; its :root rule has the colours
extern const char kFigureStyle[];  // of the drawings

std::string html_table(const Table& table, std::string_view label);
std::string html_list(const std::vector<std::string>& lines);
// Folded away on screen.
std::string html_details(std::string_view summary, std::string_view body);
// "" where there is no body.
std::string html_section(std::string_view id, std::string_view title, std::string_view body);
// Without a caption where that is empty; "" where there is no drawing.
std::string html_figure(std::string_view svg, std::string_view caption);

}  // namespace evensweep

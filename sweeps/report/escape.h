#pragma once
// Every text that a user, a file or a trainer chose goes through one of these before it reaches a document. Bytes that
// are not UTF-8 become U+FFFD and control characters become spaces in all of them.

#include <cstddef>
#include <string>
#include <string_view>

namespace evensweep {

// Valid UTF-8 on one line. The base of the others.
std::string clean_text(std::string_view text);

// For element content and double-quoted attributes, in HTML and in SVG.
std::string html_escape(std::string_view text);

// For running text and table cells. Markup characters are made literal; < > & become entities, so that a reader that
// lets HTML through has none to let through.
std::string markdown_escape(std::string_view text);

// One CSV field (RFC 4180). A text that a spreadsheet would take for a formula gets a leading apostrophe.
std::string csv_text(std::string_view text);

// For running text and table cells of LaTeX, in any font encoding: no character of it is a command, a ligature, an
// option of "\\" before it, or active. Letters beyond ASCII stay as they are.
std::string tex_escape(std::string_view text);

// Columns that a text takes on a terminal; wide East Asian characters take two, combining marks none.
size_t display_width(std::string_view text);
// At most `width` columns of clean text; what was cut is marked by "~". Escape sequences lose their escape character.
std::string terminal_text(std::string_view text, size_t width);
// The first `width` characters of a label, the last one an ellipsis where something was cut.
std::string shortened(std::string_view text, size_t width);

}  // namespace evensweep

#pragma once
// Plain text in lines of a limited width, for terminals.

#include <cstddef>
#include <string>

namespace evensweep {

// `text` with spaces up to `width` columns; longer text stays as it is.
std::string padded(const std::string& text, size_t width, bool to_the_right);

// Breaks at spaces; a word longer than the line is cut. The first line begins with `first`, all others with `others`;
// every line ends with a line feed.
std::string wrapped(const std::string& text, size_t width, const std::string& first, const std::string& others);
std::string paragraph(const std::string& text, size_t width);

}  // namespace evensweep

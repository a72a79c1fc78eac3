#include "sweeps/report/escape.h"

#include <array>
#include <cstdint>
#include <vector>

namespace evensweep {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
  char32_t point = kReplacement;
  size_t length = 1;  // bytes taken
};

// One character of UTF-8; overlong forms, surrogates and broken sequences give U+FFFD.
Decoded decode_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xF0 && lead < 0xF8 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead >= 0xF8 || at + length > text.size()) return {};
  char32_t point = lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    point = point << 6 | (byte(at + i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
  return {point, length};
}

void append_utf8(std::string& out, char32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

// Control characters, and those that reorder or break lines and so could show a text as another than it is.
bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069) || point == 0x2028 || point == 0x2029 || point == 0xFEFF ||
         (point & 0xFFFE) == 0xFFFE;
}

std::vector<char32_t> clean_points(std::string_view text) {
  std::vector<char32_t> points;
  points.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Decoded decoded = decode_at(text, at);
    points.push_back(is_control(decoded.point) ? U' ' : decoded.point);
    at += decoded.length;
  }
  return points;
}

size_t columns_of(char32_t point) {
  if ((point >= 0x300 && point <= 0x36F) || (point >= 0x200B && point <= 0x200F) ||
      (point >= 0xFE00 && point <= 0xFE0F))
    return 0;
  const bool wide = (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
                    (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
                    (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60) ||
                    (point >= 0xFFE0 && point <= 0xFFE6) || (point >= 0x1F300 && point <= 0x1FAFF) ||
                    (point >= 0x20000 && point <= 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char32_t point : clean_points(text)) append_utf8(out, point);
  return out;
}

std::string html_escape(std::string_view text) {
  std::string out;
  for (char c : clean_text(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string markdown_escape(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_{}[]#|~$!@";
  const std::string clean = clean_text(text);
  std::string out;
  for (size_t i = 0; i < clean.size(); ++i) {
    const char c = clean[i];
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      const bool is_address = clean.compare(i, 3, "://") == 0;  // would become a link by itself
      if (is_address || kMarkup.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string tex_escape(std::string_view text) {
  const std::string clean = clean_text(text);
  std::string out;
  for (size_t i = 0; i < clean.size(); ++i) {
    const char c = clean[i];
    switch (c) {
      case '\\': out += "\\textbackslash{}"; break;
      case '^': out += "\\textasciicircum{}"; break;
      case '~': out += "\\textasciitilde{}"; break;
      case '<': out += "\\textless{}"; break;
      case '>': out += "\\textgreater{}"; break;
      case '|': out += "\\textbar{}"; break;
      case '"': out += "{\\string\"}"; break;  // active in some languages
      case '[':
      case ']':
      case '*':  // would be options of the end of the row before
      case '\'':
      case '`': out += std::string("{") + c + "}"; break;
      case '-': out += i + 1 < clean.size() && clean[i + 1] == '-' ? "{-}" : "-"; break;
      case '{': out += "\\textbraceleft{}"; break;  // braces stay balanced, as BibTeX asks
      case '}': out += "\\textbraceright{}"; break;
      case '$':
      case '&':
      case '#':
      case '_':
      case '%': out += std::string("\\") + c; break;
      default: out += c;
    }
  }
  // Superscript 2, as in pp^2: not every font has it.
  for (size_t at = 0; (at = out.find("\xC2\xB2", at)) != out.npos;) out.replace(at, 2, "\\textsuperscript{2}");
  return out;
}

std::string csv_text(std::string_view text) {
  std::string value = clean_text(text);
  constexpr std::array<std::string_view, 8> kFormulaStarts = {
      "=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};  // and full width
  const size_t first = value.find_first_not_of(' ');
  const std::string_view rest = first == std::string::npos ? std::string_view() : std::string_view(value).substr(first);
  bool is_formula = !text.empty() && (text.front() == '\t' || text.front() == '\r' || text.front() == '\n');
  for (std::string_view start : kFormulaStarts) is_formula = is_formula || rest.starts_with(start);
  if (is_formula) value.insert(0, "'");
  const bool padded = !value.empty() && (value.front() == ' ' || value.back() == ' ');
  if (!padded && value.find_first_of(",\"") == std::string::npos) return value;
  std::string quoted = "\"";
  for (char c : value) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (char32_t point : clean_points(text)) width += columns_of(point);
  return width;
}

std::string terminal_text(std::string_view text, size_t width) {
  const bool cut = display_width(text) > width;
  const size_t room = cut && width > 0 ? width - 1 : width;
  std::string out;
  size_t used = 0;
  for (char32_t point : clean_points(text)) {
    if (used + columns_of(point) > room) break;
    used += columns_of(point);
    append_utf8(out, point);
  }
  return cut && width > 0 ? out + "~" : out;
}

std::string shortened(std::string_view text, size_t width) {
  const std::vector<char32_t> points = clean_points(text);
  std::string out;
  const bool cut = points.size() > width;
  for (size_t i = 0; i < points.size() && i + (cut ? 1 : 0) < width; ++i) append_utf8(out, points[i]);
  return cut && width > 0 ? out + "\xE2\x80\xA6" : out;
}

}  // namespace evensweep

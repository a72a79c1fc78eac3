#include "common/dataset/text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "common/base/text.h"

namespace evensweep {
namespace {

struct Lookalike {
  int32_t code_point;
  std::string_view ascii;
};

// Lower-case letters, quotes and dashes that Unicode does not decompose, ascending.
constexpr Lookalike kLookalikes[] = {
    {0x60, "'"},   {0xB4, "'"},   {0xDF, "ss"},  {0xE6, "ae"},  {0xF0, "d"},   {0xF8, "o"},   {0xFE, "th"},
    {0x111, "d"},  {0x127, "h"},  {0x131, "i"},  {0x138, "k"},  {0x142, "l"},  {0x14B, "ng"}, {0x153, "oe"},
    {0x167, "t"},  {0x180, "b"},  {0x183, "b"},  {0x188, "c"},  {0x18C, "d"},  {0x192, "f"},  {0x199, "k"},
    {0x19A, "l"},  {0x19E, "n"},  {0x1A5, "p"},  {0x1AD, "t"},  {0x1B4, "y"},  {0x1B6, "z"},  {0x1DD, "e"},
    {0x1E5, "g"},  {0x221, "d"},  {0x225, "z"},  {0x234, "l"},  {0x235, "n"},  {0x236, "t"},  {0x237, "j"},
    {0x23C, "c"},  {0x23F, "s"},  {0x240, "z"},  {0x247, "e"},  {0x249, "j"},  {0x24D, "r"},  {0x24F, "y"},
    {0x253, "b"},  {0x254, "o"},  {0x256, "d"},  {0x257, "d"},  {0x259, "e"},  {0x25B, "e"},  {0x260, "g"},
    {0x263, "g"},  {0x268, "i"},  {0x269, "i"},  {0x26B, "l"},  {0x272, "n"},  {0x27D, "r"},  {0x288, "t"},
    {0x289, "u"},  {0x28B, "v"},  {0x2B9, "'"},  {0x2BB, "'"},  {0x2BC, "'"},  {0x2BD, "'"},  {0x2BE, "'"},
    {0x2BF, "'"},  {0x2C8, "'"},  {0x1D79, "g"}, {0x1D7D, "p"}, {0x2010, "-"}, {0x2011, "-"}, {0x2012, "-"},
    {0x2013, "-"}, {0x2014, "-"}, {0x2015, "-"}, {0x2018, "'"}, {0x2019, "'"}, {0x201B, "'"}, {0x2032, "'"},
    {0x2212, "-"}, {0x2C61, "l"}, {0x2C65, "a"}, {0x2C66, "t"}, {0xA78C, "'"},
};

static_assert(std::is_sorted(std::begin(kLookalikes), std::end(kLookalikes),
                             [](const Lookalike& a, const Lookalike& b) { return a.code_point < b.code_point; }));

std::string_view lookalike(int32_t code_point) {
  const auto* found = std::lower_bound(std::begin(kLookalikes), std::end(kLookalikes), code_point,
                                       [](const Lookalike& one, int32_t wanted) { return one.code_point < wanted; });
  return found != std::end(kLookalikes) && found->code_point == code_point ? found->ascii : std::string_view();
}

// Takes the first character off valid UTF-8.
int32_t next_code_point(std::string_view& text) {
  int32_t code_point = 0;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  text.remove_prefix(static_cast<size_t>(std::max<utf8proc_ssize_t>(length, 1)));
  return code_point;
}

std::string composed(std::string_view text) {
  utf8proc_uint8_t* out = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &out, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(out, &std::free);
  return size < 0 ? std::string(text) : std::string(reinterpret_cast<const char*>(out), static_cast<size_t>(size));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_mark(int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

bool is_blank(int32_t code_point) {
  return (code_point >= '\t' && code_point <= '\r') || utf8proc_category(code_point) == UTF8PROC_CATEGORY_ZS;
}

std::string_view without_blank_ends(std::string_view text) {
  const size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == text.npos ? std::string_view() : text.substr(first, last - first + 1);
}

}  // namespace

Status check_alphabet(std::string_view alphabet) {
  if (!valid_utf8(alphabet)) return absl::InvalidArgumentError("the alphabet is not UTF-8");
  if (alphabet.empty()) return absl::InvalidArgumentError("the alphabet is empty; give it at least one character");
  if (composed(alphabet) != alphabet)
    return absl::InvalidArgumentError("the alphabet is not in the composed form of Unicode (NFC), as texts are read");
  std::vector<int32_t> seen;
  for (std::string_view rest = alphabet; !rest.empty();) {
    const std::string_view before = rest;
    const int32_t code_point = next_code_point(rest);
    const std::string shown = in_quotes(before.substr(0, before.size() - rest.size()));
    if (std::find(seen.begin(), seen.end(), code_point) != seen.end())
      return absl::InvalidArgumentError(fmt::format("the alphabet has {} twice; remove one", shown));
    if (utf8proc_tolower(code_point) != code_point)
      return absl::InvalidArgumentError(
          fmt::format("{} in the alphabet: texts are read in lower case; write it small", shown));
    if (is_mark(code_point) || (is_blank(code_point) && code_point != ' ') ||
        utf8proc_category(code_point) == UTF8PROC_CATEGORY_CC)
      return absl::InvalidArgumentError(
          fmt::format("{} in the alphabet is no character that a text is left with; remove it", shown));
    seen.push_back(code_point);
  }
  if (seen.size() <= 255) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("the alphabet has {} characters; use at most 255", seen.size()));
}

TextEncoder::TextEncoder(const TextSpec& spec) : peifer_(spec.preprocessing == kPeiferText) {
  for (std::string_view rest = spec.alphabet; !rest.empty(); ++symbols_) {
    const int32_t code_point = next_code_point(rest);
    if (code_point >= 0 && code_point < 128)
      ascii_[static_cast<size_t>(code_point)] = static_cast<uint8_t>(symbols_);
    else
      others_.emplace(code_point, static_cast<uint8_t>(symbols_));
  }
}

uint8_t TextEncoder::index_of(int32_t code_point) const {
  if (code_point >= 0 && code_point < 128) return ascii_[static_cast<size_t>(code_point)];
  const auto found = others_.find(code_point);
  return found == others_.end() ? 0 : found->second;
}

void TextEncoder::fold(int32_t code_point, int depth, EncodedText& into) const {
  const int32_t small = utf8proc_tolower(code_point);
  const bool blank = is_blank(small);
  if (const uint8_t index = index_of(blank ? ' ' : small); index != 0) {
    const bool doubled = blank && (into.indices.empty() || into.indices.back() == index);
    if (!doubled) into.indices.push_back(index);
    return;
  }
  if (is_mark(small)) return;
  constexpr int kDeepest = 2;  // a letter, its decomposition, and what that looks like
  if (depth < kDeepest) {
    if (const std::string_view ascii = lookalike(small); !ascii.empty()) {
      for (const char c : ascii) fold(c, depth + 1, into);
      return;
    }
    std::array<int32_t, 32> parts{};  // the longest decomposition has 18
    int boundary = 0;
    const auto count =
        utf8proc_decompose_char(small, parts.data(), parts.size(),
                                static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), &boundary);
    if (count >= 1 && static_cast<size_t>(count) <= parts.size() && (count > 1 || parts[0] != small)) {
      for (size_t i = 0; i < static_cast<size_t>(count); ++i) fold(parts[i], depth + 1, into);
      return;
    }
  }
  ++into.dropped;
}

EncodedText TextEncoder::encode_folded(std::string_view text) const {
  EncodedText encoded;
  const std::string normal = is_ascii(text) ? std::string() : composed(text);
  for (std::string_view rest = normal.empty() ? text : std::string_view(normal); !rest.empty();) {
    const int64_t before = encoded.dropped;
    fold(next_code_point(rest), 0, encoded);
    encoded.dropped = std::min(encoded.dropped, before + 1);  // a syllable of three parts is one character
  }
  if (space() != 0 && !encoded.indices.empty() && encoded.indices.back() == space()) encoded.indices.pop_back();
  return encoded;
}

EncodedText TextEncoder::encode_peifer(std::string_view text) const {
  EncodedText encoded;
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  std::string_view rest = small;
  const std::string_view first = rest.substr(0, rest.find(' '));
  for (const std::string_view title : {"dr", "mr", "ms", "miss", "mrs"})
    if (first == title) encoded.title_removed = true;
  if (encoded.title_removed) rest.remove_prefix(first.size());
  for (const char c : without_blank_ends(rest)) {
    const uint8_t index = index_of(static_cast<unsigned char>(c));
    encoded.left_out = encoded.left_out || index == 0;
    encoded.indices.push_back(index);
  }
  if (encoded.left_out) encoded.indices.clear();
  return encoded;
}

EncodedText TextEncoder::encode(std::string_view text) const {
  return peifer_ ? encode_peifer(text) : encode_folded(text);
}

}  // namespace evensweep

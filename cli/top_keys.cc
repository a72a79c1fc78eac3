#include "cli/top_keys.h"

#include <optional>
#include <string_view>
#include <utility>

namespace evensweep {
namespace {

constexpr size_t kLongest = 16;  // of a sequence; a longer one is none

constexpr std::pair<std::string_view, Key::Kind> kSequences[] = {
    {"A", Key::kUp},   {"B", Key::kDown},    {"C", Key::kRight},    {"D", Key::kLeft},  {"H", Key::kHome},
    {"F", Key::kEnd},  {"Z", Key::kBackTab}, {"1~", Key::kHome},    {"7~", Key::kHome}, {"4~", Key::kEnd},
    {"8~", Key::kEnd}, {"5~", Key::kPageUp}, {"6~", Key::kPageDown}};

std::optional<Key> key_of(std::string_view sequence) {
  for (const auto& [text, kind] : kSequences)
    if (text == sequence) return Key{.kind = kind};
  return std::nullopt;
}

std::optional<Key> key_of(char c) {
  switch (c) {
    case '\t': return Key{.kind = Key::kTab};
    case '\r':
    case '\n': return Key{.kind = Key::kEnter};
    case 0x7F:
    case 0x08: return Key{.kind = Key::kEscape};  // backspace goes back
    case 'k': return Key{.kind = Key::kUp};
    case 'j': return Key{.kind = Key::kDown};
    case 'h': return Key{.kind = Key::kLeft};
    case 'l': return Key{.kind = Key::kRight};
    case 'g': return Key{.kind = Key::kHome};
    case 'G': return Key{.kind = Key::kEnd};
    default: break;
  }
  if (c > 0x20 && c < 0x7F) return Key{.kind = Key::kLetter, .letter = c};
  return std::nullopt;
}

}  // namespace

std::vector<Key> take_keys(std::string& input, bool more_is_coming) {
  std::vector<Key> keys;
  size_t at = 0;
  while (at < input.size()) {
    if (input[at] != '\x1b') {
      if (const auto key = key_of(input[at++])) keys.push_back(*key);
      continue;
    }
    if (at + 1 == input.size()) {
      if (more_is_coming) break;
      keys.push_back({.kind = Key::kEscape});
      ++at;
      continue;
    }
    if (input[at + 1] != '[' && input[at + 1] != 'O') {  // escape, and then another key
      keys.push_back({.kind = Key::kEscape});
      ++at;
      continue;
    }
    size_t end = at + 2;
    while (end < input.size() && end - at < kLongest && (input[end] < '@' || input[end] > '~')) ++end;
    if (end == input.size() && more_is_coming) break;
    const std::string_view sequence = std::string_view(input).substr(at + 2, end - at - 1);
    if (const auto key = key_of(sequence)) keys.push_back(*key);
    at = std::min(end + 1, input.size());
  }
  input.erase(0, at);
  return keys;
}

}  // namespace evensweep

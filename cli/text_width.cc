#include "cli/text_width.h"

#include <utf8proc.h>

#include <algorithm>

namespace evensweep {

void each_character(std::string_view text,
                    const std::function<bool(std::string_view character, size_t columns)>& take) {
  while (!text.empty()) {
    utf8proc_int32_t code = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &code);
    if (length > 0 &&
        !take(text.substr(0, static_cast<size_t>(length)), static_cast<size_t>(std::max(0, utf8proc_charwidth(code)))))
      return;
    text.remove_prefix(static_cast<size_t>(std::max<utf8proc_ssize_t>(length, 1)));
  }
}

size_t columns_of(std::string_view text) {
  if (std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) return text.size();
  size_t sum = 0;
  each_character(text, [&](std::string_view, size_t columns) {
    sum += columns;
    return true;
  });
  return sum;
}

}  // namespace evensweep

#pragma once
// How much room text takes on a terminal. Pure.

#include <cstddef>
#include <functional>
#include <string_view>

namespace evensweep {

// Calls `take` with each character of well-formed UTF-8 and the columns that it takes: 2 for most of East Asia's, 0 for
// what is put on the character before or is not seen at all. Bytes that are no UTF-8 are left out. False ends it.
void each_character(std::string_view text, const std::function<bool(std::string_view character, size_t columns)>& take);

// Columns of the whole text.
size_t columns_of(std::string_view text);

}  // namespace evensweep

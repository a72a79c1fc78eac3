#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evensweep {

// The shortest decimal text that reads back as the same double ("2", "0.1", "1e-05"); "nan", "inf", "-inf".
std::string shortest(double value);

// The name among `known` nearest to `given` by edit distance, if it is near enough to be what was meant.
std::optional<std::string> nearest_name(std::string_view given, std::span<const std::string> known);

// The text in double quotes for a message of one line: control characters and bytes that are no UTF-8 as \xNN, and
// what is longer than 60 characters cut off with "...".
std::string in_quotes(std::string_view text);

// Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool valid_utf8(std::string_view text);

}  // namespace evensweep

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

}  // namespace evensweep

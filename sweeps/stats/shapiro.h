#pragma once
// A note on the shape of differences, never a switch between tests: with few blocks it sees nothing.

#include <cstdint>
#include <optional>
#include <span>

namespace evensweep {

struct ShapiroWilk {
  double w = 0;  // near 1 for normal data
  double p = 0;  // small: the data would be unusual for a normal distribution
};

inline constexpr int64_t kMostShapiroValues = 5000;
// Shapiro and Wilk 1965 with the approximations of Royston 1995 (algorithm AS R94). Absent for fewer than 3 or more
// than kMostShapiroValues values, where all are the same, and where one is not finite.
std::optional<ShapiroWilk> shapiro_wilk(std::span<const double> values);

}  // namespace evensweep

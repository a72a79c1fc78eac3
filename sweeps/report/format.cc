#include "sweeps/report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace evensweep {

int decimals_for(const std::vector<double>& values, int least) {
  double largest = 0;
  for (double value : values)
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  if (largest == 0) return std::max(least, 1);
  const int wanted = 2 - static_cast<int>(std::floor(std::log10(largest)));
  return std::clamp(wanted, least, 6);
}

std::string fixed(std::optional<double> value, int decimals) {
  if (!value || !std::isfinite(*value)) return kNoNumber;
  std::string text = fmt::format("{:.{}f}", *value, decimals);
  if (text.front() == '-' && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1);
  return text;
}

std::string signed_fixed(std::optional<double> value, int decimals) {
  std::string text = fixed(value, decimals);
  const bool is_zero = text.find_first_not_of("0.") == std::string::npos;
  return value && *value > 0 && !is_zero && text != kNoNumber ? "+" + text : text;
}

std::string p_value(std::optional<double> p) {
  if (!p || !std::isfinite(*p)) return kNoNumber;
  return *p < 1e-4 ? "<0.0001" : fmt::format("{:.2g}", *p);
}

std::string interval(std::optional<double> low, std::optional<double> high, int decimals) {
  if (!low || !high || !std::isfinite(*low) || !std::isfinite(*high)) return kNoNumber;
  return "[" + fixed(low, decimals) + ", " + fixed(high, decimals) + "]";
}

std::string seconds_text(std::optional<double> seconds) {
  if (!seconds || !std::isfinite(*seconds) || *seconds < 0) return kNoNumber;
  if (*seconds < 60) return fmt::format("{:.1f} s", *seconds);
  if (*seconds > 1e15) return kNoNumber;
  const auto whole = static_cast<int64_t>(std::llround(*seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string counted(int64_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace evensweep

#pragma once
// Numbers as people read them. Variances are in pp^2 (1 pp^2 = 1e-4), rates and their changes in percent and pp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evensweep {

inline constexpr double kPp2 = 1e4;  // from a variance of rates to pp^2
inline constexpr double kPp = 100;   // from a rate to percent or pp

// What stands where there is no number.
inline constexpr char kNoNumber[] = "n/a";

// Decimals that give the largest of `values` three significant digits, at least `least` and at most 6.
int decimals_for(const std::vector<double>& values, int least = 0);

// Fixed point with ASCII minus; never "-0.0"; kNoNumber when absent or not finite.
std::string fixed(std::optional<double> value, int decimals);
// The same with a plus sign for values above zero.
std::string signed_fixed(std::optional<double> value, int decimals);
// Two significant digits: "0.0039", "0.25", "1"; "<0.0001".
std::string p_value(std::optional<double> p);
// "[-1.2, 3.4]"; "n/a" if either end is absent.
std::string interval(std::optional<double> low, std::optional<double> high, int decimals);
// "1.5 s", "12 min 5 s", "3 h 20 min".
std::string seconds_text(std::optional<double> seconds);
// "a, b, c".
std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ");
// "1 run", "2 runs".
std::string counted(int64_t count, const std::string& noun);

}  // namespace evensweep

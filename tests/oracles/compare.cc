#include "tests/oracles/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace evensweep {
namespace {

// What rounding leaves of numbers of size one: below this a relative comparison asks for digits that do not exist.
constexpr double kRounding = 4 * std::numeric_limits<double>::epsilon();

bool close(double got, double want, const CompareRule& rule) {
  if (!std::isfinite(got) || !std::isfinite(want)) return got == want;
  double allowed = rule.tolerance * std::max(1.0, std::abs(want));
  if (rule.absolute) allowed = rule.tolerance;
  if (rule.relative && !rule.absolute) allowed = std::max(kRounding, rule.tolerance * std::abs(want));
  return std::abs(got - want) <= allowed;
}

CompareRule rule_of(const std::string& key, CompareRule rule) {
  const auto found = rule.solved_within.find(key);
  if (found != rule.solved_within.end()) rule.tolerance = std::max(rule.tolerance, found->second);
  return rule;
}

std::string at(const std::string& path) { return path.empty() ? "" : path + ": "; }

std::optional<std::string> differ(const std::string& path, const Json& got, const Json& want, const CompareRule& rule) {
  if (want.is_object()) {
    if (!got.is_object()) return at(path) + "got " + got.dump() + ", want an object";
    for (const auto& [key, value] : want.items()) {
      const std::string inner = path.empty() ? key : path + "." + key;
      if (!got.contains(key)) return inner + ": missing";
      if (auto difference = differ(inner, got.at(key), value, rule_of(key, rule))) return difference;
    }
    return std::nullopt;
  }
  if (want.is_array() && got.is_array() && want.size() == got.size()) {
    for (size_t i = 0; i < want.size(); ++i) {
      if (auto difference = differ(path + "[" + std::to_string(i) + "]", got[i], want[i], rule)) return difference;
    }
    return std::nullopt;
  }
  const bool numbers = want.is_number() && got.is_number();
  const bool whole = want.is_number_integer() && got.is_number_integer();
  if (whole ? want == got : numbers ? close(got.get<double>(), want.get<double>(), rule) : got == want) {
    return std::nullopt;
  }
  return at(path) + "got " + got.dump() + ", want " + want.dump();
}

}  // namespace

std::optional<std::string> first_difference(const Json& got, const Json& want, const CompareRule& rule) {
  return differ("", got, want, rule);
}

}  // namespace evensweep

#pragma once
// Oracle functions by name: each takes a case's `in` and gives all keys of its `out`, or null for a case that the
// project does not implement.

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace evensweep {

using Json = nlohmann::json;
using OracleFn = std::function<Json(const Json& in)>;
using Registry = std::map<std::string, OracleFn>;

void register_statistics_cases(Registry& registry);
void register_adjust_cases(Registry& registry);
void register_family_cases(Registry& registry);
void register_weight_cases(Registry& registry);
void register_metric_cases(Registry& registry);
void register_smote_cases(Registry& registry);
void register_dataset_cases(Registry& registry);
void register_interval_cases(Registry& registry);
void register_loss_cases(Registry& registry);  // present where the trainer is built

// The rule for a class with fewer rows than SMOTE wants neighbours.
Json smote_size_policy(const Json& in);

// Undefined is null; JSON has no infinities, the files write them as text.
inline Json number_or_null(double value) {
  if (value != value) return nullptr;
  if (value == std::numeric_limits<double>::infinity()) return "Infinity";
  if (value == -std::numeric_limits<double>::infinity()) return "-Infinity";
  return value;
}
inline Json number_or_null(const std::optional<double>& value) {
  return value.has_value() ? number_or_null(*value) : Json(nullptr);
}
inline std::vector<double> numbers_at(const Json& in, const char* name) {
  return in.at(name).get<std::vector<double>>();
}

}  // namespace evensweep

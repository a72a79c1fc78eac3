#include "sweeps/report/view.h"

#include <cmath>

#include "common/base/text.h"

namespace evensweep {
namespace {

const Json& nothing() {
  static const Json kNull;
  return kNull;
}

}  // namespace

View View::operator[](const char* name) const {
  if (!json_->is_object()) return View(nothing());
  const auto found = json_->find(name);
  return View(found == json_->end() ? nothing() : *found);
}

View View::at(size_t index) const { return View(index < size() ? (*json_)[index] : nothing()); }

std::vector<View> View::items() const {
  std::vector<View> list;
  if (json_->is_array())
    for (const Json& item : *json_) list.emplace_back(item);
  return list;
}

std::vector<std::pair<std::string, View>> View::members() const {
  std::vector<std::pair<std::string, View>> list;
  if (json_->is_object())
    for (const auto& [name, value] : json_->items()) list.emplace_back(name, View(value));
  return list;
}

std::string View::text() const { return json_->is_string() ? json_->get<std::string>() : std::string(); }

std::optional<double> View::number() const {
  if (!json_->is_number()) return std::nullopt;
  const auto value = json_->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

int64_t View::integer(int64_t otherwise) const {
  if (json_->is_number_unsigned() && json_->get<uint64_t>() > uint64_t{INT64_MAX}) return otherwise;
  return json_->is_number_integer() ? json_->get<int64_t>() : otherwise;
}

std::vector<double> View::numbers() const {
  std::vector<double> list;
  for (const View& item : items())
    if (const auto value = item.number()) list.push_back(*value);
  return list;
}

std::vector<std::string> View::texts() const {
  std::vector<std::string> list;
  for (const View& item : items()) list.push_back(item.text());
  return list;
}

std::optional<double> scaled(View number, double factor) {
  const auto value = number.number();
  return value ? std::optional(*value * factor) : std::nullopt;
}

std::string View::scalar() const {
  if (json_->is_string()) return json_->get<std::string>();
  if (json_->is_boolean()) return json_->get<bool>() ? "true" : "false";
  if (json_->is_number_unsigned()) return std::to_string(json_->get<uint64_t>());
  if (json_->is_number_integer()) return std::to_string(json_->get<int64_t>());
  if (json_->is_number()) return shortest(json_->get<double>());
  return {};
}

}  // namespace evensweep

#pragma once
// Reads a results document that may come from a file of any origin: what is missing or of another type reads as empty,
// so that the renderers need no error paths and never throw.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/json.h"

namespace evensweep {

class View {
 public:
  explicit View(const Json& json) : json_(&json) {}

  View operator[](const char* name) const;
  View operator[](const std::string& name) const { return (*this)[name.c_str()]; }
  View at(size_t index) const;

  bool absent() const { return json_->is_null(); }
  size_t size() const { return json_->is_array() ? json_->size() : 0; }
  std::vector<View> items() const;                            // of a list
  std::vector<std::pair<std::string, View>> members() const;  // of an object, by name
  std::string text() const;                                   // "" if it is none
  std::optional<double> number() const;                       // finite
  int64_t integer(int64_t otherwise = 0) const;
  bool truth() const { return json_->is_boolean() && json_->get<bool>(); }
  std::vector<double> numbers() const;  // those of a list that are numbers
  std::vector<std::string> texts() const;
  std::string scalar() const;  // a text, number or truth value as people write it; "" for all else

 private:
  const Json* json_;
};

// The number times `factor`.
std::optional<double> scaled(View number, double factor);

}  // namespace evensweep

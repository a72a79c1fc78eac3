#pragma once
// Reads the fields of a JSON object that came from outside. The first thing wrong is kept in `status` with its place;
// after that every read returns a default, so that parsers stay straight lines.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/model/json.h"

namespace evensweep {

class Fields {
 public:
  Fields(const Json& object, std::string place, Status& status) : place_(std::move(place)), status_(status) {
    if (object.is_object())
      object_ = &object;
    else
      fail("", "must be an object");
  }

  int64_t integer(const char* name, int64_t least, int64_t most = std::numeric_limits<int64_t>::max()) {
    const Json* value = find(name);
    if (value == nullptr) return least;
    if (!value->is_number_integer() || (value->is_number_unsigned() && value->get<uint64_t>() > uint64_t{INT64_MAX})) {
      fail(name, "must be a whole number");
      return least;
    }
    const auto number = value->get<int64_t>();
    if (number >= least && number <= most) return number;
    fail(name, "must be between " + std::to_string(least) + " and " + std::to_string(most));
    return least;
  }

  uint64_t unsigned_integer(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return 0;
    if (value->is_number_unsigned()) return value->get<uint64_t>();
    fail(name, "must be a whole number of at least 0");
    return 0;
  }

  double number(const char* name, double least = -std::numeric_limits<double>::max(),
                double most = std::numeric_limits<double>::max()) {
    const Json* value = find(name);
    if (value == nullptr) return 0;
    return checked_number(*value, name, least, most);
  }

  bool boolean(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return false;
    if (value->is_boolean()) return value->get<bool>();
    fail(name, "must be true or false");
    return false;
  }

  std::string text(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    fail(name, "must be text");
    return {};
  }

  std::string one_of(const char* name, std::initializer_list<const char*> known) {
    std::string given = text(name);
    for (const char* word : known)
      if (given == word) return given;
    fail(name, "is not a known word: " + in_quotes(given));
    return given;
  }

  std::vector<int64_t> integers(const char* name, int64_t least) {
    std::vector<int64_t> list;
    for (const Json& item : array(name)) {
      if (!item.is_number_integer() || item.get<int64_t>() < least) {
        fail(name, "must be a list of whole numbers of at least " + std::to_string(least));
        return {};
      }
      list.push_back(item.get<int64_t>());
    }
    return list;
  }

  std::vector<double> numbers(const char* name, double least, double most) {
    std::vector<double> list;
    for (const Json& item : array(name)) list.push_back(checked_number(item, name, least, most));
    return list;
  }

  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> list;
    for (const Json& item : array(name)) {
      if (!item.is_string()) {
        fail(name, "must be a list of texts");
        return {};
      }
      list.push_back(item.get<std::string>());
    }
    return list;
  }

  const Json& array(const char* name) {
    static const Json kEmpty = Json::array();
    const Json* value = find(name);
    if (value == nullptr) return kEmpty;
    if (value->is_array()) return *value;
    fail(name, "must be a list");
    return kEmpty;
  }

  const Json& object(const char* name) {
    static const Json kEmpty = Json::object();
    const Json* value = find(name);
    if (value == nullptr) return kEmpty;
    if (value->is_object()) return *value;
    fail(name, "must be an object");
    return kEmpty;
  }

  // A SHA-256 sum: 64 lower-case hexadecimal digits. Nothing else may become part of a path.
  std::string sha256(const char* name) { return checked_sha256(text(name), name); }

  std::vector<std::string> sha256s(const char* name) {
    std::vector<std::string> list = texts(name);
    for (const std::string& sum : list) checked_sha256(sum, name);
    return list;
  }

  // Whether the value is there and null; counts as asked for.
  bool is_null(const char* name) {
    if (!has(name) || !(*object_)[name].is_null()) return false;
    asked_.push_back(name);
    return true;
  }

  bool has(const char* name) const { return object_ != nullptr && object_->contains(name); }
  std::string place(const char* name) const { return *name == '\0' ? place_ : place_ + "." + name; }

  void fail(const char* name, const std::string& what) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(place(name) + ": " + what);
  }

  // Refuses every key that nobody asked for.
  void end() {
    if (object_ == nullptr) return;
    for (const auto& [key, value] : object_->items())
      if (!std::ranges::count(asked_, std::string_view(key))) fail("", "has the unknown key " + in_quotes(key));
  }

 private:
  const Json* find(const char* name) {
    asked_.push_back(name);
    if (object_ == nullptr) return nullptr;
    const auto found = object_->find(name);
    if (found != object_->end()) return &*found;
    fail(name, "is missing");
    return nullptr;
  }

  std::string checked_sha256(std::string sum, const char* name) {
    if (sum.size() != 64 || sum.find_first_not_of("0123456789abcdef") != std::string::npos)
      fail(name, "must be a SHA-256 sum of 64 lower-case hexadecimal digits");
    return sum;
  }

  double checked_number(const Json& value, const char* name, double least, double most) {
    if (!value.is_number()) {
      fail(name, "must be a number");
      return 0;
    }
    const auto number = value.get<double>();
    if (std::isfinite(number) && number >= least && number <= most) return number;
    fail(name, "is out of range");
    return 0;
  }

  const Json* object_ = nullptr;
  std::string place_;
  Status& status_;
  std::vector<std::string_view> asked_;  // names are literals
};

// Parses text as one JSON value, never throwing; `what` names it in the error. A key that is there twice is refused:
// readers differ in which of the two values they take.
StatusOr<Json> parse_json(std::string_view text, std::string_view what);

}  // namespace evensweep

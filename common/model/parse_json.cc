#include <optional>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/model/json_fields.h"

namespace evensweep {
namespace {

// Builds the value, and sees the keys on the way.
class Builder {
 public:
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(Json::number_integer_t value) { return add(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return add(value); }
  bool number_float(Json::number_float_t value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    const auto [member, fresh] = open_.back()->get_ref<Json::object_t&>().try_emplace(name);
    if (!fresh && !repeated_) repeated_ = name;
    member_ = &member->second;
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

  Json take() { return std::move(root_); }
  const std::optional<std::string>& repeated() const { return repeated_; }

 private:
  template <typename Value>
  bool add(Value&& value) {
    place() = Json(std::forward<Value>(value));
    return true;
  }
  bool open(Json value) {
    Json& at = place();
    at = std::move(value);
    open_.push_back(&at);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  // Where the next value belongs. What is open stays where it is: nothing is added to a list while an item of it is.
  Json& place() {
    if (open_.empty()) return root_;
    if (open_.back()->is_object()) return *member_;
    return open_.back()->get_ref<Json::array_t&>().emplace_back();
  }

  Json root_;
  std::vector<Json*> open_;  // lists and objects, the innermost last
  Json* member_ = nullptr;   // of the innermost, if it is an object
  std::optional<std::string> repeated_;
};

}  // namespace

StatusOr<Json> parse_json(std::string_view text, std::string_view what) {
  Builder builder;
  if (!Json::sax_parse(text, &builder)) return absl::InvalidArgumentError(std::string(what) + ": not valid JSON");
  if (const std::optional<std::string>& repeated = builder.repeated())
    return absl::InvalidArgumentError(std::string(what) + ": has the key " + in_quotes(*repeated) + " twice");
  return builder.take();
}

}  // namespace evensweep

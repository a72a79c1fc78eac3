#pragma once
// Strong identifiers: one type per kind of id, so that a run key cannot be passed where an agent id is meant.

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace evensweep {

template <typename Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string value) : value_(std::move(value)) {}

  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  // The first 12 characters: enough for people to tell ids apart.
  std::string_view brief() const { return std::string_view(value_).substr(0, 12); }

  friend auto operator<=>(const StrongId&, const StrongId&) = default;
  friend std::ostream& operator<<(std::ostream& out, const StrongId& id) { return out << id.value_; }

 private:
  std::string value_;
};

}  // namespace evensweep

template <typename Tag>
struct std::hash<evensweep::StrongId<Tag>> {
  size_t operator()(const evensweep::StrongId<Tag>& id) const { return std::hash<std::string>()(id.str()); }
};

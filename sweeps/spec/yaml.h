#pragma once
// A YAML document as a tree in which every key and value knows its place. Internal to sweeps/spec and to
// the readers of other configuration files.

#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evensweep {

// In the file (1-based), or in the override with this index.
struct Place {
  int line = 0, column = 0;
  int override_index = -1;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct YamlKey {
  std::string name;
  Place place;
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  Place place;
  std::string text;             // scalars
  bool quoted = false;          // scalars: text even if it looks like a number
  std::vector<YamlKey> keys;    // maps: of each item; all different
  std::vector<YamlNode> items;  // lists and maps
};

// Collects everything that is wrong, so that all of it can be shown at once.
class Problems {
 public:
  Problems(std::string file_name, std::span<const std::string> overrides)
      : file_name_(std::move(file_name)), overrides_(overrides.begin(), overrides.end()) {}

  void add(Place place, std::string what) { problems_.push_back({place, std::move(what)}); }
  bool none() const { return problems_.empty(); }
  size_t count() const { return problems_.size(); }
  std::string where(Place place) const;
  // One line for each problem, by place; of very many the first ones and a count.
  std::vector<std::string> lines() const;

 private:
  struct Problem {
    Place place;
    std::string what;
  };
  std::string file_name_;
  std::vector<std::string> overrides_;
  std::vector<Problem> problems_;
};

// Parses one document. Refused, with a problem added: syntax errors, duplicate keys, more than one document, tags, text
// that is no UTF-8 or holds control characters, too deep nesting and too many nodes (aliases counted as often as they
// are used). An empty document is a null node. For the value of an override, every place is that override.
YamlNode parse_yaml(std::string_view text, Problems& problems, int override_index = -1);

}  // namespace evensweep

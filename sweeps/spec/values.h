#pragma once
// Checked reading of a YAML tree. Everything wrong is added to the Problems with its place and the path of keys to it
// ("training.epochs"), and reading goes on with a fallback. Internal to
// sweeps/spec and to the readers of other configuration files.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sweeps/spec/yaml.h"

namespace evensweep {

struct Range {
  double least = 0, most = 0;
  bool least_excluded = false, most_excluded = false;

  bool holds(double value) const;
  std::string words() const;  // "from 0 to below 1"
};

class Section;

// A value with the path to it.
class Value {
 public:
  Value(const YamlNode& node, std::string path, Problems& problems)
      : node_(&node), path_(std::move(path)), problems_(&problems) {}

  const YamlNode& node() const { return *node_; }
  const std::string& path() const { return path_; }
  Place place() const { return node_->place; }
  bool is_scalar() const { return node_->kind == YamlNode::Kind::kScalar; }
  bool is_list() const { return node_->kind == YamlNode::Kind::kList; }
  bool is_map() const { return node_->kind == YamlNode::Kind::kMap; }

  // Absent where a problem was added.
  std::optional<double> number(const Range& range) const;
  std::optional<int64_t> integer(int64_t least, int64_t most) const;
  std::optional<uint64_t> seed() const;
  std::optional<bool> flag() const;
  std::optional<std::string> text() const;
  std::optional<std::string> word(const std::vector<std::string>& known) const;
  // The items of a list that must not be empty, each with a path of its own ("seeds.3").
  std::vector<Value> list() const;
  // The same, or the value itself where it is no list.
  std::vector<Value> one_or_list() const;

  void fail(std::string_view what) const;

 private:
  friend class Section;
  std::string shown() const;

  const YamlNode* node_;
  std::string path_;
  Problems* problems_;
};

// A map whose keys are asked for one by one; end() refuses those that nobody asked for.
class Section {
 public:
  // Adds a problem where the value is no map.
  explicit Section(const Value& value);

  const Value& value() const { return value_; }
  bool has(const char* name) const { return find_key(name).has_value(); }
  // Absent if the key is not there or has no value; the latter is a problem.
  std::optional<Value> find(const std::string& name);
  // The same, and a missing key is a problem.
  std::optional<Value> need(const std::string& name);

  double number(const char* name, double fallback, const Range& range);
  int64_t integer(const char* name, int64_t fallback, int64_t least, int64_t most);
  bool flag(const char* name, bool fallback);
  std::string text(const char* name, const std::string& fallback);
  std::string word(const char* name, const std::string& fallback, const std::vector<std::string>& known);

  // A known key that must not be there: "training.momentum has no effect with adam; remove it".
  void refuse(const std::string& name, const std::string& why);
  void fail(std::string_view what) const { value_.fail(what); }
  void fail_key(const std::string& name, std::string_view what) const;
  // Reports missing keys (one that is merely misspelt as unknown, with the suggestion), then the unknown ones.
  void end();
  // The former alone, where it is not known which other keys there may be.
  void end_unfinished();

 private:
  bool is_unknown(const std::string& name) const;
  std::optional<std::string> misspelling_of(const std::string& name) const;
  void report_unknown(const YamlKey& key) const;
  std::optional<size_t> find_key(const std::string& name) const;
  std::string path_to(const std::string& name) const;
  Place place_of_key(const std::string& name) const;

  Value value_;
  std::vector<std::string> asked_, missing_, reported_;
};

// A map of names to words, both as is_label() wants them.
std::map<std::string, std::string> read_labels(const Value& value);

// "; did you mean "x"?", or nothing where no known name is near.
std::string suggestion(const std::string& given, const std::vector<std::string>& known);
// "a, b or c", the first ones of many.
std::string listed(const std::vector<std::string>& names, std::string_view conjunction = "or");

}  // namespace evensweep

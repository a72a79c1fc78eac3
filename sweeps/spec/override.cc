#include "sweeps/spec/override.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr size_t kMostParts = 16;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= path.size();) {
    const size_t dot = std::min(path.find('.', at), path.size());
    parts.emplace_back(path.substr(at, dot - at));
    at = dot + 1;
  }
  return parts;
}

class Step {
 public:
  Step(Place place, Problems& problems) : place_(place), problems_(problems) {}

  // The child of `node` with this name, made if need be; nullptr where it cannot be.
  YamlNode* into(YamlNode& node, const std::string& name, bool last) {
    YamlNode* child = node.kind == YamlNode::Kind::kList ? item(node, name) : entry(node, name, last);
    path_ += (path_.empty() ? "" : ".") + name;
    return child;
  }

 private:
  YamlNode* item(YamlNode& list, const std::string& name) {
    size_t index = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error == std::errc() && end == name.data() + name.size() && index < list.items.size())
      return &list.items[index];
    const std::string numbered =
        list.items.empty() ? std::string("is empty") : fmt::format("has items 0 to {}", list.items.size() - 1);
    problems_.add(place_, fmt::format("{} is no position in {}, which {}", in_quotes(name), path_, numbered));
    return nullptr;
  }

  YamlNode* entry(YamlNode& map, const std::string& name, bool last) {
    if (map.kind == YamlNode::Kind::kScalar) {
      problems_.add(place_, fmt::format("{} is {}, not a map of keys; override {} as a whole", path_,
                                        in_quotes(map.text), path_));
      return nullptr;
    }
    if (map.kind == YamlNode::Kind::kNull) map = {.kind = YamlNode::Kind::kMap, .place = place_};
    const auto found =
        std::find_if(map.keys.begin(), map.keys.end(), [&](const YamlKey& key) { return key.name == name; });
    if (found != map.keys.end()) {
      if (last) found->place = place_;
      return &map.items[static_cast<size_t>(found - map.keys.begin())];
    }
    map.keys.push_back({name, place_});
    return &map.items.emplace_back(YamlNode{.place = place_});
  }

  Place place_;
  Problems& problems_;
  std::string path_;
};

void apply(const std::string& text, int index, YamlNode& root, Problems& problems) {
  const Place place{.line = 0, .column = 0, .override_index = index};
  const size_t equals = text.find('=');
  const std::vector<std::string> path = split_path(std::string_view(text).substr(0, equals));
  if (equals == std::string::npos || std::find(path.begin(), path.end(), "") != path.end()) {
    problems.add(place, "not of the form key=value; write for example training.epochs=5");
    return;
  }
  if (path.size() > kMostParts) {
    problems.add(place, fmt::format("a path of more than {} parts; write for example training.epochs=5", kMostParts));
    return;
  }
  const size_t before = problems.count();
  YamlNode value = parse_yaml(std::string_view(text).substr(equals + 1), problems, index);
  if (problems.count() > before) return;
  value.place = place;
  Step step(place, problems);
  YamlNode* node = &root;
  for (size_t i = 0; i < path.size(); ++i) {
    node = step.into(*node, path[i], i + 1 == path.size());
    if (node == nullptr) return;
  }
  *node = std::move(value);
}

}  // namespace

void apply_overrides(std::span<const std::string> overrides, YamlNode& root, Problems& problems) {
  for (size_t i = 0; i < overrides.size(); ++i) apply(overrides[i], static_cast<int>(i), root, problems);
}

}  // namespace evensweep

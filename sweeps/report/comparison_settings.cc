#include <map>
#include <set>

#include "sweeps/report/comparison.h"
#include "sweeps/report/view.h"

namespace evensweep {
namespace {

constexpr char kAbsent[] = "absent";

using Settings = std::map<std::string, std::string>;

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool has_structure(const Json& value) {
  if (value.is_object()) return true;
  return value.is_array() && !value.empty() && value.front().is_structured();
}

// Every single setting below `value`. A list of plain values is one setting. Data are known by their hash: what a file
// and the data set are called makes no difference to a training.
void collect(const Json& value, const std::string& name, Settings& settings) {
  if (!has_structure(value)) {
    settings[name] = value_text(value);
    return;
  }
  size_t index = 0;
  for (const auto& [key, item] : value.items()) {
    if (value.is_object() && (key == "path" || name + "." + key == "dataset.name")) continue;
    collect(item, value.is_object() ? name + "." + key : name + "[" + std::to_string(index) + "]", settings);
    ++index;
  }
}

std::string text_at(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? kAbsent : found->second;
}

void compare_section(const std::string& name, const Json& a, const Json& b,
                     std::vector<SettingDifference>& differences) {
  if (a.is_null() || b.is_null()) {  // a table of results does not tell
    if (a.is_null() != b.is_null())
      differences.push_back({name, a.is_null() ? "unknown" : "known", b.is_null() ? "unknown" : "known"});
    return;
  }
  Settings in_a, in_b;
  collect(a, name, in_a);
  collect(b, name, in_b);
  std::set<std::string> names;
  for (const auto* settings : {&in_a, &in_b})
    for (const auto& [key, value] : *settings) names.insert(key);
  for (const std::string& key : names)
    if (text_at(in_a, key) != text_at(in_b, key)) differences.push_back({key, text_at(in_a, key), text_at(in_b, key)});
}

// The trainers of all runs, whatever number each trained.
std::string trainers_of(const Json& results) {
  std::set<std::string> kinds;
  for (const View& kind : View(results)["environment"]["trainers"].items())
    kinds.insert(kind["trainer"].text() + ", libtorch " + kind["libtorch"].text() + ", " + kind["device"].text() +
                 ", " + kind["threads"].scalar() + " threads");
  std::string text;
  for (const std::string& kind : kinds) text += (text.empty() ? "" : "; ") + kind;
  return text.empty() ? "unknown" : text;
}

const Json& member(const Json& object, const char* name) {
  static const Json kNull;
  return object.is_object() && object.contains(name) ? object.at(name) : kNull;
}

}  // namespace

std::vector<SettingDifference> setting_differences(const Json& a, const Json& b) {
  std::vector<SettingDifference> differences;
  for (const char* section : {"dataset", "classes", "model", "training"})
    compare_section(section, member(member(a, "sweep"), section), member(member(b, "sweep"), section), differences);
  compare_section("analysis.alpha", member(member(a, "analysis"), "alpha"), member(member(b, "analysis"), "alpha"),
                  differences);
  if (trainers_of(a) != trainers_of(b)) differences.push_back({"trainer", trainers_of(a), trainers_of(b)});
  return differences;
}

}  // namespace evensweep

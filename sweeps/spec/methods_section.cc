#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/text.h"
#include "sweeps/spec/sections.h"

namespace evensweep {
namespace {

// One parameter or option of an item with the values that it takes.
struct Axis {
  std::string name;
  bool is_option = false;
  std::vector<double> numbers;
  std::vector<std::string> words;

  size_t size() const { return is_option ? words.size() : numbers.size(); }
  void set(Arm& arm, size_t index) const {
    if (is_option)
      arm.options[name] = words[index];
    else
      arm.parameters[name] = numbers[index];
  }
};

std::string list_of(const MethodDescription& method) {
  std::string names;
  for (const ParameterDescription& p : method.parameters) names += (names.empty() ? "" : ", ") + p.name;
  return names;
}

class MethodsReader {
 public:
  MethodsReader(DatasetFormat format, size_t most_arms) : format_(format), most_arms_(most_arms) {}

  void read_item(const Value& item) {
    std::optional<Section> section;
    std::optional<Value> name = item;
    if (item.is_map()) name = section.emplace(item).need("method");
    if (!name) return section->end_unfinished();
    const MethodDescription* method = read_method_name(*name);
    if (method == nullptr) return;
    if (format_ == DatasetFormat::kCifar10 && !method->not_for_images.empty())
      return name->fail(fmt::format("{} is not defined for images: {}", method->name, method->not_for_images));
    if (section)
      read_map(item, *section, *method);
    else if (method->parameters.empty())
      add({.method = method->name, .parameters = {}, .options = default_options(*method)}, item);
    else
      item.fail(fmt::format("{0} needs {1}; write {{method: {0}, {2}: ...}}", method->name, list_of(*method),
                            method->parameters[0].name));
  }

  std::vector<Arm> take() { return std::move(arms_); }

 private:
  void read_map(const Value& item, Section& section, const MethodDescription& method) {
    const bool only_included =
        section.has("include") && std::none_of(method.parameters.begin(), method.parameters.end(),
                                               [&](const auto& p) { return section.has(p.name.c_str()); });
    std::vector<Axis> axes;
    bool complete = true;
    for (const ParameterDescription& parameter : method.parameters) {
      const auto value = only_included ? section.find(parameter.name) : section.need(parameter.name);
      axes.push_back({.name = parameter.name, .is_option = false, .numbers = {}, .words = {}});
      if (value) axes.back().numbers = read_parameter(*value, parameter);
      complete = complete && (only_included || axes.back().size() > 0);
    }
    for (const OptionDescription& option : method.options) {
      const auto value = section.find(option.name);
      axes.push_back({.name = option.name, .is_option = true, .numbers = {}, .words = {option.values.front()}});
      if (value) axes.back().words = read_option(*value, option);
      complete = complete && axes.back().size() > 0;
    }
    std::vector<Arm> cells;
    if (complete && !only_included && method.name != kBaseline) cells = product(item, method, axes);
    complete = complete && !too_many_;
    if (const auto exclude = section.find("exclude"); exclude && complete) remove_cells(*exclude, method, cells);
    if (const auto include = section.find("include")) add_cells(*include, method, axes, cells);
    section.end();
    if (method.name == kBaseline) return add({.method = kBaseline, .parameters = {}, .options = {}}, item);
    if (complete && cells.empty()) section.fail("no cells are left; exclude fewer or remove the item");
    for (Arm& cell : cells) add(std::move(cell), item);
  }

  // All combinations, the first axis varying slowest.
  std::vector<Arm> product(const Value& item, const MethodDescription& method, const std::vector<Axis>& axes) {
    size_t count = 1;
    for (const Axis& axis : axes) count = axis.size() > most_arms_ / count ? most_arms_ + 1 : count * axis.size();
    std::vector<Arm> cells;
    if (count > most_arms_) {
      too_many_ = true;
      item.fail(too_many_arms());
      return cells;
    }
    cells.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      Arm arm{.method = method.name, .parameters = {}, .options = {}};
      size_t rest = i;
      for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
        axis->set(arm, rest % axis->size());
        rest /= axis->size();
      }
      cells.push_back(std::move(arm));
    }
    return cells;
  }

  static bool matches(const Arm& pattern, const Arm& arm) {
    const auto same = [](const auto& wanted, const auto& given) {
      return std::all_of(wanted.begin(), wanted.end(), [&](const auto& w) { return given.at(w.first) == w.second; });
    };
    return same(pattern.parameters, arm.parameters) && same(pattern.options, arm.options);
  }

  // The parameters and options that are given; absent where a problem was added.
  static std::optional<Arm> read_pattern(const Value& item, const MethodDescription& method) {
    Section section(item);
    Arm pattern;
    bool good = item.is_map();
    for (const ParameterDescription& parameter : method.parameters)
      if (const auto value = section.find(parameter.name)) {
        const auto number = value->number(range_of(parameter));
        good = good && number;
        pattern.parameters[parameter.name] = number.value_or(0);
      }
    for (const OptionDescription& option : method.options)
      if (const auto value = section.find(option.name)) {
        const auto word = value->word(option.values);
        good = good && word;
        pattern.options[option.name] = word.value_or("");
      }
    section.end();
    if (!good) return std::nullopt;
    return pattern;
  }

  static void remove_cells(const Value& exclude, const MethodDescription& method, std::vector<Arm>& cells) {
    for (const Value& item : exclude.list()) {
      const auto pattern = read_pattern(item, method);
      if (!pattern) continue;
      if (std::erase_if(cells, [&](const Arm& arm) { return matches(*pattern, arm); }) == 0)
        item.fail("no cell of the grid is like this; correct it or remove it");
    }
  }

  // An option that has one value in the item has it in the added cells too.
  static void add_cells(const Value& include, const MethodDescription& method, const std::vector<Axis>& axes,
                        std::vector<Arm>& cells) {
    std::map<std::string, std::string> options;
    for (const Axis& axis : axes)
      if (axis.is_option && axis.words.size() == 1) options[axis.name] = axis.words[0];
    std::set<Arm> known(cells.begin(), cells.end());
    for (const Value& item : include.list()) {
      Section section(item);
      auto arm = read_cell(section, method, options);
      section.end();
      if (!arm) continue;
      if (!known.insert(*arm).second)
        item.fail(fmt::format("{} is in the grid already; remove it", arm_name(*arm)));
      else
        cells.push_back(*std::move(arm));
    }
  }

  std::string too_many_arms() const {
    return fmt::format(
        "more than {} arms, which with these seeds is more trials than can be; use coarser grids or fewer seeds",
        most_arms_);
  }

  void add(Arm arm, const Value& item) {
    const auto [known, fresh] = paths_.emplace(arm, item.path());
    if (!fresh) return item.fail(fmt::format("{} is in {} already; list it once", arm_name(arm), known->second));
    if (arm.method == kBaseline) return;
    if (arms_.size() < most_arms_) return arms_.push_back(std::move(arm));
    if (!too_many_) item.fail(too_many_arms());
    too_many_ = true;
  }

  DatasetFormat format_;
  size_t most_arms_;
  bool too_many_ = false;
  std::vector<Arm> arms_;
  std::map<Arm, std::string> paths_;  // which item an arm is from
};

}  // namespace

const MethodDescription* read_method_name(const Value& value) {
  std::vector<std::string> names;
  for (const MethodDescription& method : known_methods()) names.push_back(method.name);
  const auto name = value.word(names);
  for (const MethodDescription& method : known_methods())
    if (name == method.name) return &method;
  return nullptr;
}

std::map<std::string, std::string> default_options(const MethodDescription& method) {
  std::map<std::string, std::string> options;
  for (const OptionDescription& option : method.options) options[option.name] = option.values.front();
  return options;
}

std::optional<Arm> read_cell(Section& cell, const MethodDescription& method,
                             const std::map<std::string, std::string>& options) {
  Arm arm{.method = method.name, .parameters = {}, .options = {}};
  bool good = cell.value().is_map();
  for (const ParameterDescription& parameter : method.parameters) {
    const auto value = cell.need(parameter.name);
    const auto number = value ? value->number(range_of(parameter)) : std::nullopt;
    good = good && number;
    arm.parameters[parameter.name] = number.value_or(0);
  }
  for (const OptionDescription& option : method.options) {
    const auto usual = options.find(option.name);
    const auto value = usual == options.end() ? cell.need(option.name) : cell.find(option.name);
    if (!value && usual != options.end()) {
      arm.options[option.name] = usual->second;
      continue;
    }
    const auto word = value ? value->word(option.values) : std::nullopt;
    good = good && word;
    arm.options[option.name] = word.value_or("");
  }
  if (!good) return std::nullopt;
  return arm;
}

std::vector<Arm> read_methods(const Value& value, DatasetFormat format, size_t most_arms) {
  MethodsReader reader(format, most_arms);
  for (const Value& item : value.list()) reader.read_item(item);
  return reader.take();
}

}  // namespace evensweep

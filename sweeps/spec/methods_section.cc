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

// The parameters that have to be given, "gamma, tau".
std::string list_of(const MethodDescription& method) {
  std::string names;
  for (const ParameterDescription& p : method.parameters)
    if (!p.usual) names += (names.empty() ? "" : ", ") + p.name;
  for (const OptionDescription& o : method.options)
    if (o.required) names += (names.empty() ? "" : ", ") + o.name;
  return names;
}

class MethodsReader {
 public:
  MethodsReader(const Sweep& sweep, size_t most_arms) : sweep_(sweep), most_arms_(most_arms) {}

  void read_item(const Value& item) {
    std::optional<Section> section;
    std::optional<Value> name = item;
    if (item.is_map()) name = section.emplace(item).need("method");
    if (!name) return section->end_unfinished();
    const std::optional<MethodDescription> method = read_method(*name);
    if (!method) return;
    if (section) return read_map(item, *section, *method);
    const std::string needed = list_of(*method);
    if (needed.empty())
      add({.method = method->name, .parameters = {}, .options = default_options(*method)}, *method, item);
    else
      item.fail(fmt::format("{0} needs {1}; write {{method: {0}, {2}: ...}}", method->name, needed,
                            needed.substr(0, needed.find(','))));
  }

  std::vector<Arm> take() { return std::move(arms_); }

 private:
  void read_map(const Value& item, Section& section, const MethodDescription& method) {
    MethodKeys keys(section);
    const bool only_included =
        section.has("include") && std::none_of(method.parameters.begin(), method.parameters.end(),
                                               [&](const auto& p) { return !p.usual && keys.has(p.name); });
    std::vector<Axis> axes;
    bool complete = true;
    for (const ParameterDescription& parameter : method.parameters) {
      const auto value = only_included || parameter.usual ? keys.find(parameter.name) : keys.need(parameter.name);
      axes.push_back({.name = parameter.name, .is_option = false, .numbers = {}, .words = {}});
      if (value)
        axes.back().numbers = read_parameter(*value, parameter);
      else if (parameter.usual)
        axes.back().numbers = {*parameter.usual};
      complete = complete && (only_included || axes.back().size() > 0);
    }
    for (const OptionDescription& option : method.options) {
      const auto value = option.required && !only_included ? keys.need(option.name) : keys.find(option.name);
      axes.push_back({.name = option.name, .is_option = true, .numbers = {}, .words = {}});
      if (value)
        axes.back().words = read_option(*value, option);
      else if (!option.required)
        axes.back().words = {option.values.front()};
      complete = complete && (only_included || axes.back().size() > 0);
    }
    std::vector<Arm> cells;
    if (complete && !only_included && method.name != kBaseline) cells = product(item, method, axes);
    complete = complete && !too_many_;
    if (const auto exclude = section.find("exclude"); exclude && complete) remove_cells(*exclude, method, cells);
    if (const auto include = section.find("include")) add_cells(*include, method, axes, cells);
    keys.end();
    section.end();
    if (method.name == kBaseline) return add({.method = kBaseline, .parameters = {}, .options = {}}, method, item);
    if (complete && cells.empty()) section.fail("no cells are left; exclude fewer or remove the item");
    for (Arm& cell : cells) add(std::move(cell), method, item);
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
    MethodKeys keys(section);
    Arm pattern;
    bool good = item.is_map();
    for (const ParameterDescription& parameter : method.parameters)
      if (const auto value = keys.find(parameter.name)) {
        const auto number = value->number(range_of(parameter));
        good = good && number;
        pattern.parameters[parameter.name] = number.value_or(0);
      }
    for (const OptionDescription& option : method.options)
      if (const auto value = keys.find(option.name)) {
        const auto word = value->word(option.values);
        good = good && word;
        pattern.options[option.name] = word.value_or("");
      }
    keys.end();
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
        item.fail(fmt::format("{} is in the grid already; remove it", arm_name(without_usual(*arm, method))));
      else
        cells.push_back(*std::move(arm));
    }
  }

  std::string too_many_arms() const {
    return fmt::format(
        "more than {} arms, which with these seeds is more trials than can be; use coarser grids or fewer seeds",
        most_arms_);
  }

  void add(Arm arm, const MethodDescription& method, const Value& item) {
    arm = without_usual(std::move(arm), method);
    const auto [known, fresh] = paths_.emplace(arm, item.path());
    if (!fresh) return item.fail(fmt::format("{} is in {} already; list it once", arm_name(arm), known->second));
    if (arm.method == kBaseline) return;
    const Status defined = check_arm_in(arm, sweep_);
    // Once for all cells of an item that it is true of.
    if (!defined.ok() && refused_.insert(item.path() + std::string(defined.message())).second)
      item.fail(std::string(defined.message()));
    if (arms_.size() < most_arms_) return arms_.push_back(std::move(arm));
    if (!too_many_) item.fail(too_many_arms());
    too_many_ = true;
  }

  const Sweep& sweep_;
  size_t most_arms_;
  bool too_many_ = false;
  std::vector<Arm> arms_;
  std::map<Arm, std::string> paths_;  // which item an arm is from
  std::set<std::string> refused_;
};

}  // namespace

Section* MethodKeys::part(const std::string& method) {
  const auto known = parts_.find(method);
  if (known != parts_.end()) return known->second ? &*known->second : nullptr;
  std::optional<Section>& section = parts_[method];
  if (const auto value = section_->find(method)) section.emplace(*value);
  return section ? &*section : nullptr;
}

bool MethodKeys::has(const std::string& name) {
  const size_t dot = name.find('.');
  if (dot == std::string::npos) return section_->has(name.c_str());
  const Section* own = part(name.substr(0, dot));
  return own != nullptr && own->has(name.c_str() + dot + 1);
}

std::optional<Value> MethodKeys::find(const std::string& name) {
  const size_t dot = name.find('.');
  if (dot == std::string::npos) return section_->find(name);
  Section* own = part(name.substr(0, dot));
  return own == nullptr ? std::nullopt : own->find(name.substr(dot + 1));
}

std::optional<Value> MethodKeys::need(const std::string& name) {
  const size_t dot = name.find('.');
  if (dot == std::string::npos) return section_->need(name);
  if (Section* own = part(name.substr(0, dot))) return own->need(name.substr(dot + 1));
  if (missing_.insert(name.substr(0, dot)).second) section_->need(name.substr(0, dot));
  return std::nullopt;
}

void MethodKeys::end() {
  for (auto& [method, section] : parts_)
    if (section) section->end();
}

std::optional<MethodDescription> read_method(const Value& value) {
  std::vector<std::string> known, names;
  for (const MethodDescription& method : known_methods()) known.push_back(method.name);
  for (const Value& item : value.one_or_list()) {
    const auto name = item.word(known);
    if (!name) return std::nullopt;
    names.push_back(*name);
  }
  if (names.empty()) return std::nullopt;
  StatusOr<MethodDescription> method = combine_methods(names);
  if (method.ok()) return *std::move(method);
  value.fail(std::string(method.status().message()));
  return std::nullopt;
}

std::map<std::string, std::string> default_options(const MethodDescription& method) {
  std::map<std::string, std::string> options;
  for (const OptionDescription& option : method.options)
    if (!option.required) options[option.name] = option.values.front();
  return options;
}

std::optional<Arm> read_cell(Section& cell, const MethodDescription& method,
                             const std::map<std::string, std::string>& options) {
  MethodKeys keys(cell);
  Arm arm{.method = method.name, .parameters = {}, .options = {}};
  bool good = cell.value().is_map();
  for (const ParameterDescription& parameter : method.parameters) {
    const auto value = parameter.usual ? keys.find(parameter.name) : keys.need(parameter.name);
    if (!value && parameter.usual) {
      arm.parameters[parameter.name] = *parameter.usual;
      continue;
    }
    const auto number = value ? value->number(range_of(parameter)) : std::nullopt;
    good = good && number;
    arm.parameters[parameter.name] = number.value_or(0);
  }
  for (const OptionDescription& option : method.options) {
    const auto usual = options.find(option.name);
    const auto value = usual == options.end() ? keys.need(option.name) : keys.find(option.name);
    if (!value && usual != options.end()) {
      arm.options[option.name] = usual->second;
      continue;
    }
    const auto word = value ? value->word(option.values) : std::nullopt;
    good = good && word;
    arm.options[option.name] = word.value_or("");
  }
  keys.end();
  if (!good) return std::nullopt;
  return arm;
}

std::vector<Arm> read_methods(const Value& value, const Sweep& sweep, size_t most_arms) {
  MethodsReader reader(sweep, most_arms);
  for (const Value& item : value.list()) reader.read_item(item);
  return reader.take();
}

}  // namespace evensweep

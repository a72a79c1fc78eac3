// The values that one parameter of a method takes.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "common/base/rng.h"
#include "common/base/text.h"
#include "sweeps/spec/sections.h"

namespace evensweep {
namespace {

constexpr int64_t kMostValues = 1'000'000;

// To 12 significant digits, so that a grid holds 0.3 and not 0.30000000000000004, and is the same on every machine.
double clean(double value) {
  const std::string text = fmt::format("{:.12g}", value);
  double rounded = value;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded + 0.0;
}

std::vector<double> read_values(const Value& list, const Range& range) {
  std::vector<double> values;
  std::set<double> known;
  for (const Value& item : list.one_or_list()) {
    const auto value = item.number(range);
    if (!value) continue;
    if (!known.insert(*value).second)
      item.fail(fmt::format("{} is listed twice; remove one", shortest(*value)));
    else
      values.push_back(*value);
  }
  return values;
}

struct Interval {
  double min = 0, max = 0;
  bool log = false;

  double at(double fraction) const {
    if (!log) return clean(min + fraction * (max - min));
    return clean(std::exp(std::log(min) + fraction * (std::log(max) - std::log(min))));
  }
};

// The interval, or nothing where a problem was added.
std::optional<Interval> read_interval(Section& section, const Range& range, bool log) {
  const auto min = section.need("min"), max = section.need("max");
  const auto low = min ? min->number(range) : std::nullopt, high = max ? max->number(range) : std::nullopt;
  if (!low || !high) return std::nullopt;
  if (*low >= *high) {
    max->fail(fmt::format("{} is not above min, which is {}", shortest(*high), shortest(*low)));
    return std::nullopt;
  }
  if (log && *low <= 0) {
    min->fail(fmt::format("{} is not above 0, as a logarithmic scale needs", shortest(*low)));
    return std::nullopt;
  }
  return Interval{.min = *low, .max = *high, .log = log};
}

std::optional<int64_t> read_count(Section& section, const char* name, int64_t least) {
  const auto value = section.need(name);
  return value ? value->integer(least, kMostValues) : std::nullopt;
}

std::vector<double> read_steps(Section& section, const Range& range) {
  const bool log = section.word("scale", "linear", {"linear", "log"}) == "log";
  const auto interval = read_interval(section, range, log);
  const auto steps = read_count(section, "steps", 2);
  section.end();
  std::vector<double> values;
  if (!interval || !steps) return values;
  for (int64_t i = 0; i < *steps; ++i) {
    const double value = i == 0            ? interval->min
                         : i + 1 == *steps ? interval->max
                                           : interval->at(static_cast<double>(i) / static_cast<double>(*steps - 1));
    values.push_back(value);
  }
  return values;
}

std::vector<double> read_draws(Section& section, const Range& range, const std::string& parameter) {
  const bool log = section.word("distribution", "uniform", {"uniform", "log_uniform"}) == "log_uniform";
  const auto interval = read_interval(section, range, log);
  const auto count = read_count(section, "count", 1);
  const auto seed_value = section.find("seed");
  const auto seed = seed_value ? seed_value->seed() : uint64_t{0};
  section.end();
  std::vector<double> values;
  if (!interval || !count || !seed) return values;
  Rng rng(*seed, "sweep parameter " + parameter);
  for (int64_t i = 0; i < *count; ++i) values.push_back(interval->at(rng.uniform()));
  return values;
}

}  // namespace

Range range_of(const ParameterDescription& parameter) {
  return {.least = parameter.least,
          .most = parameter.most,
          .least_excluded = false,
          .most_excluded = parameter.most_excluded};
}

namespace {

std::vector<double> read_any(const Value& value, const ParameterDescription& parameter) {
  const Range range = range_of(parameter);
  if (!value.is_map()) return read_values(value, range);
  Section section(value);
  std::vector<double> values;
  if (const auto list = section.find("values")) {
    section.end();
    return read_values(*list, range);
  }
  values = section.has("distribution") ? read_draws(section, range, parameter.name) : read_steps(section, range);
  // Draws and finely divided intervals can meet after rounding, and round up to a bound that is excluded.
  const bool outside = !std::all_of(values.begin(), values.end(), [&](double v) { return range.holds(v); });
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  if (outside || std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    section.fail("too many values for so narrow an interval: to 12 digits some are the same; use fewer");
    return {};
  }
  return values;
}

}  // namespace

std::vector<double> read_parameter(const Value& value, const ParameterDescription& parameter) {
  std::vector<double> values = read_any(value, parameter);
  if (!parameter.whole || std::all_of(values.begin(), values.end(), [](double v) { return v == std::floor(v); }))
    return values;
  value.fail("is not of whole numbers alone; round them");
  return {};
}

std::vector<std::string> read_option(const Value& value, const OptionDescription& option) {
  std::vector<std::string> words;
  std::optional<Value> list = value;
  if (value.is_map()) {
    Section section(value);
    list = section.need("values");
    section.end();
  }
  if (!list) return words;
  for (const Value& item : list->one_or_list()) {
    const auto word = item.word(option.values);
    if (!word) continue;
    if (std::find(words.begin(), words.end(), *word) != words.end())
      item.fail(fmt::format("{} is listed twice; remove one", *word));
    else
      words.push_back(*word);
  }
  return words;
}

}  // namespace evensweep

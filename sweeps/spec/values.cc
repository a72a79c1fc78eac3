#include "sweeps/spec/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "common/base/text.h"

namespace evensweep {
namespace {

enum class Parsed { kGood, kNone, kTooLarge };

template <typename Number>
Parsed parse_number(std::string_view text, Number& number) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return Parsed::kNone;
  return error == std::errc() ? Parsed::kGood : Parsed::kTooLarge;
}

const char* kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kList: return "a list";
    case YamlNode::Kind::kMap: return "a map of keys";
    default: return "nothing";
  }
}

}  // namespace

bool Range::holds(double value) const {
  if (!std::isfinite(value)) return false;
  return (least_excluded ? value > least : value >= least) && (most_excluded ? value < most : value <= most);
}

std::string Range::words() const {
  const bool below = least > -std::numeric_limits<double>::max(), above = most < std::numeric_limits<double>::max();
  const std::string from = fmt::format("{} {}",
                                       least_excluded ? "above"
                                       : above        ? "from"
                                                      : "of at least",
                                       shortest(least));
  const std::string to = fmt::format("{}{}",
                                     most_excluded    ? "below "
                                     : least_excluded ? "at most "
                                                      : "",
                                     shortest(most));
  if (below && above) return from + (least_excluded ? " and " : " to ") + to;
  if (below) return from;
  return above ? (most_excluded ? to : "of at most " + shortest(most)) : std::string("of finite size");
}

std::string suggestion(const std::string& given, const std::vector<std::string>& known) {
  const auto nearest = nearest_name(given, known);
  return nearest ? "; did you mean " + *nearest + "?" : std::string();
}

std::string listed(const std::vector<std::string>& names, std::string_view conjunction) {
  constexpr size_t kShown = 20;
  std::string list;
  const size_t shown = std::min(names.size(), kShown);
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) list += i + 1 == names.size() ? fmt::format(" {} ", conjunction) : std::string(", ");
    list += names[i];
  }
  return names.size() > kShown ? list + fmt::format(", ... ({} in all)", names.size()) : list;
}

std::string Value::shown() const { return is_scalar() ? in_quotes(node_->text) : kind_name(node_->kind); }

void Value::fail(std::string_view what) const {
  problems_->add(place(), path_.empty() ? std::string(what) : fmt::format("{}: {}", path_, what));
}

std::optional<double> Value::number(const Range& range) const {
  double number = 0;
  const Parsed parsed = is_scalar() && !node_->quoted ? parse_number(node_->text, number) : Parsed::kNone;
  if (parsed == Parsed::kGood && range.holds(number)) return number + 0.0;  // -0 is 0
  if (is_scalar() && node_->quoted) {
    fail(fmt::format("{} is text in quotes; write a number without quotes", shown()));
  } else {
    const bool infinite = parsed == Parsed::kTooLarge || (parsed == Parsed::kGood && !std::isfinite(number));
    fail(fmt::format("{} is not a {}number {}", shown(), infinite ? "finite " : "", range.words()));
  }
  return std::nullopt;
}

std::optional<int64_t> Value::integer(int64_t least, int64_t most) const {
  int64_t number = 0;
  const Parsed parsed = is_scalar() && !node_->quoted ? parse_number(node_->text, number) : Parsed::kNone;
  if (parsed == Parsed::kGood && number >= least && number <= most) return number;
  if (is_scalar() && node_->quoted)
    fail(fmt::format("{} is text in quotes; write a number without quotes", shown()));
  else
    fail(fmt::format("{} is not a whole number from {} to {}", shown(), least, most));
  return std::nullopt;
}

std::optional<uint64_t> Value::seed() const {
  uint64_t number = 0;
  if (is_scalar() && !node_->quoted && parse_number(node_->text, number) == Parsed::kGood) return number;
  fail(fmt::format("{} is not a whole number from 0 to {}", shown(), std::numeric_limits<uint64_t>::max()));
  return std::nullopt;
}

std::optional<bool> Value::flag() const {
  if (is_scalar() && !node_->quoted && node_->text == "true") return true;
  if (is_scalar() && !node_->quoted && node_->text == "false") return false;
  fail(fmt::format("{} is neither true nor false", shown()));
  return std::nullopt;
}

std::optional<std::string> Value::text() const {
  if (is_scalar() && !node_->text.empty()) return node_->text;
  fail(is_scalar() ? std::string("the text is empty; write a word") : fmt::format("{} is not text", shown()));
  return std::nullopt;
}

std::optional<std::string> Value::word(const std::vector<std::string>& known) const {
  if (is_scalar() && std::find(known.begin(), known.end(), node_->text) != known.end()) return node_->text;
  fail(fmt::format("{} is not {}{}", shown(), listed(known), is_scalar() ? suggestion(node_->text, known) : ""));
  return std::nullopt;
}

std::vector<Value> Value::list() const {
  std::vector<Value> values;
  if (!is_list())
    fail(fmt::format("{} is not a list; write [a, b]", shown()));
  else if (node_->items.empty())
    fail("the list is empty; put something in or remove the key");
  else
    for (size_t i = 0; i < node_->items.size(); ++i)
      values.emplace_back(node_->items[i], fmt::format("{}.{}", path_, i), *problems_);
  return values;
}

std::vector<Value> Value::one_or_list() const { return is_list() ? list() : std::vector<Value>{*this}; }

Section::Section(const Value& value) : value_(value) {
  if (!value_.is_map()) value_.fail(fmt::format("{} is not a map of keys", value_.shown()));
}

std::optional<size_t> Section::find_key(const std::string& name) const {
  const auto& keys = value_.node().keys;
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const YamlKey& key) { return key.name == name; });
  if (found == keys.end()) return std::nullopt;
  return static_cast<size_t>(found - keys.begin());
}

std::string Section::path_to(const std::string& name) const {
  return value_.path().empty() ? name : value_.path() + "." + name;
}

Place Section::place_of_key(const std::string& name) const {
  const auto index = find_key(name);
  return index ? value_.node().keys[*index].place : value_.place();
}

std::optional<Value> Section::find(const std::string& name) {
  asked_.push_back(name);
  const auto index = find_key(name);
  if (!index) return std::nullopt;
  const YamlNode& node = value_.node().items[*index];
  if (node.kind != YamlNode::Kind::kNull) return Value(node, path_to(name), *value_.problems_);
  fail_key(name, "no value; give one or remove the key");
  return std::nullopt;
}

std::optional<Value> Section::need(const std::string& name) {
  if (value_.is_map() && !find_key(name)) missing_.push_back(name);
  return find(name);
}

double Section::number(const char* name, double fallback, const Range& range) {
  const auto value = find(name);
  return value ? value->number(range).value_or(fallback) : fallback;
}

int64_t Section::integer(const char* name, int64_t fallback, int64_t least, int64_t most) {
  const auto value = find(name);
  return value ? value->integer(least, most).value_or(fallback) : fallback;
}

bool Section::flag(const char* name, bool fallback) {
  const auto value = find(name);
  return value ? value->flag().value_or(fallback) : fallback;
}

std::string Section::text(const char* name, const std::string& fallback) {
  const auto value = find(name);
  return value ? value->text().value_or(fallback) : fallback;
}

std::string Section::word(const char* name, const std::string& fallback, const std::vector<std::string>& known) {
  const auto value = find(name);
  return value ? value->word(known).value_or(fallback) : fallback;
}

void Section::refuse(const std::string& name, const std::string& why) {
  asked_.push_back(name);
  if (find_key(name)) fail_key(name, why);
}

void Section::fail_key(const std::string& name, std::string_view what) const {
  value_.problems_->add(place_of_key(name), fmt::format("{}: {}", path_to(name), what));
}

bool Section::is_unknown(const std::string& name) const {
  const auto holds = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return !holds(asked_) && !holds(reported_);
}

std::optional<std::string> Section::misspelling_of(const std::string& name) const {
  for (const YamlKey& key : value_.node().keys)
    if (is_unknown(key.name) && nearest_name(key.name, asked_) == name) return key.name;
  return std::nullopt;
}

void Section::report_unknown(const YamlKey& key) const {
  const auto nearest = nearest_name(key.name, asked_);
  const std::string hint =
      nearest ? fmt::format("did you mean {}?", path_to(*nearest)) : "the keys here are " + listed(asked_, "and");
  value_.problems_->add(key.place, fmt::format("unknown key {}; {}", in_quotes(path_to(key.name)), hint));
}

void Section::end_unfinished() {
  for (const std::string& name : missing_) {
    const auto misspelt = misspelling_of(name);
    if (!misspelt) {
      value_.problems_->add(value_.place(), fmt::format("the key {} is missing; add it", path_to(name)));
      continue;
    }
    report_unknown(value_.node().keys[*find_key(*misspelt)]);
    reported_.push_back(*misspelt);
  }
  missing_.clear();
}

void Section::end() {
  end_unfinished();
  for (const YamlKey& key : value_.node().keys)
    if (is_unknown(key.name)) report_unknown(key);
}

}  // namespace evensweep

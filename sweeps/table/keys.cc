#include "sweeps/table/keys.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr int64_t kMostExamples = 1'000'000'000'000;  // sums of counts stay far below what int64_t holds
constexpr char kCellEnd = '\x1f', kEscapedCellEnd = '\x1e';

// The whole number at the beginning of the text, if all that follows is ".000".
template <typename Integer>
std::optional<Integer> whole_number(std::string_view text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  if (!rest.empty() && (rest.front() != '.' || rest.find_first_not_of('0', 1) != rest.npos)) return std::nullopt;
  return value;
}

std::optional<double> any_number(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc() ? value : std::copysign(INFINITY, text.front() == '-' ? -1.0 : 1.0);
}

StatusOr<std::string> read_text(const CsvCell& cell, const std::string& column, const TablePlace& place) {
  std::string text = plain_text(cell);
  if (text.empty())
    return place.error(cell.column, fmt::format("an empty cell in column {}; fill it in", in_quotes(column)));
  if (!valid_utf8(text) || text.find('\0') != text.npos)
    return place.error(cell.column, fmt::format("{} in column {} is not UTF-8 text; convert the file", in_quotes(text),
                                                in_quotes(column)));
  return text;
}

// The hyperparameter with the most different values among the arms.
std::string busiest_setting(const std::vector<Arm>& arms) {
  std::map<std::string, std::set<std::string>> values;
  for (const Arm& arm : arms) {
    values["method"].insert(arm.method);
    for (const auto& [name, value] : arm.parameters) values[name].insert(shortest(value));
    for (const auto& [name, value] : arm.options) values[name].insert(value);
  }
  const auto most = std::max_element(values.begin(), values.end(),
                                     [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  return most == values.end() ? "" : most->first;
}

Status read_setting(const CsvCell& cell, const std::string& name, const TablePlace& place, Arm& arm) {
  if (cell.text.empty()) return absl::OkStatus();
  EV_ASSIGN_OR_RETURN(const std::string text, read_text(cell, name, place));
  const std::optional<double> number = any_number(text);
  if (number && !std::isfinite(*number))
    return place.error(cell.column, fmt::format("{} in column {} is not a finite number; leave the cell empty where a "
                                                "method has no such hyperparameter",
                                                in_quotes(text), in_quotes(name)));
  if (number)
    arm.parameters[name] = *number;
  else
    arm.options[name] = text;
  return absl::OkStatus();
}

}  // namespace

StatusOr<size_t> ArmKeys::of(const std::vector<CsvCell>& cells, const TableColumns& columns, const TablePlace& place) {
  const auto add_cell = [this](const CsvCell& cell) {
    key_.append(cell.text).append(1, cell.escaped ? kEscapedCellEnd : kCellEnd);
  };
  key_.clear();
  add_cell(cells[columns.method]);
  for (const TableColumns::Setting& setting : columns.settings) add_cell(cells[setting.column]);
  if (key_ == last_key_) return last_;
  auto known = by_cells_.find(key_);
  if (known == by_cells_.end()) {
    EV_ASSIGN_OR_RETURN(const size_t arm, add(cells, columns, place));
    known = by_cells_.emplace(key_, arm).first;
  }
  last_key_ = key_;
  return last_ = known->second;
}

StatusOr<size_t> ArmKeys::add(const std::vector<CsvCell>& cells, const TableColumns& columns, const TablePlace& place) {
  const CsvCell& method = cells[columns.method];
  Arm arm;
  EV_ASSIGN_OR_RETURN(arm.method, read_text(method, "method", place));
  for (const TableColumns::Setting& setting : columns.settings)
    EV_RETURN_IF_ERROR(read_setting(cells[setting.column], setting.name, place, arm));
  if (arm.method == kBaseline && columns.form == TableForm::kWideCounts)
    return place.error(method.column,
                       "a row of the method \"baseline\", which has columns of its own in this table; delete the row");
  if (arm.method == kBaseline && (!arm.parameters.empty() || !arm.options.empty()))
    return place.error(method.column, fmt::format("a baseline with hyperparameters, {}; leave them empty, or name the "
                                                  "method otherwise",
                                                  arm_name(arm)));
  if (arm.method == kBaseline) return 0;
  if (const auto known = by_arm_.find(arm); known != by_arm_.end()) return known->second;
  if (!names_.insert(arm_name(arm)).second)
    return place.error(method.column,
                       fmt::format("another method with other hyperparameters reads {} as well; rename one",
                                   in_quotes(arm_name(arm))));
  if (arms_.size() == kMostTableArms)
    return place.error(method.column,
                       fmt::format("more than {} methods with different hyperparameters; a column that is "
                                   "no hyperparameter must not be in the table: is {} one?",
                                   kMostTableArms, in_quotes(busiest_setting(arms_))));
  arms_.push_back(arm);
  by_arm_.emplace(std::move(arm), arms_.size());
  return arms_.size();
}

StatusOr<size_t> SeedKeys::of(const CsvCell& cell, const TablePlace& place) {
  if (!seeds_.empty() && cell.text == last_text_) return last_;
  const std::optional<uint64_t> seed = whole_number<uint64_t>(cell.text);
  if (!seed)
    return place.error(cell.column, fmt::format("{} in column \"seed\" is not a whole number of at least 0; number the "
                                                "seeds",
                                                in_quotes(cell.text)));
  const auto [known, is_new] = by_seed_.try_emplace(*seed, seeds_.size());
  if (is_new && seeds_.size() == kMostTableSeeds)
    return place.error(cell.column,
                       fmt::format("more than {} seeds; is \"seed\" really the seed of a training?", kMostTableSeeds));
  if (is_new) seeds_.push_back(*seed);
  last_text_ = cell.text;
  return last_ = known->second;
}

StatusOr<size_t> ClassKeys::of(const CsvCell& cell, const std::string& column, const TablePlace& place) {
  if (const auto known = by_name_.find(cell.text); known != by_name_.end() && !cell.escaped) return known->second;
  EV_ASSIGN_OR_RETURN(const std::string name, read_text(cell, column, place));
  const auto [known, is_new] = by_name_.try_emplace(name, names_.size());
  if (!is_new) return known->second;
  if (names_.size() == kMostTableClasses)
    return place.error(cell.column, fmt::format("more than {} classes; is {} really the class?", kMostTableClasses,
                                                in_quotes(column)));
  names_.push_back(name);
  first_lines_.push_back(place.line);
  return known->second;
}

std::vector<size_t> ClassKeys::ranks(const std::vector<int64_t>& lines) const {
  std::vector<std::optional<int64_t>> numbers;
  for (const std::string& name : names_) {
    numbers.push_back(whole_number<int64_t>(name));
    if (name.find('.') != name.npos) numbers.back().reset();
  }
  const bool numeric = std::all_of(numbers.begin(), numbers.end(), [](const auto& n) { return n.has_value(); });
  std::vector<size_t> order(names_.size()), ranks(names_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (numeric && *numbers[a] != *numbers[b]) return *numbers[a] < *numbers[b];
    return lines[a] < lines[b];
  });
  for (size_t i = 0; i < order.size(); ++i) ranks[order[i]] = i;
  return ranks;
}

StatusOr<int64_t> read_count(const CsvCell& cell, const std::string& column, const TablePlace& place) {
  const std::optional<int64_t> count = whole_number<int64_t>(cell.text);
  if (count && *count >= 0 && *count <= kMostExamples && !cell.text.starts_with('-')) return *count;
  const std::optional<double> number = any_number(cell.text);
  const char* what = cell.text.empty()         ? "is empty"
                     : !number                 ? "is not a number"
                     : !std::isfinite(*number) ? "is not finite"
                     : *number < 0             ? "is negative"
                     : *number > kMostExamples ? "is more than any test set has"
                                               : "is not a whole number";
  return place.error(cell.column,
                     fmt::format("{} in column {} {}; counts of test examples are whole numbers of at least "
                                 "0",
                                 in_quotes(cell.text), in_quotes(column), what));
}

}  // namespace evensweep

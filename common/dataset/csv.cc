#include "common/dataset/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr size_t kMostNames = 65535;
// Wider than that, one column would outweigh all others and fill the memory with zeros.
constexpr size_t kMostOneHot = 1000;
// A column with more names than this and fewer than two rows for each on average identifies rows.
constexpr size_t kFewNames = 50;
constexpr char kOpenQuote[] = "a quoted cell that does not end with a quote on its line; close it";

// Whole numbers of a few digits, which is what most cells are, without the general parser.
std::optional<float> small_integer(std::string_view text) {
  if (text.empty() || text.size() > 7) return std::nullopt;
  int32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return static_cast<float>(value);
}

enum class Number { kGood, kNone, kNotFinite };

Number read_number(std::string_view text, float& value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double wide = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wide);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return Number::kNone;
  value = static_cast<float>(wide);
  return error == std::errc() && std::isfinite(value) ? Number::kGood : Number::kNotFinite;
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_csv_number(std::string_view text) {
  float ignored = 0;
  return read_number(text, ignored) == Number::kGood;
}

std::string CsvReader::place(size_t column) const { return fmt::format("{}:{}:{}", path_, line_, column); }

Status CsvReader::error(size_t column, std::string_view what) const {
  return absl::InvalidArgumentError(fmt::format("{}: {}", place(column), what));
}

Status CsvReader::read(const std::string& path, std::string_view text) {
  path_ = path;
  const int64_t rows_before = into_.rows;
  const auto take = [&](size_t number, std::string_view line) {
    line_ = number;
    if (number == 1) EV_RETURN_IF_ERROR(begin_file(line));
    return number > 1 || !columns_.names.empty() ? read_row(line) : absl::OkStatus();
  };
  EV_RETURN_IF_ERROR(each_csv_line(path, text, take));
  if (into_.rows > rows_before) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}:2:1: no rows below the header line; add data or leave the file out", path_));
}

Status CsvReader::read_row(std::string_view line) {
  if (into_.rows >= std::numeric_limits<uint32_t>::max()) return error(1, "more than 4294967295 rows; use fewer");
  into_.features.resize(into_.features.size() + static_cast<size_t>(into_.width));
  CsvCells cells(line);
  CsvCell cell;
  Status first_error;  // after that of a row with too few or too many cells, in which all cells are shifted
  size_t column = 0;
  for (; column < header_.size() && !cells.done(); ++column) {
    if (!cells.next(cell)) return error(cell.column, kOpenQuote);
    if (uses_[column] == Use::kNumber)
      first_error.Update(texts_ != nullptr ? read_text(cell) : read_feature(cell, column));
    if (uses_[column] == Use::kName) first_error.Update(read_level(cell, column));
    if (uses_[column] == Use::kLabel) first_error.Update(read_label(cell));
  }
  if (column < header_.size())
    return error(line.size() + 1,
                 fmt::format("the row ends after {} of {} cells; every row needs as many as the header", column,
                             header_.size()));
  if (!cells.done()) {
    cells.next(cell);
    return error(cell.column, fmt::format("more than {} cells; every row needs as many as the header", header_.size()));
  }
  EV_RETURN_IF_ERROR(first_error);
  return end_row();
}

Status CsvReader::end_row() {
  if (texts_ != nullptr) {
    const StatusOr<bool> kept = texts_->end_row();
    if (!kept.ok()) return error(1, std::string(kept.status().message()));
    if (!*kept) {
      into_.labels.pop_back();
      return absl::OkStatus();
    }
  }
  ++into_.rows;
  return absl::OkStatus();
}

Status CsvReader::read_text(const CsvCell& cell) {
  const Status added = texts_->add(cell.escaped ? plain_text(cell) : cell.text);
  return added.ok() ? added : error(cell.column, std::string(added.message()));
}

bool CsvReader::is_missing(const CsvCell& cell) const {
  const std::vector<std::string>& values = columns_.missing.values;
  return std::find(values.begin(), values.end(), cell.text) != values.end();
}

Status CsvReader::read_feature(const CsvCell& cell, size_t column) {
  float& value = into_.features[static_cast<size_t>(into_.rows * into_.width) + slots_[column]];
  if (is_missing(cell)) {
    value = std::numeric_limits<float>::quiet_NaN();
    ++missing_numbers_;
    if (columns_.missing.numeric != "error") return absl::OkStatus();
    return error(cell.column, fmt::format("{} in column {} says that the number is missing; set "
                                          "columns.missing.numeric to mean or median, or delete the row",
                                          in_quotes(cell.text), in_quotes(header_[column])));
  }
  if (const auto small = small_integer(cell.text)) {
    value = *small;
    return absl::OkStatus();
  }
  const Number number = read_number(cell.text, value);
  if (number == Number::kGood) return absl::OkStatus();
  const std::string name = in_quotes(header_[column]);
  if (cell.text.empty()) return empty_cell(cell, column);
  if (cell.text.find('\0') != cell.text.npos)
    return error(cell.column, fmt::format("a NUL byte in column {}; the file must be plain text (UTF-8)", name));
  if (number == Number::kNotFinite)
    return error(cell.column, fmt::format("{} in column {} is not a finite 32-bit number; replace it or delete the row",
                                          in_quotes(cell.text), name));
  return error(cell.column, fmt::format("{} in column {} is not a number; correct it, name the column in "
                                        "columns.categorical, or leave it out of columns.features",
                                        in_quotes(cell.text), name));
}

Status CsvReader::empty_cell(const CsvCell& cell, size_t column) const {
  return error(cell.column, fmt::format("an empty cell in column {}; fill it in, delete the row, or declare empty "
                                        "cells missing (columns.missing.values)",
                                        in_quotes(header_[column])));
}

StatusOr<uint32_t> CsvReader::read_name(const CsvCell& cell, Names& names, const char* what) {
  scratch_.assign(cell.text);
  if (cell.escaped) scratch_ = plain_text(cell);
  if (const auto known = names.numbers.find(scratch_); known != names.numbers.end()) return known->second;
  if (!valid_utf8(scratch_))
    return error(cell.column, fmt::format("the {} {} is not UTF-8; convert the file", what, in_quotes(scratch_)));
  if (std::any_of(scratch_.begin(), scratch_.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return error(cell.column, fmt::format("a control character in the {} {}; the file must be plain text (UTF-8)", what,
                                          in_quotes(scratch_)));
  const auto number = static_cast<uint32_t>(names.list.size());
  names.numbers.emplace(scratch_, number);
  names.list.push_back(scratch_);
  names.places.push_back(place(cell.column));
  return number;
}

Status CsvReader::read_level(const CsvCell& cell, size_t column) {
  const bool missing = is_missing(cell);
  if (cell.text.empty() && !missing) return empty_cell(cell, column);
  if (missing && columns_.missing.categorical == "error")
    return error(cell.column, fmt::format("{} in column {} says that the name is missing; set "
                                          "columns.missing.categorical to own_level, or delete the row",
                                          in_quotes(cell.text), in_quotes(header_[column])));
  missing_names_ += missing ? 1 : 0;
  Names& names = levels_[slots_[column]];
  EV_ASSIGN_OR_RETURN(const uint32_t number,
                      read_name(missing ? CsvCell{.text = {}, .column = cell.column} : cell, names, "name"));
  if (names.list.size() > kMostNames)
    return error(cell.column, fmt::format("more than {} names in column {}; leave it out of columns.features",
                                          kMostNames, in_quotes(header_[column])));
  into_.features[static_cast<size_t>(into_.rows * into_.width) + slots_[column]] = static_cast<float>(number);
  return absl::OkStatus();
}

Status CsvReader::read_label(const CsvCell& cell) {
  if (cell.text.empty())
    return error(cell.column,
                 fmt::format("no label in column {}; fill it in or delete the row", in_quotes(columns_.label)));
  EV_ASSIGN_OR_RETURN(const uint32_t number, read_name(cell, labels_, "label"));
  if (labels_.list.size() > kMostNames)
    return error(cell.column, fmt::format("more than {} classes; is {} really the label column?", kMostNames,
                                          in_quotes(columns_.label)));
  into_.labels.push_back(static_cast<uint16_t>(number));
  return absl::OkStatus();
}

Status CsvReader::finish() {
  EV_RETURN_IF_ERROR(order_labels());
  into_.levels.resize(levels_.size());
  for (size_t feature = 0; feature < levels_.size(); ++feature) EV_RETURN_IF_ERROR(order_levels(feature));
  if (columns_.missing.numeric != "error") into_.facts.push_back({"missing numbers filled in", missing_numbers_});
  if (columns_.missing.categorical != "error") into_.facts.push_back({"missing names", missing_names_});
  return absl::OkStatus();
}

Status CsvReader::order_labels() {
  const std::vector<std::string>& names = labels_.list;
  if (names.size() < 2)
    return absl::InvalidArgumentError(fmt::format("{}: every row has the label {}; at least two classes are needed",
                                                  labels_.places[0], in_quotes(names[0])));
  std::vector<std::optional<int64_t>> numbers;
  for (const std::string& name : names) numbers.push_back(whole_number(name));
  const bool numeric = std::all_of(numbers.begin(), numbers.end(), [](const auto& n) { return n.has_value(); });
  std::vector<uint16_t> order(names.size());
  std::iota(order.begin(), order.end(), uint16_t{0});
  std::sort(order.begin(), order.end(), [&](uint16_t a, uint16_t b) {
    if (numeric && *numbers[a] != *numbers[b]) return *numbers[a] < *numbers[b];
    return names[a] < names[b];
  });
  std::vector<uint16_t> rank(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    if (numeric && i > 0 && *numbers[order[i]] == *numbers[order[i - 1]]) {
      const uint16_t one = order[i - 1], other = order[i];
      return absl::InvalidArgumentError(fmt::format("{}: the label {} is the same number as {} ({}); write it one way",
                                                    labels_.places[other], in_quotes(names[other]),
                                                    in_quotes(names[one]), labels_.places[one]));
    }
    rank[order[i]] = static_cast<uint16_t>(i);
    into_.class_names.push_back(names[order[i]]);
  }
  for (uint16_t& label : into_.labels) label = rank[label];
  return absl::OkStatus();
}

Status CsvReader::order_levels(size_t feature) {
  const std::vector<std::string>& names = levels_[feature].list;
  if (names.empty()) return absl::OkStatus();
  const auto refusal = [&](std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("{}: {} different names in the categorical column {}{}", first_path_,
                                                  names.size(), in_quotes(into_.feature_names[feature]), what));
  };
  if (names.size() > kFewNames && static_cast<int64_t>(names.size()) * 2 > into_.rows)
    return refusal(
        fmt::format(" for {} rows: it tells rows apart, not kinds of them; leave it out of "
                    "columns.features",
                    into_.rows));
  if (names.size() > kMostOneHot && columns_.encoding == "one_hot")
    return refusal(
        fmt::format(", more than {} are too many for one_hot; use encoding: embedding, or leave it out of "
                    "columns.features",
                    kMostOneHot));
  std::vector<uint32_t> order(names.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return names[a] < names[b]; });
  std::vector<float> rank(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = static_cast<float>(i);
    into_.levels[feature].push_back(names[order[i]]);
  }
  const auto width = static_cast<size_t>(into_.width);
  for (size_t at = feature; at < into_.features.size(); at += width)
    into_.features[at] = rank[static_cast<size_t>(into_.features[at])];
  return absl::OkStatus();
}

}  // namespace evensweep

#include "common/dataset/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr size_t kMostClasses = 65535;
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

std::string did_you_mean(std::string_view given, std::span<const std::string> known) {
  const auto nearest = nearest_name(given, known);
  return nearest ? fmt::format(" (did you mean {}?)", in_quotes(*nearest)) : std::string();
}

// The columns by name, the first few of many.
std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 6;
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) list += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  return names.size() > kShown ? list + fmt::format(", ... ({} in all)", names.size()) : list;
}

}  // namespace

std::string CsvReader::place(size_t column) const { return fmt::format("{}:{}:{}", path_, line_, column); }

Status CsvReader::error(size_t column, std::string_view what) const {
  return absl::InvalidArgumentError(fmt::format("{}: {}", place(column), what));
}

Status CsvReader::read(const std::string& path, std::string_view text) {
  path_ = path;
  line_ = 0;
  if (text.empty()) return absl::InvalidArgumentError(path + ": the file is empty; it needs a header line and rows");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const int64_t rows_before = into_.rows;
  size_t empty_line = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++line_;
    if (trimmed_blanks(line).empty() && line_ > 1) {
      if (empty_line == 0) empty_line = line_;
      continue;
    }
    if (empty_line != 0) {
      line_ = empty_line;
      return error(1, "an empty line between rows; delete it");
    }
    EV_RETURN_IF_ERROR(line_ == 1 ? read_header(line) : read_row(line));
  }
  if (into_.rows > rows_before) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}:2:1: no rows below the header line; add data or leave the file out", path_));
}

Status CsvReader::read_header(std::string_view line) {
  if (const size_t nul = line.find('\0'); nul != line.npos)
    return error(nul + 1, "a NUL byte; the file must be plain text (UTF-8)");
  if (const size_t cr = line.find('\r'); cr != line.npos)
    return error(cr + 1, "a carriage return within a line; end lines with LF or CRLF");
  std::vector<std::string> header;
  CsvCell cell;
  size_t numbers = 0;
  for (CsvCells cells(line); !cells.done();) {
    if (!cells.next(cell)) return error(cell.column, "a quoted name that does not end with a quote; close it");
    std::string name = plain_text(cell);
    if (!valid_utf8(name))
      return error(cell.column, fmt::format("the column name {} is not UTF-8; convert the file", in_quotes(name)));
    if (std::find(header.begin(), header.end(), name) != header.end())
      return error(cell.column, fmt::format("the column name {} is there twice; rename one", in_quotes(name)));
    float ignored = 0;
    numbers += read_number(name, ignored) == Number::kGood ? 1 : 0;
    header.push_back(std::move(name));
  }
  if (header.size() == 1 && line.find_first_of(";\t|") != line.npos)
    return error(line.find_first_of(";\t|") + 1, fmt::format("{} between the names; separate cells with commas",
                                                             in_quotes(line.substr(line.find_first_of(";\t|"), 1))));
  if (numbers == header.size())
    return error(1, "only numbers where the header should be; put a first line with column names there");
  if (!header_.empty()) return check_same_header(header);
  header_ = std::move(header);
  first_path_ = path_;
  return choose_columns();
}

Status CsvReader::check_same_header(const std::vector<std::string>& header) const {
  for (size_t i = 0; i < std::min(header.size(), header_.size()); ++i)
    if (header[i] != header_[i])
      return error(1, fmt::format("column {} is {}, but {} in {}; all files need the same header", i + 1,
                                  in_quotes(header[i]), in_quotes(header_[i]), first_path_));
  if (header.size() == header_.size()) return absl::OkStatus();
  return error(1, fmt::format("{} columns, but {} in {}; all files need the same header", header.size(), header_.size(),
                              first_path_));
}

Status CsvReader::choose_columns() {
  const auto label = std::find(header_.begin(), header_.end(), columns_.label);
  if (label == header_.end())
    return error(1, fmt::format("no column {} for the labels{}; the columns are {}", in_quotes(columns_.label),
                                did_you_mean(columns_.label, header_), listed(header_)));
  const auto label_column = static_cast<size_t>(label - header_.begin());
  uses_.assign(header_.size(), columns_.features.empty() ? Use::kFeature : Use::kIgnored);
  slots_.assign(header_.size(), 0);
  EV_RETURN_IF_ERROR(choose_features(label_column));
  uses_[label_column] = Use::kLabel;
  if (texts_ != nullptr) return absl::OkStatus();
  into_.width = static_cast<int64_t>(into_.feature_names.size());
  if (into_.width == 0) return error(1, "no column besides the label; a data set needs features");
  return absl::OkStatus();
}

Status CsvReader::choose_features(size_t label_column) {
  if (columns_.features.empty()) {
    for (size_t i = 0; i < header_.size(); ++i) {
      if (i == label_column) continue;
      slots_[i] = into_.feature_names.size();
      into_.feature_names.push_back(header_[i]);
    }
    return absl::OkStatus();
  }
  for (const std::string& name : columns_.features) {
    const auto found = std::find(header_.begin(), header_.end(), name);
    if (found == header_.end())
      return error(1, fmt::format("no column {} for a feature{}; the columns are {}", in_quotes(name),
                                  did_you_mean(name, header_), listed(header_)));
    const auto column = static_cast<size_t>(found - header_.begin());
    if (column == label_column)
      return error(1, fmt::format("{} is both label and feature; leave it out of the features", in_quotes(name)));
    if (uses_[column] == Use::kFeature)
      return error(1, fmt::format("the feature {} is named twice; name it once", in_quotes(name)));
    uses_[column] = Use::kFeature;
    slots_[column] = into_.feature_names.size();
    into_.feature_names.push_back(name);
  }
  return absl::OkStatus();
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
    if (uses_[column] == Use::kFeature)
      first_error.Update(texts_ != nullptr ? read_text(cell) : read_feature(cell, column));
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

Status CsvReader::read_feature(const CsvCell& cell, size_t column) {
  float& value = into_.features[static_cast<size_t>(into_.rows * into_.width) + slots_[column]];
  if (const auto small = small_integer(cell.text)) {
    value = *small;
    return absl::OkStatus();
  }
  const Number number = read_number(cell.text, value);
  if (number == Number::kGood) return absl::OkStatus();
  const std::string name = in_quotes(header_[column]);
  if (cell.text.empty())
    return error(cell.column, fmt::format("an empty cell in column {}; fill it in or delete the row", name));
  if (cell.text.find('\0') != cell.text.npos)
    return error(cell.column, fmt::format("a NUL byte in column {}; the file must be plain text (UTF-8)", name));
  if (number == Number::kNotFinite)
    return error(cell.column, fmt::format("{} in column {} is not a finite 32-bit number; replace it or delete the row",
                                          in_quotes(cell.text), name));
  return error(cell.column,
               fmt::format("{} in column {} is not a number; correct it, or list the numeric columns under "
                           "columns.features",
                           in_quotes(cell.text), name));
}

Status CsvReader::read_label(const CsvCell& cell) {
  scratch_.assign(cell.text);
  if (cell.escaped) scratch_ = plain_text(cell);
  if (const auto known = label_index_.find(scratch_); known != label_index_.end()) {
    into_.labels.push_back(known->second);
    return absl::OkStatus();
  }
  if (scratch_.empty())
    return error(cell.column,
                 fmt::format("no label in column {}; fill it in or delete the row", in_quotes(columns_.label)));
  if (!valid_utf8(scratch_))
    return error(cell.column, fmt::format("the label {} is not UTF-8; convert the file", in_quotes(scratch_)));
  if (std::any_of(scratch_.begin(), scratch_.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return error(cell.column, fmt::format("a control character in the label {}; the file must be plain text (UTF-8)",
                                          in_quotes(scratch_)));
  if (labels_.size() == kMostClasses)
    return error(cell.column, fmt::format("more than {} classes; is {} really the label column?", kMostClasses,
                                          in_quotes(columns_.label)));
  const auto index = static_cast<uint16_t>(labels_.size());
  label_index_.emplace(scratch_, index);
  labels_.push_back({.name = scratch_, .place = place(cell.column)});
  into_.labels.push_back(index);
  return absl::OkStatus();
}

Status CsvReader::finish() {
  if (labels_.size() < 2)
    return absl::InvalidArgumentError(fmt::format("{}: every row has the label {}; at least two classes are needed",
                                                  labels_[0].place, in_quotes(labels_[0].name)));
  std::vector<std::optional<int64_t>> numbers;
  for (const Label& label : labels_) numbers.push_back(whole_number(label.name));
  const bool numeric = std::all_of(numbers.begin(), numbers.end(), [](const auto& n) { return n.has_value(); });
  std::vector<uint16_t> order(labels_.size());
  std::iota(order.begin(), order.end(), uint16_t{0});
  std::sort(order.begin(), order.end(), [&](uint16_t a, uint16_t b) {
    if (numeric && *numbers[a] != *numbers[b]) return *numbers[a] < *numbers[b];
    return labels_[a].name < labels_[b].name;
  });
  std::vector<uint16_t> rank(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    if (numeric && i > 0 && *numbers[order[i]] == *numbers[order[i - 1]]) {
      const Label &one = labels_[order[i - 1]], &other = labels_[order[i]];
      return absl::InvalidArgumentError(fmt::format("{}: the label {} is the same number as {} ({}); write it one way",
                                                    other.place, in_quotes(other.name), in_quotes(one.name),
                                                    one.place));
    }
    rank[order[i]] = static_cast<uint16_t>(i);
    into_.class_names.push_back(labels_[order[i]].name);
  }
  for (uint16_t& label : into_.labels) label = rank[label];
  return absl::OkStatus();
}

}  // namespace evensweep

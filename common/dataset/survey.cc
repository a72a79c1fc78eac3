#include "common/dataset/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <limits>
#include <optional>
#include <unordered_set>

#include "common/base/text.h"
#include "common/dataset/csv.h"
#include "common/dataset/csv_cells.h"

namespace evensweep {
namespace {

constexpr std::array kMissingWords = {"",    "?",    "NA",   "N/A",  "n/a", "na", "NaN",
                                      "nan", "NULL", "null", "None", ".",   "-"};
constexpr std::array kLabelNames = {"label", "class", "target", "y", "category", "species", "outcome", "diagnosis"};
constexpr int64_t kMostLabels = 100;
constexpr int64_t kFewNames = 50, kMostOneHot = 1000;  // as the reader has them

bool is_missing_word(std::string_view text) {
  return std::find(kMissingWords.begin(), kMissingWords.end(), text) != kMissingWords.end();
}

std::optional<double> number_of(std::string_view text) {
  if (!is_csv_number(text)) return std::nullopt;
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// What is gathered of a column while the rows pass.
class Column {
 public:
  void add(std::string_view text, size_t line) {
    ++rows_;
    if (is_missing_word(text)) return add_missing(text);
    if (static_cast<int64_t>(values_.size()) < ColumnSurvey::kMostDistinct) values_.emplace(text);
    const std::optional<double> number = number_of(text);
    if (!number) {
      if (odd_.empty()) odd_ = fmt::format("{} in line {}", in_quotes(text), line);
      return;
    }
    counts_up_ = counts_up_ && (numbers_ == 0 || *number == last_ + 1);
    last_ = *number;
    ++numbers_;
    least_ = std::min(least_, *number);
    most_ = std::max(most_, *number);
  }

  ColumnSurvey survey(const std::string& name) const {
    ColumnSurvey column{.name = name,
                        .kind = kind(),
                        .missing = missing_,
                        .missing_words = words_,
                        .distinct = static_cast<int64_t>(values_.size())};
    if (numbers_ > 0) column.least = least_, column.most = most_;
    if (column.kind == ColumnKind::kMixed) column.odd_cell = odd_;
    return column;
  }

 private:
  void add_missing(std::string_view text) {
    ++missing_;
    if (std::find(words_.begin(), words_.end(), text) == words_.end()) words_.emplace_back(text);
  }
  ColumnKind kind() const {
    const int64_t known = rows_ - missing_;
    const auto distinct = static_cast<int64_t>(values_.size());
    if (known == 0) return ColumnKind::kEmpty;
    if (distinct == 1) return ColumnKind::kConstant;
    if (numbers_ == known)
      return counts_up_ && missing_ == 0 && rows_ > 2 ? ColumnKind::kIdentifier : ColumnKind::kNumber;
    if (numbers_ * 10 >= known * 9) return ColumnKind::kMixed;
    return distinct > kFewNames && distinct * 2 > rows_ ? ColumnKind::kIdentifier : ColumnKind::kCategory;
  }

  int64_t rows_ = 0, missing_ = 0, numbers_ = 0;
  std::vector<std::string> words_;
  std::unordered_set<std::string> values_;
  std::string odd_;
  bool counts_up_ = true;
  double last_ = 0, least_ = std::numeric_limits<double>::infinity(), most_ = -std::numeric_limits<double>::infinity();
};

// Whether the first line can be names of columns: all differ, and none is a number, unless they count the columns.
bool is_header(const std::vector<std::string>& cells) {
  size_t numbers = 0, counting = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].empty() ||
        std::find(cells.begin() + static_cast<ptrdiff_t>(i) + 1, cells.end(), cells[i]) != cells.end())
      return false;
    if (!is_csv_number(cells[i])) continue;
    ++numbers;
    counting += cells[i] == std::to_string(i) || cells[i] == std::to_string(i + 1) ? 1 : 0;
  }
  return numbers == 0 || (counting == numbers && numbers > 1 && numbers < cells.size());
}

class Surveyor {
 public:
  explicit Surveyor(const std::string& path) : path_(path) {}

  Status take(size_t line, std::string_view text) {
    EV_ASSIGN_OR_RETURN(const std::vector<std::string> cells, cut(line, text));
    if (line == 1) {
      EV_RETURN_IF_ERROR(begin(cells, text));
      if (survey_.header) return absl::OkStatus();
    }
    if (cells.size() != columns_.size())
      return absl::InvalidArgumentError(
          fmt::format("{}:{}:1: {} cells, but {} in the first line; every row needs as many", path_, line, cells.size(),
                      columns_.size()));
    for (size_t i = 0; i < cells.size(); ++i) columns_[i].add(cells[i], line);
    ++survey_.rows;
    return absl::OkStatus();
  }

  StatusOr<TableSurvey> finish() {
    if (survey_.rows == 0) return absl::InvalidArgumentError(path_ + ":2:1: no rows below the header line; add data");
    for (size_t i = 0; i < columns_.size(); ++i) survey_.columns.push_back(columns_[i].survey(names_[i]));
    return std::move(survey_);
  }

 private:
  StatusOr<std::vector<std::string>> cut(size_t line, std::string_view text) const {
    const auto error = [&](size_t column, const char* what) {
      return absl::InvalidArgumentError(fmt::format("{}:{}:{}: {}", path_, line, column, what));
    };
    if (!valid_utf8(text)) return error(1, "not UTF-8; convert the file (iconv -f latin1 -t utf-8, for example)");
    if (const size_t nul = text.find('\0'); nul != text.npos)
      return error(nul + 1, "a NUL byte; the file must be plain text (UTF-8)");
    std::vector<std::string> list;
    CsvCell cell;
    for (CsvCells cells(text); !cells.done();) {
      if (!cells.next(cell))
        return error(cell.column, "a quoted cell that does not end with a quote on its line; close it");
      list.push_back(plain_text(cell));
    }
    return list;
  }

  Status begin(const std::vector<std::string>& cells, std::string_view text) {
    if (cells.size() < 2) {
      const size_t other = text.find_first_of(";\t|");
      return absl::InvalidArgumentError(
          other == text.npos ? fmt::format("{}:1:1: only one column; a data set needs a label and features", path_)
                             : fmt::format("{}:1:{}: {} between the cells; separate them with commas", path_, other + 1,
                                           in_quotes(text.substr(other, 1))));
    }
    survey_.header = is_header(cells);
    for (size_t i = 0; i < cells.size(); ++i) names_.push_back(survey_.header ? cells[i] : fmt::format("c{}", i + 1));
    columns_.resize(cells.size());
    return absl::OkStatus();
  }

  const std::string& path_;
  TableSurvey survey_;
  std::vector<std::string> names_;
  std::vector<Column> columns_;
};

bool could_be_label(const ColumnSurvey& column, ColumnKind kind) {
  return column.kind == kind && column.missing == 0 && column.distinct >= 2 && column.distinct <= kMostLabels;
}

}  // namespace

const char* kind_word(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kNumber: return "number";
    case ColumnKind::kCategory: return "category";
    case ColumnKind::kConstant: return "constant";
    case ColumnKind::kIdentifier: return "identifier";
    case ColumnKind::kMixed: return "mixed";
    case ColumnKind::kEmpty: return "empty";
  }
  return "";
}

StatusOr<TableSurvey> survey_csv(const std::string& path, std::string_view text) {
  Surveyor surveyor(path);
  EV_RETURN_IF_ERROR(
      each_csv_line(path, text, [&](size_t number, std::string_view line) { return surveyor.take(number, line); }));
  return surveyor.finish();
}

StatusOr<LabelChoice> choose_label(const TableSurvey& survey, const std::string& path, const std::string& label) {
  std::vector<std::string> names;
  for (const ColumnSurvey& column : survey.columns) names.push_back(column.name);
  if (!label.empty()) {
    if (std::find(names.begin(), names.end(), label) != names.end()) return LabelChoice{.name = label, .why = ""};
    const auto near = nearest_name(label, names);
    return absl::InvalidArgumentError(fmt::format("{}: no column {} for the labels{}", path, in_quotes(label),
                                                  near ? fmt::format("; did you mean {}?", in_quotes(*near)) : ""));
  }
  for (const char* usual : kLabelNames)
    for (const ColumnSurvey& column : survey.columns) {
      std::string lower = column.name;
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
      if (lower == usual) return LabelChoice{.name = column.name, .why = "its name is a usual one for them"};
    }
  for (const ColumnKind kind : {ColumnKind::kCategory, ColumnKind::kNumber})
    for (const ColumnSurvey* column : {&survey.columns.back(), &survey.columns.front()})
      if (could_be_label(*column, kind))
        return LabelChoice{.name = column->name,
                           .why = fmt::format("it is the {} column and has {} different {}",
                                              column == &survey.columns.back() ? "last" : "first", column->distinct,
                                              kind == ColumnKind::kCategory ? "names" : "numbers")};
  return absl::InvalidArgumentError(fmt::format("{}: no column looks like the classes; name it with --label", path));
}

StatusOr<DatasetSpec> propose_dataset(const TableSurvey& survey, const std::string& path, const std::string& label) {
  DatasetSpec spec;
  spec.name = std::filesystem::path(path).stem().string();
  spec.train_files = {{.path = path, .sha256 = ""}};
  spec.split = {.validation_fraction = 0.15, .test_fraction = 0.15, .seed = {}};
  CsvColumns& columns = spec.columns;
  EV_ASSIGN_OR_RETURN(const LabelChoice choice, choose_label(survey, path, label));
  columns.label = choice.name;
  bool all = true;
  for (const ColumnSurvey& column : survey.columns) {
    if (!survey.header) columns.names.push_back(column.name);
    if (column.name == columns.label) continue;
    const bool name = column.kind == ColumnKind::kCategory, number = column.kind == ColumnKind::kNumber;
    if (!name && !number && column.kind != ColumnKind::kMixed) {
      all = false;
      continue;
    }
    columns.features.push_back(column.name);
    if (name) columns.categorical.push_back(column.name);
    if (name && column.distinct > kMostOneHot) columns.encoding = "embedding";
    for (const std::string& word : column.missing_words)
      if (std::find(columns.missing.values.begin(), columns.missing.values.end(), word) == columns.missing.values.end())
        columns.missing.values.push_back(word);
  }
  if (columns.features.empty())
    return absl::InvalidArgumentError(
        fmt::format("{}: no column besides the label {} says anything of the rows", path, in_quotes(columns.label)));
  if (all) columns.features.clear();
  if (!columns.missing.values.empty()) columns.missing.numeric = "median";
  if (!columns.missing.values.empty() && !columns.categorical.empty()) columns.missing.categorical = "own_level";
  return spec;
}

}  // namespace evensweep

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "common/dataset/csv.h"

namespace evensweep {
namespace {

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

Status CsvReader::begin_file(std::string_view first_line) {
  if (columns_.names.empty()) return read_header(first_line);
  if (!header_.empty()) return absl::OkStatus();
  header_ = columns_.names;
  first_path_ = path_;
  return choose_columns();
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
    numbers += is_csv_number(name) ? 1 : 0;
    header.push_back(std::move(name));
  }
  if (header.size() == 1 && line.find_first_of(";\t|") != line.npos)
    return error(line.find_first_of(";\t|") + 1, fmt::format("{} between the names; separate cells with commas",
                                                             in_quotes(line.substr(line.find_first_of(";\t|"), 1))));
  if (numbers == header.size())
    return error(1,
                 "only numbers where the header should be; put a first line with column names there, or name them in "
                 "columns.names");
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
  uses_.assign(header_.size(), columns_.features.empty() ? Use::kNumber : Use::kIgnored);
  slots_.assign(header_.size(), 0);
  EV_RETURN_IF_ERROR(choose_features(label_column));
  uses_[label_column] = Use::kLabel;
  if (texts_ != nullptr) return absl::OkStatus();
  into_.width = static_cast<int64_t>(into_.feature_names.size());
  if (into_.width == 0) return error(1, "no column besides the label; a data set needs features");
  levels_.resize(into_.feature_names.size());
  return choose_categorical();
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
    if (uses_[column] == Use::kNumber)
      return error(1, fmt::format("the feature {} is named twice; name it once", in_quotes(name)));
    uses_[column] = Use::kNumber;
    slots_[column] = into_.feature_names.size();
    into_.feature_names.push_back(name);
  }
  return absl::OkStatus();
}

Status CsvReader::choose_categorical() {
  for (const std::string& name : columns_.categorical) {
    const auto found = std::find(header_.begin(), header_.end(), name);
    if (found == header_.end())
      return error(1, fmt::format("no column {} for columns.categorical{}; the columns are {}", in_quotes(name),
                                  did_you_mean(name, header_), listed(header_)));
    Use& use = uses_[static_cast<size_t>(found - header_.begin())];
    if (use != Use::kNumber)
      return error(1, fmt::format("the categorical column {} is {}", in_quotes(name),
                                  use == Use::kLabel  ? "the label; leave it out of columns.categorical"
                                  : use == Use::kName ? "named twice; name it once"
                                                      : "no feature; list it in columns.features too"));
    use = Use::kName;
  }
  return absl::OkStatus();
}

}  // namespace evensweep

#include "sweeps/table/records.h"

#include <algorithm>
#include <utility>

#include "common/dataset/csv_cells.h"

namespace evensweep {
namespace {

constexpr size_t kLongestRecord = 1 << 16;

Status too_long() {
  return absl::InvalidArgumentError("a row of more than 64 KiB; is a quote not closed in it, or is this no CSV file?");
}

}  // namespace

Status CsvRecords::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    if (end == bytes.npos) {
      rest_ += bytes;
      record_line_ = record_.empty() ? line_ + 1 : record_line_;
      return rest_.size() > kLongestRecord ? too_long() : absl::OkStatus();
    }
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (rest_.empty()) {
      EV_RETURN_IF_ERROR(take_line(line));
      continue;
    }
    rest_ += line;
    EV_RETURN_IF_ERROR(take_line(rest_));
    rest_.clear();
  }
  return absl::OkStatus();
}

Status CsvRecords::finish() {
  if (!rest_.empty()) EV_RETURN_IF_ERROR(take_line(rest_));
  rest_.clear();
  // What is left began with a quote that does not end; the cells will say so.
  return record_.empty() ? absl::OkStatus() : take_record(std::exchange(record_, {}));
}

Status CsvRecords::take_line(std::string_view line) {
  ++line_;
  if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (record_.empty() && line.find('"') == line.npos) {
    record_line_ = line_;
    return take_record(line);
  }
  if (record_.empty())
    record_line_ = line_;
  else
    record_ += '\n';
  follow_quotes(line);
  record_ += line;
  if (record_.size() > kLongestRecord) return too_long();
  if (at_ == At::kQuoted) return absl::OkStatus();
  at_ = At::kCellStart;
  return take_record(std::exchange(record_, {}));
}

Status CsvRecords::take_record(std::string_view record) {
  if (record.ends_with('\r')) record.remove_suffix(1);
  if (record.size() > kLongestRecord) return too_long();
  if (trimmed_blanks(record).empty()) {
    if (empty_line_ == 0) empty_line_ = record_line_;
    return absl::OkStatus();
  }
  if (empty_line_ != 0) {
    record_line_ = empty_line_;
    return absl::InvalidArgumentError("an empty line between rows; delete it");
  }
  return take_(record, record_line_);
}

// Whether the end of the line lies within a quoted cell, as CsvCells reads it.
void CsvRecords::follow_quotes(std::string_view line) {
  for (const char c : line) {
    switch (at_) {
      case At::kCellStart:
        if (c == '"')
          at_ = At::kQuoted;
        else if (c != ',' && c != ' ' && c != '\t')
          at_ = At::kPlain;
        break;
      case At::kPlain:
        if (c == ',') at_ = At::kCellStart;
        break;
      case At::kQuoted:
        if (c == '"') at_ = At::kQuoteInQuoted;
        break;
      case At::kQuoteInQuoted: at_ = c == '"' ? At::kQuoted : c == ',' ? At::kCellStart : At::kPlain; break;
    }
  }
  if (at_ != At::kQuoted) at_ = At::kCellStart;
}

}  // namespace evensweep

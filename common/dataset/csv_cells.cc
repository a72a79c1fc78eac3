#include "common/dataset/csv_cells.h"

#include <algorithm>

namespace evensweep {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::string_view trimmed_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string plain_text(const CsvCell& cell) {
  std::string text(cell.text);
  for (size_t at = 0; cell.escaped && (at = text.find("\"\"", at)) != std::string::npos; ++at) text.erase(at, 1);
  return text;
}

Status each_csv_line(const std::string& path, std::string_view text,
                     const std::function<Status(size_t number, std::string_view line)>& take) {
  if (text.empty()) return absl::InvalidArgumentError(path + ": the file is empty; it needs a header line and rows");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  size_t number = 0, empty_line = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    if (trimmed_blanks(line).empty() && number > 1) {
      if (empty_line == 0) empty_line = number;
      continue;
    }
    if (empty_line != 0)
      return absl::InvalidArgumentError(path + ":" + std::to_string(empty_line) +
                                        ":1: an empty line between rows; delete it");
    EV_RETURN_IF_ERROR(take(number, line));
  }
  return absl::OkStatus();
}

bool CsvCells::next(CsvCell& cell) {
  size_t start = at_;
  while (start < record_.size() && is_blank(record_[start])) ++start;
  if (start < record_.size() && record_[start] == '"') return next_quoted(start, cell);
  const size_t comma = std::min(record_.find(',', at_), record_.size());
  cell = {.text = trimmed_blanks(record_.substr(at_, comma - at_)), .column = at_ + 1};
  leave_at(comma);
  return true;
}

bool CsvCells::next_quoted(size_t start, CsvCell& cell) {
  cell = {.text = {}, .column = start + 1};
  size_t end = start + 1;
  while (end < record_.size()) {
    if (record_[end] != '"')
      ++end;
    else if (record_.substr(end, 2) == "\"\"")
      cell.escaped = true, end += 2;
    else
      break;
  }
  const size_t comma = std::min(record_.find(',', end), record_.size());
  if (end >= record_.size() || !trimmed_blanks(record_.substr(end + 1, comma - end - 1)).empty()) return false;
  cell.text = record_.substr(start + 1, end - start - 1);
  leave_at(comma);
  return true;
}

void CsvCells::leave_at(size_t comma) {
  done_ = comma == record_.size();
  at_ = comma + 1;
}

}  // namespace evensweep

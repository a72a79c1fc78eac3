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

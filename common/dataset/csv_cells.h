#pragma once
// Cutting the records of a CSV file (RFC 4180) into cells, for data files and for tables of results alike. Cells are
// separated by commas and may stand in double quotes, within which "" is a quote; blanks around a cell are no part of
// it.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

struct CsvCell {
  std::string_view text;  // without surrounding blanks and quotes
  size_t column = 1;      // 1-based byte within its record
  bool escaped = false;   // holds "" that stand for "
};

// What the cell says: with "" made one quote.
std::string plain_text(const CsvCell& cell);

// Without spaces and tabs at both ends.
std::string_view trimmed_blanks(std::string_view text);

// Gives the lines of a file one by one, numbered from 1, without LF, CRLF and byte order mark; empty lines at the end
// are left out. InvalidArgument for an empty file and for an empty line before another one: "path:line:column: what".
Status each_csv_line(const std::string& path, std::string_view text,
                     const std::function<Status(size_t number, std::string_view line)>& take);

// Cuts one record. After the last cell `done` is true.
class CsvCells {
 public:
  explicit CsvCells(std::string_view record) : record_(record) {}

  bool done() const { return done_; }
  // False where a quoted cell is not well formed; `cell.column` is its place.
  bool next(CsvCell& cell);

 private:
  bool next_quoted(size_t start, CsvCell& cell);
  void leave_at(size_t comma);

  std::string_view record_;
  size_t at_ = 0;
  bool done_ = false;
};

}  // namespace evensweep

#pragma once
// From the bytes of a CSV file to its records (RFC 4180). Internal to sweeps/table.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

// A record is a line, or several where a quoted cell holds line breaks. Lines end with LF or CRLF; a UTF-8 byte order
// mark and empty lines at the end are passed over.
class CsvRecords {
 public:
  using Take = std::function<Status(std::string_view record, int64_t line)>;  // line: 1-based, where it begins

  // `take` gets each record once; its first error ends the reading.
  explicit CsvRecords(Take take) : take_(std::move(take)) {}
  // InvalidArgument without a place for an empty line between records and for a record of more than 64 KiB: a quote
  // that is never closed would swallow the rest of the file. `line()` says where.
  Status append(std::string_view bytes);
  Status finish();

  int64_t line() const { return record_line_; }

 private:
  enum class At { kCellStart, kPlain, kQuoted, kQuoteInQuoted };

  Status take_line(std::string_view line);
  Status take_record(std::string_view record);
  void follow_quotes(std::string_view line);

  Take take_;
  std::string rest_;    // bytes after the last line feed
  std::string record_;  // lines of a record that goes on
  At at_ = At::kCellStart;
  int64_t line_ = 0, record_line_ = 0, empty_line_ = 0;
};

}  // namespace evensweep

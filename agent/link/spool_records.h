#pragma once
// The records of the spool's log: mark, length and CRC-32 of the text, and the text, which is JSON.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/status.h"
#include "common/model/link.h"

namespace evensweep {

inline constexpr std::string_view kSpoolHeader = "evensweep spool 1\n";

// An end, or attempts that were acknowledged.
using SpoolRecord = std::variant<Update, std::vector<AttemptId>>;

std::string spool_record(const Update& end);
std::string spool_record(const std::vector<AttemptId>& forgotten);

// An entry of the form before the log, a file each; InvalidArgument if it is none.
StatusOr<Update> parse_spool_entry(std::string_view text);

struct SpoolLog {
  struct Found {
    SpoolRecord record;
    uint64_t offset = 0, bytes = 0;  // in the log
  };
  std::vector<Found> records;
  std::vector<std::string> damaged;  // what is between the whole ones and no torn end
  std::vector<std::string> reasons;  // of each
  uint64_t whole = 0;                // bytes up to the end of the last whole record
};

// Reads what it can of a log, whatever is in it. What is damaged is passed over up to the next whole record.
SpoolLog read_spool_log(std::string_view log);

}  // namespace evensweep

#include "agent/link/spool_records.h"

#include <boost/crc.hpp>
#include <optional>
#include <utility>

#include "agent/core/trainer_contract.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"
#include "common/model/json_member.h"
#include "common/wire/limits.h"

namespace evensweep {
namespace {

constexpr std::string_view kMark = "\xf5spl";  // no UTF-8 text has the first byte
constexpr size_t kHeadBytes = 12;              // mark, length, CRC
constexpr size_t kMostRecord = 256 << 20;      // a result as text within JSON may double

void put_u32(std::string& bytes, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((value >> shift) & 0xff);
}

uint32_t get_u32(std::string_view bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i)
    value |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[static_cast<size_t>(i)])) << 8 * i;
  return value;
}

uint32_t crc_of(std::string_view text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return crc.checksum();
}

std::string framed(std::string_view text) {
  std::string record(kMark);
  put_u32(record, static_cast<uint32_t>(text.size()));
  put_u32(record, crc_of(text));
  return record.append(text);
}

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

AttemptId attempt_of(Fields& fields) {
  return {RunKey(fields.sha256("run")), static_cast<uint32_t>(fields.integer("attempt", 1, UINT32_MAX))};
}

StatusOr<Update> end_of(const Json& json) {
  Status status;
  Fields fields(json, "spool entry", status);
  Update end{.attempt = attempt_of(fields)};
  if (fields.has("result")) {
    const bool nested = json["result"].is_object();  // else text within text, as it was before
    Succeeded succeeded{.result_json = nested ? text_of(fields.object("result")) : fields.text("result")};
    if (fields.has("peak_memory_bytes"))
      succeeded.peak_memory_bytes =
          static_cast<uint64_t>(fields.integer("peak_memory_bytes", 0, static_cast<int64_t>(wire::kMostMemory)));
    EV_RETURN_IF_ERROR(status);
    EV_RETURN_IF_ERROR(parse_run_result(succeeded.result_json).status());
    end.what = std::move(succeeded);
  } else {
    const Json failure_json = fields.object("failure");
    EV_RETURN_IF_ERROR(status);
    EV_ASSIGN_OR_RETURN(end.what, parse_failure(failure_json.dump()));
  }
  fields.end();
  EV_RETURN_IF_ERROR(status);
  return end;
}

StatusOr<SpoolRecord> record_of(std::string_view text) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(text, "spool entry"));
  if (!json.is_object() || !json.contains("forgotten")) {
    EV_ASSIGN_OR_RETURN(Update end, end_of(json));
    return end;
  }
  Status status;
  std::vector<AttemptId> forgotten;
  Fields list(json, "spool entry", status);
  for (const Json& item : list.array("forgotten")) {
    Fields fields(item, "forgotten", status);
    forgotten.push_back(attempt_of(fields));
  }
  EV_RETURN_IF_ERROR(status);
  return forgotten;
}

// The text of the whole record at the start of `bytes`, if there is one.
std::optional<std::string_view> text_at(std::string_view bytes) {
  if (bytes.size() < kHeadBytes || !bytes.starts_with(kMark)) return std::nullopt;
  const size_t length = get_u32(bytes.substr(4));
  if (length > kMostRecord || length > bytes.size() - kHeadBytes) return std::nullopt;
  const std::string_view text = bytes.substr(kHeadBytes, length);
  if (crc_of(text) != get_u32(bytes.substr(8))) return std::nullopt;
  return text;
}

// Where the next whole record begins, or the end.
size_t next_whole(std::string_view bytes) {
  for (size_t at = bytes.find(kMark); at != std::string_view::npos; at = bytes.find(kMark, at + 1))
    if (text_at(bytes.substr(at))) return at;
  return bytes.size();
}

// A crash leaves the beginning of a record, or nothing but zeros, where the file's length was written before its bytes.
bool is_torn(std::string_view rest) {
  if (rest.find_first_not_of('\0') == std::string_view::npos) return true;
  if (rest.size() < kHeadBytes) return kMark.starts_with(rest.substr(0, kMark.size()));
  return rest.starts_with(kMark) && get_u32(rest.substr(4)) > rest.size() - kHeadBytes;
}

}  // namespace

std::string spool_record(const Update& end) {
  Json json = {{"run", end.attempt.run.str()}, {"attempt", end.attempt.number}};
  const auto* succeeded = std::get_if<Succeeded>(&end.what);
  if (succeeded != nullptr && succeeded->peak_memory_bytes > 0)
    json["peak_memory_bytes"] = succeeded->peak_memory_bytes;
  if (const auto* failure = std::get_if<Failure>(&end.what)) json["failure"] = to_json(*failure);
  if (succeeded == nullptr) return framed(text_of(json));
  return framed(text_with_member(json, "result", succeeded->result_json));  // it was checked when it came
}

std::string spool_record(const std::vector<AttemptId>& forgotten) {
  Json list = Json::array();
  for (const AttemptId& attempt : forgotten) list.push_back({{"run", attempt.run.str()}, {"attempt", attempt.number}});
  return framed(text_of({{"forgotten", std::move(list)}}));
}

StatusOr<Update> parse_spool_entry(std::string_view text) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(text, "spool entry"));
  return end_of(json);
}

SpoolLog read_spool_log(std::string_view log) {
  SpoolLog read;
  size_t at = log.starts_with(kSpoolHeader) ? kSpoolHeader.size() : 0;
  if (at == 0 && kSpoolHeader.starts_with(log)) return read;  // made, and not yet begun
  read.whole = at;
  const auto set_aside = [&](size_t bytes, std::string why) {
    read.damaged.emplace_back(log.substr(at, bytes));
    read.reasons.push_back(std::move(why));
  };
  while (at < log.size()) {
    const std::string_view rest = log.substr(at);
    const std::optional<std::string_view> text = text_at(rest);
    if (!text) {
      const size_t skip = next_whole(rest);
      if (skip == rest.size() && is_torn(rest)) break;
      set_aside(skip, "its checksum is wrong");
      at += skip;
      continue;
    }
    const size_t bytes = kHeadBytes + text->size();
    StatusOr<SpoolRecord> record = record_of(*text);
    if (record.ok())
      read.records.push_back({*std::move(record), at, bytes});
    else
      set_aside(bytes, std::string(record.status().message()));
    at += bytes;
    read.whole = at;
  }
  return read;
}

}  // namespace evensweep

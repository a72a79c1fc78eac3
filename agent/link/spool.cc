#include "agent/link/spool.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "agent/core/trainer_contract.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"
#include "common/wire/limits.h"

namespace evensweep {
namespace {

namespace fs = std::filesystem;

std::string text_of(const Update& end) {
  Json json = {{"run", end.attempt.run.str()}, {"attempt", end.attempt.number}};
  if (const auto* succeeded = std::get_if<Succeeded>(&end.what)) json["result"] = succeeded->result_json;
  if (const auto* failure = std::get_if<Failure>(&end.what)) json["failure"] = to_json(*failure);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

StatusOr<Update> parse_entry(std::string_view text) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(text, "spool entry"));
  Status status;
  Fields fields(json, "spool entry", status);
  Update end;
  end.attempt = {RunKey(fields.text("run")), static_cast<uint32_t>(fields.integer("attempt", 1, UINT32_MAX))};
  if (!is_sha256(end.attempt.run.str())) fields.fail("run", "must be a run key");
  if (fields.has("result")) {
    end.what = Succeeded{fields.text("result")};
  } else {
    const Json failure_json = fields.object("failure");
    EV_RETURN_IF_ERROR(status);
    EV_ASSIGN_OR_RETURN(Failure failure, parse_failure(failure_json.dump()));
    end.what = std::move(failure);
  }
  fields.end();
  EV_RETURN_IF_ERROR(status);
  if (const auto* succeeded = std::get_if<Succeeded>(&end.what))
    EV_RETURN_IF_ERROR(parse_run_result(succeeded->result_json).status());
  return end;
}

StatusOr<Update> read_entry(const std::string& path) {
  EV_ASSIGN_OR_RETURN(const std::string text, read_file(path));
  return parse_entry(text);
}

}  // namespace

Spool::Spool(std::string dir) : dir_(std::move(dir)) {}

StatusOr<Spool::Content> Spool::load() {
  EV_RETURN_IF_ERROR(make_folders(dir_));
  Content content;
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator entry(dir_, error), last; !error && entry != last; entry.increment(error))
    paths.push_back(entry->path());
  if (error) return errno_status(error.value(), "cannot list the spool " + dir_);
  std::ranges::sort(paths);
  for (const fs::path& path : paths) {
    if (path.filename().string().find(".json.tmp.") != std::string::npos) fs::remove(path, error);  // of a crash
    if (path.extension() != ".json") continue;
    StatusOr<Update> end = read_entry(path.string());
    if (end.ok() && path.string() == path_of(end->attempt)) {
      content.ended.push_back(*std::move(end));
      continue;
    }
    fs::rename(path, path.string() + ".unreadable", error);
    const std::string why = end.ok() ? "its name is not that of its content" : std::string(end.status().message());
    content.remarks.push_back(path.string() + " is set aside as .unreadable: " + why);
  }
  return content;
}

Status Spool::write(const Update& end) { return write_file_atomically(path_of(end.attempt), text_of(end)); }

Status Spool::forget(const AttemptId& attempt) {
  std::error_code error;
  fs::remove(path_of(attempt), error);
  return error ? errno_status(error.value(), "cannot remove " + path_of(attempt)) : absl::OkStatus();
}

std::string Spool::path_of(const AttemptId& attempt) const {
  return (fs::path(dir_) / (attempt.run.str() + "." + std::to_string(attempt.number) + ".json")).string();
}

}  // namespace evensweep

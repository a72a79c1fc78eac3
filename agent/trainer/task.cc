#include "agent/trainer/task.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "common/model/files.h"
#include "common/model/json_fields.h"

namespace evensweep {
namespace {

using Files = std::map<std::string, std::string>;  // SHA-256 -> path

Files files_of(Fields& fields) {
  Files files;
  for (const auto& [sha256, path] : fields.object("files").items()) {
    if (path.is_string())
      files[sha256] = path.get<std::string>();
    else
      fields.fail("files", "must give a path for each SHA-256");
  }
  return files;
}

Status find_files(RunSpec& spec, const Files& files) {
  for (DataFile* file : all_files(spec.dataset, spec.model)) {
    const auto found = files.find(file->sha256);
    if (found == files.end())
      return absl::InvalidArgumentError("task.files: has no path for the file with SHA-256 " + file->sha256);
    file->path = found->second;
  }
  return absl::OkStatus();
}

StatusOr<RunSpec> spec_of(const Json& json, const RunKey& run, const Files& files) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (const RunKey key = run_key_of_text(text); key != run) {
    return absl::InvalidArgumentError(
        fmt::format("task.runs.run: \"{}\" is not the key of the spec beside it, which is {}", run.str(), key.str()));
  }
  EV_ASSIGN_OR_RETURN(RunSpec spec, parse_run_spec(text));
  EV_RETURN_IF_ERROR(find_files(spec, files));
  return spec;
}

}  // namespace

StatusOr<Task> parse_task(std::string_view line) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(line, "task"));
  Status status;
  Fields fields(json, "task", status);
  fields.integer("contract", 1, 1);
  Task task{.work_dir = fields.text("work_dir"),
            .checkpoint_every = Duration(static_cast<int64_t>(fields.number("checkpoint_seconds", 0, 1e9) * 1000))};
  if (fields.has("device")) task.device = fields.text("device");
  const Files files = files_of(fields);
  for (const Json& item : fields.array("runs")) {
    Fields run(item, "task.runs", status);
    AttemptId attempt{.run = RunKey(run.text("run")),
                      .number = static_cast<uint32_t>(run.integer("attempt", 0, UINT32_MAX))};
    const Json& spec = run.object("spec");
    if (status.ok()) task.runs.push_back({.attempt = attempt, .spec = spec_of(spec, attempt.run, files)});
  }
  if (!status.ok()) return status;
  return task;
}

}  // namespace evensweep

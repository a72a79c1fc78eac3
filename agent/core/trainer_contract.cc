#include "agent/core/trainer_contract.h"

#include <algorithm>

#include "common/model/json.h"
#include "common/model/json_fields.h"
#include "common/model/json_member.h"

namespace evensweep {
namespace {

constexpr int64_t kMostPeak = int64_t{1} << 50;

bool is_run_key(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

AttemptId attempt_of(Fields& fields) {
  AttemptId attempt{RunKey(fields.text("run")), static_cast<uint32_t>(fields.integer("attempt", 1, UINT32_MAX))};
  if (!is_run_key(attempt.run.str())) fields.fail("run", "must be a run key (64 lower-case hexadecimal characters)");
  return attempt;
}

TrainerLine hello_of(Fields& fields) {
  fields.integer("contract", kTrainerContract, kTrainerContract);
  TrainerHello hello;
  hello.trainer = fields.text("trainer");
  hello.numerics = fields.text("numerics");
  if (hello.numerics.empty()) fields.fail("numerics", "must not be empty");
  if (fields.has("makes_folders")) hello.makes_folders = fields.boolean("makes_folders");
  return hello;
}

void note_result(RunFinished& finished, const StatusOr<RunResult>& result) {
  if (result.ok())
    finished.classes = result->test.classes;
  else
    finished.trouble = "the result is not valid: " + std::string(result.status().message());
}

TrainerLine finished_of(Fields& fields) {
  RunFinished finished{.attempt = attempt_of(fields)};
  if (fields.has("peak_memory_bytes"))
    finished.peak_memory_bytes = static_cast<uint64_t>(fields.integer("peak_memory_bytes", 0, kMostPeak));
  if (!fields.has("result")) return finished;
  const Json& result = fields.object("result");
  finished.result_json = result.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (finished.result_json.size() > kMaxInlineResult)
    fields.fail("result", "is too large for the event; write it to result.json");
  note_result(finished, run_result_of(result));
  return finished;
}

TrainerLine failed_of(Fields& fields) {
  RunFailed failed{attempt_of(fields), {}};
  const std::string name = fields.one_of("class", {"bad_input", "diverged", "out_of_memory", "trainer_error"});
  failed.failure.failure = parse_failure_class(name).value_or(FailureClass::kTrainerError);
  failed.failure.message = fields.text("message");
  return failed;
}

TrainerLine progress_of(Fields& fields) {
  RunProgress progress{attempt_of(fields), {}};
  progress.progress.fraction = fields.number("fraction", 0, 1);
  progress.progress.examples_per_second = fields.number("examples_per_second", 0);
  return progress;
}

TrainerLine started_of(Fields& fields) {
  RunStarted started{attempt_of(fields), 0};
  started.resumed_at_epoch = static_cast<uint32_t>(fields.integer("resumed_at_epoch", 0, UINT32_MAX));
  return started;
}

TrainerLine line_of(const std::string& event, Fields& fields) {
  if (event == "hello") return hello_of(fields);
  if (event == "started") return started_of(fields);
  if (event == "progress") return progress_of(fields);
  if (event == "finished") return finished_of(fields);
  if (event == "failed") return failed_of(fields);
  if (event == "stopped") return RunStopped{attempt_of(fields)};
  fields.fail("event", "is not a known event");
  return TrainerHello{};
}

}  // namespace

StatusOr<TrainerLine> parse_trainer_line(std::string_view line) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(line, "event line"));
  Status status;
  Fields fields(json, "event line", status);
  TrainerLine parsed = line_of(fields.text("event"), fields);
  if (!status.ok()) return status;
  return parsed;
}

void add_result(RunFinished& finished, StatusOr<std::string> result_json) {
  if (!result_json.ok()) {
    finished.trouble = "it finished without a result: " + std::string(result_json.status().message());
    return;
  }
  finished.result_json = *std::move(result_json);
  note_result(finished, parse_run_result(finished.result_json));
}

bool is_one_json_line(std::string_view text) {
  // A zero byte ends a text for the parser of JSON, and what is put behind it would never be read.
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos && Json::accept(text);
}

StatusOr<std::string> task_line(const Lease& lease, const TaskSettings& settings) {
  Json needed = Json::object();
  for (const std::string& hash : lease.files) {
    const auto found = settings.files.find(hash);
    if (found == settings.files.end())
      return absl::NotFoundError("this agent has no file with SHA-256 " + hash +
                                 "; start it with the folder that holds the file (--data)");
    needed[hash] = found->second;
  }
  const Json task = {{"contract", kTrainerContract},
                     {"work_dir", settings.work_dir},
                     {"checkpoint_seconds", settings.checkpoint_seconds},
                     {"device", settings.device},
                     {"files", std::move(needed)}};
  const Json run = {{"attempt", lease.attempt.number}, {"run", lease.attempt.run.str()}};
  return text_with_member(task, "runs", "[" + text_with_member(run, "spec", lease.run_spec_json) + "]");
}

}  // namespace evensweep

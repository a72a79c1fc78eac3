#include "cli/threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "agent/core/trainer_contract.h"
#include "agent/process/side_by_side.h"
#include "cli/places.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/model/expand.h"
#include "common/model/files.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"

namespace evensweep {
namespace {

RunSpec baseline_on(const Sweep& sweep, int64_t threads) {
  RunSpec spec = make_run_spec(sweep, sweep.seeds.front(), unit_treatment(sweep.classes.names.size()));
  spec.training.threads = threads;
  return spec;
}

// Of all that a probe depends on: the run but for its seed, and the machine.
std::string probe_path(const Sweep& sweep, const Machine& machine, const std::string& state) {
  RunSpec spec = baseline_on(sweep, 1);
  spec.seed = 0;
  const Json key = {{"run", to_json(spec)}, {"cpu", machine.cpu_model}, {"cores", machine.cores}};
  return state + "/threads/" + sha256_hex(key.dump()) + ".json";
}

std::optional<ThreadSpeeds> earlier_speeds(const std::string& path) {
  const StatusOr<std::string> text = read_file(path);
  const StatusOr<Json> json = text.ok() ? parse_json(*text, path) : text.status();
  if (!json.ok()) return std::nullopt;
  Status status;
  Fields fields(*json, path, status);
  const ThreadSpeeds speeds{.one_each = fields.number("one_each", 0), .one_on_all = fields.number("one_on_all", 0)};
  return status.ok() ? std::optional(speeds) : std::nullopt;  // one that cannot be read is made again
}

// Runs per second of `copies` runs at once on `threads` each, together.
StatusOr<double> probed(const Sweep& sweep, const std::string& folder, const std::string& trainer, int64_t copies,
                        int64_t threads) {
  const RunSpec spec = baseline_on(sweep, threads);
  EV_ASSIGN_OR_RETURN(const std::string task, task_line({.attempt = {.run = run_key(spec), .number = 1},
                                                         .run_spec_json = to_json(spec).dump(),
                                                         .files = all_file_sums(spec.dataset, spec.model)},
                                                        {.work_dir = folder, .files = files_by_hash(sweep)}));
  const std::string path = fmt::format("{}/task-{}.json", folder, threads);
  EV_RETURN_IF_ERROR(write_file_atomically(path, task));
  StatusOr<std::vector<std::string>> outputs = run_side_by_side({trainer, "--probe", path}, copies);
  if (!outputs.ok()) {
    return absl::FailedPreconditionError(
        fmt::format("training.threads: auto: {}; name a number of threads", std::string(outputs.status().message())));
  }
  double sum = 0;
  for (const std::string& output : *outputs) {
    EV_ASSIGN_OR_RETURN(const Json json, parse_json(output, "what the trainer's probe gave"));
    Status status;
    Fields fields(json, "what the trainer's probe gave", status);
    sum += fields.number("runs_per_second", 0);
    EV_RETURN_IF_ERROR(status);
  }
  return sum;
}

StatusOr<ThreadSpeeds> probe(const Sweep& sweep, int64_t cores, const std::string& folder, const std::string& trainer) {
  EV_RETURN_IF_ERROR(make_folders(folder));
  EV_ASSIGN_OR_RETURN(const double one_each, probed(sweep, folder, trainer, cores, 1));
  EV_ASSIGN_OR_RETURN(const double one_on_all, probed(sweep, folder, trainer, 1, cores));
  return ThreadSpeeds{.one_each = one_each, .one_on_all = one_on_all};
}

ThreadChoice chosen(const ThreadSpeeds& speeds, int64_t cores, const char* when) {
  const int64_t threads = better_threads(speeds, cores);
  return {
      .threads = threads,
      .why = fmt::format("training.threads: auto: {}, as {} runs of 1 thread train {:.2f} times as fast as one of {} "
                         "threads ({})",
                         threads, cores, speeds.one_each / std::max(speeds.one_on_all, 1e-12), cores, when)};
}

}  // namespace

int64_t better_threads(const ThreadSpeeds& speeds, int64_t cores) {
  return speeds.one_on_all > 1.05 * speeds.one_each ? cores : 1;
}

StatusOr<ThreadChoice> choose_threads(const Sweep& sweep, const Machine& machine, const std::string& state,
                                      const std::string& trainer, int64_t slots) {
  if (sweep.training.threads != kAutoThreads) return ThreadChoice{.threads = sweep.training.threads, .why = ""};
  if (sweep.trainer != kTrainerNumerics)
    return absl::InvalidArgumentError("training.threads: auto measures the built-in trainer; with the trainer " +
                                      sweep.trainer + " give a number");
  const auto cores = std::clamp<int64_t>(static_cast<int64_t>(machine.cores), 1, 1024);
  if (slots > 0 || cores == 1) {
    const int64_t threads = std::max<int64_t>(cores / std::max<int64_t>(slots, 1), 1);
    return ThreadChoice{.threads = threads,
                        .why = fmt::format("training.threads: auto: {}, for {} runs at a time on {} cores", threads,
                                           std::max<int64_t>(slots, 1), cores)};
  }
  const std::string path = probe_path(sweep, machine, state);
  if (const std::optional<ThreadSpeeds> speeds = earlier_speeds(path)) return chosen(*speeds, cores, "measured before");
  if (trainer.empty()) return absl::NotFoundError("training.threads: auto: not measured yet on this machine");
  EV_ASSIGN_OR_RETURN(const ThreadSpeeds speeds, probe(sweep, cores, state + "/threads", trainer));
  const Json kept = {{"one_each", speeds.one_each}, {"one_on_all", speeds.one_on_all}};
  EV_RETURN_IF_ERROR(write_file_atomically(path, kept.dump()));
  return chosen(speeds, cores, "measured now");
}

}  // namespace evensweep

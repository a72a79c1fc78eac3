#include "agent/trainer/probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "agent/trainer/task.h"
#include "agent/trainer/train_run.h"
#include "common/base/file.h"
#include "common/base/log.h"

namespace evensweep {
namespace {

constexpr Duration kWarmUp{500}, kMeasured{1500};

// Watches a run go by and has it stopped when enough of it was seen.
class Stopwatch final : public RunObserver {
 public:
  explicit Stopwatch(const Clock& clock) : clock_(clock), begin_{clock.now(), 0}, end_(begin_) {}

  void started(int64_t) override { begin_ = end_ = {clock_.now(), 0}; }
  void progress(double fraction, double) override {
    end_ = {clock_.now(), fraction};
    if (warm_ || end_.at - begin_.at < kWarmUp) return;
    warm_ = true;
    begin_ = end_;
  }
  bool stop_requested() override { return warm_ && end_.at - begin_.at >= kMeasured; }

  // Of a run that ended before that, what there was.
  double runs_per_second() const {
    const double seconds = std::chrono::duration<double>(end_.at - begin_.at).count();
    return (end_.fraction - begin_.fraction) / std::max(seconds, 1e-6);
  }

 private:
  struct Mark {
    TimePoint at;
    double fraction;
  };
  const Clock& clock_;
  Mark begin_, end_;
  bool warm_ = false;
};

StatusOr<double> probed(const Task& task, const Clock& clock) {
  if (task.runs.empty()) return absl::InvalidArgumentError("the task has no run");
  const TaskRun& run = task.runs.front();
  EV_RETURN_IF_ERROR(run.spec.status());
  const std::string folder = fmt::format("{}/probe-{}", task.work_dir, ::getpid());
  EV_RETURN_IF_ERROR(make_folders(folder));
  DatasetCache cache;
  Stopwatch stopwatch(clock);
  const RunRequest request{.run = run.attempt.run, .spec = *run.spec, .folder = folder, .device = task.device};
  const TrainingOutcome outcome = train_run(request, cache, stopwatch, clock);
  const double speed = stopwatch.runs_per_second();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  if (const auto* failure = std::get_if<Failure>(&outcome)) return absl::FailedPreconditionError(failure->message);
  return speed;
}

}  // namespace

int probe_task_file(const std::string& path, const Clock& clock) {
  const StatusOr<std::string> text = read_file(path);
  const StatusOr<Task> task = text.ok() ? parse_task(*text) : text.status();
  const StatusOr<double> speed = task.ok() ? probed(*task, clock) : task.status();
  if (!speed.ok()) {
    log(LogLevel::kError, "trainer", path + ": " + std::string(speed.status().message()));
    return 1;
  }
  fmt::print("{{\"runs_per_second\": {}}}\n", *speed);
  return 0;
}

}  // namespace evensweep

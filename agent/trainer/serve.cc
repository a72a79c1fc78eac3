#include "agent/trainer/serve.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>
#include <variant>

#include "common/base/file.h"
#include "common/base/log.h"

namespace evensweep {
namespace {

constexpr Duration kProgressEvery{100};

// Turns what happens in a run into events.
class Reporter final : public RunObserver {
 public:
  Reporter(const EventWriter& events, const AttemptId& attempt, const Clock& clock)
      : events_(events), attempt_(attempt), clock_(clock), last_(clock.now()) {}

  void started(int64_t resumed_at_epoch) override { events_.started(attempt_, resumed_at_epoch); }
  void progress(double fraction, double examples_per_second) override {
    const TimePoint now = clock_.now();
    if (now - last_ < kProgressEvery) return;
    last_ = now;
    events_.progress(attempt_, fraction, examples_per_second);
  }
  bool stop_requested() override { return evensweep::stop_requested(); }
  void took_memory(uint64_t bytes) override { peak_memory_ = bytes; }
  uint64_t peak_memory() const { return peak_memory_; }

 private:
  const EventWriter& events_;
  const AttemptId& attempt_;
  const Clock& clock_;
  TimePoint last_;
  uint64_t peak_memory_ = 0;
};

TrainingOutcome failed(FailureClass failure, const Status& status) {
  return Failure{.failure = failure, .message = std::string(status.message()), .stderr_tail = ""};
}

// Trains, and puts the result on disk.
TrainingOutcome complete(const Task& task, const TaskRun& run, DatasetCache& cache, RunObserver& observer,
                         const Clock& clock) {
  if (!run.spec.ok()) return failed(FailureClass::kBadInput, run.spec.status());
  const std::string folder = task.work_dir + "/" + run.attempt.run.str();
  if (const Status made = make_folders(folder); !made.ok()) return failed(FailureClass::kTrainerError, made);
  const RunRequest request{.run = run.attempt.run,
                           .spec = *run.spec,
                           .folder = folder,
                           .checkpoint_every = task.checkpoint_every,
                           .device = task.device};
  TrainingOutcome outcome = train_run(request, cache, observer, clock);
  if (const auto* result = std::get_if<RunResult>(&outcome)) {
    const Status written = write_file_atomically(folder + "/result.json", to_json(*result).dump());
    if (!written.ok()) return failed(FailureClass::kTrainerError, written);
    std::error_code ignored;
    std::filesystem::remove(checkpoint_path(folder), ignored);  // its work is done
  }
  return outcome;
}

bool report(const EventWriter& events, const AttemptId& attempt, const TrainingOutcome& outcome, uint64_t peak_memory) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) {
    log(LogLevel::kError, "trainer",
        fmt::format("run {}: {}: {}", attempt.run.brief(), failure_class_name(failure->failure), failure->message));
    events.failed(attempt, *failure);
    return false;
  }
  if (std::holds_alternative<Stopped>(outcome))
    events.stopped(attempt);
  else
    events.finished(attempt, peak_memory);
  return true;
}

}  // namespace

bool run_task(const Task& task, DatasetCache& cache, const EventWriter& events, const Clock& clock) {
  bool all_well = true;
  for (const TaskRun& run : task.runs) {
    if (stop_requested()) {
      events.stopped(run.attempt);
      continue;
    }
    Reporter reporter(events, run.attempt, clock);
    const TrainingOutcome outcome = complete(task, run, cache, reporter, clock);
    all_well = report(events, run.attempt, outcome, reporter.peak_memory()) && all_well;
  }
  return all_well;
}

int serve(Inbox& inbox, const EventWriter& events, const Clock& clock) {
  events.hello();
  DatasetCache cache;
  while (const std::optional<std::string> line = inbox.next_line()) {
    const StatusOr<Task> task = parse_task(*line);
    if (!task.ok()) {
      log(LogLevel::kError, "trainer", "standard input: " + std::string(task.status().message()));
      return 1;
    }
    run_task(*task, cache, events, clock);
  }
  return 0;
}

int run_task_file(const std::string& path, const EventWriter& events, const Clock& clock) {
  const StatusOr<std::string> text = read_file(path);
  const StatusOr<Task> task = text.ok() ? parse_task(*text) : text.status();
  if (!task.ok()) {
    const std::string place = text.ok() ? path + ": " : "";
    log(LogLevel::kError, "trainer", place + std::string(task.status().message()));
    return 1;
  }
  events.hello();
  DatasetCache cache;
  return run_task(*task, cache, events, clock) ? 0 : 1;
}

}  // namespace evensweep

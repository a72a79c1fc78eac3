#include "tests/scenario/record_book.h"

#include <algorithm>

#include "common/model/json.h"
#include "coordinator/core/retry.h"
#include "sweeps/stats/staged_design.h"

namespace evensweep::coordinator {

void RecordBook::commit(const std::vector<Record>& records) {
  for (const Record& record : records) std::visit([this](const auto& known) { add(known); }, record);
}

Snapshot RecordBook::snapshot() const {
  Snapshot snapshot;
  for (const auto& [key, run] : runs_) snapshot.runs.push_back(run);
  snapshot.decisions = decisions_;
  return snapshot;
}

const StoredRun* RecordBook::run(const RunKey& key) const {
  const auto found = runs_.find(key);
  return found == runs_.end() ? nullptr : &found->second;
}

ConfusionMatrix RecordBook::validation(const RunKey& key) const {
  return parse_run_result(results_.at(key))->validation;
}

RunCounts RecordBook::counts(const RunKey& key) const {
  const RunResult result = parse_run_result(results_.at(key)).value();
  return {.run = key, .validation = result.validation, .test = result.test};
}

const std::vector<DesignDecision>& RecordBook::decisions(const SweepId& sweep) const {
  static const std::vector<DesignDecision> kNone;
  const auto found = decisions_.find(sweep);
  return found == decisions_.end() ? kNone : found->second;
}

RecordBook::Counts RecordBook::recount(const SweepId& sweep) const {
  Counts counts;
  for (const auto& [key, trial] : trials_) {
    if (std::get<0>(key) != sweep) continue;
    const StoredRun* found = trial.run ? run(*trial.run) : nullptr;
    if (trial.failure || (found != nullptr && found->state == StoredRun::State::kFailed)) ++counts.failed;
    if (found != nullptr && found->state == StoredRun::State::kFinished) ++counts.finished;
  }
  return counts;
}

std::optional<RunKey> RecordBook::run_of(const SweepId& sweep, uint32_t arm, uint32_t seed) const {
  const auto found = trials_.find({sweep, arm, seed});
  return found == trials_.end() ? std::nullopt : found->second.run;
}

std::optional<Failure> RecordBook::failure_of(const SweepId& sweep, uint32_t arm, uint32_t seed) const {
  const auto found = trials_.find({sweep, arm, seed});
  return found == trials_.end() ? std::nullopt : found->second.failure;
}

void RecordBook::add(const SweepAdded& record) { sweeps_.emplace(record.id, record.sweep); }

void RecordBook::add(const RunAdded& record) {
  require(run_key_of_text(record.spec_json) == record.run, "a run whose key is not the hash of its spec");
  require(!runs_.contains(record.run), "run added twice: " + record.run.str());
  const StatusOr<RunSpec> spec = parse_run_spec(record.spec_json);
  require(spec.ok(), "a run whose spec cannot be read");
  const size_t classes = spec.ok() ? spec->treatment.class_weights.size() : 0;
  runs_.emplace(record.run, StoredRun{.run = record.run, .classes = static_cast<int64_t>(classes)});
  specs_.emplace(record.run, record.spec_json);
}

void RecordBook::add(const TrialResolved& record) {
  require(sweeps_.contains(record.trial.sweep), "a trial of a sweep that was not added");
  require(runs_.contains(record.run), "a trial with a run that was not added");
  trials_[{record.trial.sweep, record.trial.arm, record.trial.seed}] = {.run = record.run, .failure = std::nullopt};
}

void RecordBook::add(const TrialFailed& record) {
  require(sweeps_.contains(record.trial.sweep), "a failed trial of a sweep that was not added");
  TrialRow& row = trials_[{record.trial.sweep, record.trial.arm, record.trial.seed}];
  require(!row.run, "a trial that has a run failed without one");
  row.failure = record.failure;
}

void RecordBook::add(const AttemptGranted& record) {
  ++grants_;
  StoredRun* run = open_run(record.attempt.run, "granted");
  if (run == nullptr) return;
  const uint32_t number = record.attempt.number;
  StoredAttempt* last = run->attempts.empty() ? nullptr : &run->attempts.back();
  require(last == nullptr || !last->open, "granted while another attempt is open: " + record.attempt.run.str());
  const StoredAttempt granted{.number = number, .agent = record.agent, .open = true, .failure = std::nullopt};
  if (last != nullptr && last->number == number) {
    // It may go on where its lease was lost, but not after an end of its own.
    require(last->failure == FailureClass::kInfrastructure, "an ended attempt granted again");
    *last = granted;
    return;
  }
  require(number > (last == nullptr ? 0 : last->number), "attempt numbers do not rise");
  run->attempts.push_back(granted);
}

void RecordBook::add(const AttemptEnded& record) {
  const auto run = runs_.find(record.attempt.run);
  if (run == runs_.end()) return require(false, "an attempt of an unknown run ended");
  for (StoredAttempt& attempt : run->second.attempts) {
    if (attempt.number != record.attempt.number) continue;
    require(attempt.open || !record.failure, "an attempt failed twice");
    attempt.open = false;
    attempt.failure = record.failure ? std::optional(record.failure->failure) : std::nullopt;
    return;
  }
  require(false, "an attempt ended that was never granted");
}

void RecordBook::add(const RunFinished& record) {
  StoredRun* run = open_run(record.run, "finished");
  if (run == nullptr) return;
  require(results_.emplace(record.run, record.result_json).second, "a second result for run " + record.run.str());
  run->state = StoredRun::State::kFinished;
}

void RecordBook::add(const RunFailed& record) {
  StoredRun* run = open_run(record.run, "failed");
  if (run == nullptr) return;
  const auto charged = std::count_if(run->attempts.begin(), run->attempts.end(), [&](const StoredAttempt& attempt) {
    return attempt.failure == record.failure.failure && attempt.number > run->charged_after;
  });
  if (record.failure.failure == FailureClass::kTrainerError)
    require(charged == kMostTrainerRetries + 1, "given up after " + std::to_string(charged) + " trainer errors");
  if (record.failure.failure == FailureClass::kOutOfMemory)
    require(charged == kMostMemoryRetries + 1, "given up after " + std::to_string(charged) + " times out of memory");
  require(record.failure.failure != FailureClass::kPreempted, "given up because it was preempted");
  run->state = StoredRun::State::kFailed;
  run->failure = record.failure.failure;
}

void RecordBook::add(const RunReopened& record) {
  const auto found = runs_.find(record.run);
  if (found == runs_.end()) return require(false, "an unknown run reopened");
  StoredRun& run = found->second;
  require(run.state == StoredRun::State::kFailed, "a run reopened that had not failed");
  run.state = StoredRun::State::kOpen;
  run.failure.reset();
  run.charged_after = run.attempts.empty() ? 0 : run.attempts.back().number;
  for (const TrialId& trial : record.waiting) {
    require(failure_of(trial.sweep, trial.arm, trial.seed).has_value(), "a trial waits again that had not failed");
    trials_.erase({trial.sweep, trial.arm, trial.seed});
  }
}

void RecordBook::add(const DesignDecided& record) {
  require(sweeps_.contains(record.sweep), "a decision about a sweep that was not added");
  std::vector<DesignDecision>& decisions = decisions_[record.sweep];
  require(record.number == decisions.size() + 1, "decision " + std::to_string(record.number) + " out of order");
  const auto stage = next_stage(sweeps_.at(record.sweep), decisions);
  require(stage && stage->decides, "a decision where there is nothing to decide");
  require(!record.decision.arms.empty(), "a decision about no arm");
  decisions.push_back(record.decision);
}

StoredRun* RecordBook::open_run(const RunKey& key, const char* what) {
  const auto found = runs_.find(key);
  if (found != runs_.end() && found->second.state == StoredRun::State::kOpen) return &found->second;
  require(false, "run " + key.str() + " " + what + " while it is " + (found == runs_.end() ? "unknown" : "closed"));
  return nullptr;
}

void RecordBook::require(bool condition, const std::string& what) {
  if (!condition) violations_.push_back(what);
}

}  // namespace evensweep::coordinator

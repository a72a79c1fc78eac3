#include "tests/scenario/record_book.h"

#include <algorithm>

#include "common/model/json.h"
#include "common/model/run_spec_text.h"
#include "coordinator/core/retry.h"
#include "sweeps/stats/staged_design.h"

namespace evensweep::coordinator {

void RecordBook::commit(const std::vector<Record>& records) {
  for (const Record& record : records) std::visit([this](const auto& known) { add(known); }, record);
}

Snapshot RecordBook::snapshot() const {
  Snapshot snapshot{.sweeps = sweeps_, .runs = runs_, .draining = draining_, .requests = requests_};
  for (const auto& [run, attempts] : attempts_)
    snapshot.attempts.insert(snapshot.attempts.end(), attempts.begin(), attempts.end());
  for (const auto& [id, trial] : trials_)
    snapshot.trials.push_back({.trial = id, .run = trial.run, .reused = trial.reused});
  return snapshot;
}

const StoredRun* RecordBook::run(const RunKey& key) const {
  const auto found = numbers_.find(key);
  return found == numbers_.end() ? nullptr : &runs_[found->second];
}

const std::vector<StoredAttempt>& RecordBook::attempts(const RunKey& key) const {
  static const std::vector<StoredAttempt> kNone;
  const auto found = attempts_.find(numbers_.at(key));
  return found == attempts_.end() ? kNone : found->second;
}

ConfusionMatrix RecordBook::validation(RunId run) const { return parse_run_result(results_.at(run))->validation; }

RunCounts RecordBook::counts(RunId run) const {
  const RunResult result = parse_run_result(results_.at(run)).value();
  return {.run = run, .validation = result.validation, .test = result.test};
}

SweepNumber RecordBook::number_of(const SweepId& sweep) const {
  const auto found = std::ranges::find(sweeps_, sweep, &SweepSnapshot::id);
  return static_cast<SweepNumber>(found - sweeps_.begin());
}

const std::vector<DesignDecision>& RecordBook::decisions(const SweepId& sweep) const {
  static const std::vector<DesignDecision> kNone;
  const SweepNumber number = number_of(sweep);
  return number == sweeps_.size() ? kNone : sweeps_[number].decisions;
}

RecordBook::Counts RecordBook::recount(const SweepId& sweep) const {
  Counts counts;
  const SweepNumber number = number_of(sweep);
  for (const auto& [id, trial] : trials_) {
    if (id.sweep != number) continue;
    const StoredRun* run = trial.run ? &runs_[*trial.run] : nullptr;
    if (trial.failure || (run != nullptr && run->state == StoredRun::State::kFailed)) ++counts.failed;
    if (run != nullptr && run->state == StoredRun::State::kFinished) ++counts.finished;
  }
  return counts;
}

std::optional<RunKey> RecordBook::run_of(const SweepId& sweep, uint32_t arm, uint32_t seed) const {
  const auto found = trials_.find({.sweep = number_of(sweep), .arm = arm, .seed = seed});
  if (found == trials_.end() || !found->second.run) return std::nullopt;
  return keys_[*found->second.run];
}

std::optional<Failure> RecordBook::failure_of(const SweepId& sweep, uint32_t arm, uint32_t seed) const {
  const auto found = trials_.find({.sweep = number_of(sweep), .arm = arm, .seed = seed});
  return found == trials_.end() ? std::nullopt : found->second.failure;
}

void RecordBook::add(const SweepAdded& record) {
  require(record.number == sweeps_.size(), "sweeps are numbered in their order");
  sweeps_.push_back({.id = record.id, .sweep = record.sweep});
}

void RecordBook::add(const SweepWishChanged& record) { sweeps_.at(record.sweep).wish = record.wish; }
void RecordBook::add(const SweepPlaced& record) {
  require(sweeps_.at(record.sweep).device.empty(), "a sweep placed twice");
  sweeps_[record.sweep].device = record.device;
}

void RecordBook::add(const RunAdded& record) {
  const RunKey key(to_hex(record.key));
  require(record.run == runs_.size(), "runs are numbered in their order");
  require(sha256(record.spec_json) == record.key, "a run whose key is not the hash of its spec");
  require(*join_run_spec(record.base_json, record.part_json) == record.spec_json, "a run whose parts are not its spec");
  require(numbers_.emplace(key, record.run).second, "run added twice: " + key.str());
  const StatusOr<RunSpec> spec = parse_run_spec(record.spec_json);
  require(spec.ok(), "a run whose spec cannot be read");
  require(spec.ok() && spec->treatment.class_weights.size() == record.classes, "a run with other classes");
  runs_.push_back({.key = record.key, .classes = record.classes});
  keys_.push_back(key);
  specs_[record.run] = record.spec_json;
}

void RecordBook::add(const TrialResolved& record) {
  require(record.trial.sweep < sweeps_.size(), "a trial of a sweep that was not added");
  require(record.run < runs_.size(), "a trial with a run that was not added");
  trials_[record.trial] = {.run = record.run, .failure = std::nullopt, .reused = record.reused};
}

void RecordBook::add(const TrialFailed& record) {
  require(record.trial.sweep < sweeps_.size(), "a failed trial of a sweep that was not added");
  TrialRow& row = trials_[record.trial];
  require(!row.run, "a trial that has a run failed without one");
  row.failure = record.failure;
}

void RecordBook::add(const AttemptGranted& record) {
  ++grants_;
  if (open_run(record.run, "granted") == nullptr) return;
  std::vector<StoredAttempt>& attempts = attempts_of(record.run);
  StoredAttempt* last = attempts.empty() ? nullptr : &attempts.back();
  require(last == nullptr || !last->open, "granted while another attempt is open: " + keys_[record.run].str());
  const StoredAttempt granted{.run = record.run, .number = record.number, .agent = record.agent, .open = true};
  if (last != nullptr && last->number == record.number) {
    // It may go on where its lease was lost, but not after an end of its own.
    require(last->lost, "an ended attempt granted again");
    *last = granted;
    return;
  }
  require(record.number > (last == nullptr ? 0 : last->number), "attempt numbers do not rise");
  attempts.push_back(granted);
}

void RecordBook::add(const AttemptEnded& record) {
  if (record.run >= runs_.size()) return require(false, "an attempt of an unknown run ended");
  for (StoredAttempt& attempt : attempts_of(record.run)) {
    if (attempt.number != record.number) continue;
    require(attempt.open || !record.failure, "an attempt failed twice");
    attempt.open = false;
    attempt.failure = record.failure ? std::optional(record.failure->failure) : std::nullopt;
    attempt.lost = record.lost;
    return;
  }
  require(false, "an attempt ended that was never granted");
}

void RecordBook::add(const AttemptForgiven& record) {
  if (record.run >= runs_.size()) return require(false, "an attempt of an unknown run forgiven");
  for (StoredAttempt& attempt : attempts_of(record.run)) {
    if (attempt.number != record.number) continue;
    require(attempt.failure.has_value() && !attempt.forgiven, "an attempt forgiven twice, or without a failure");
    attempt.forgiven = true;
    return;
  }
  require(false, "an attempt forgiven that was never granted");
}

void RecordBook::add(const RunFinished& record) {
  StoredRun* run = open_run(record.run, "finished");
  if (run == nullptr) return;
  require(results_.emplace(record.run, record.result_json).second,
          "a second result for run " + keys_[record.run].str());
  run->state = StoredRun::State::kFinished;
}

void RecordBook::add(const RunFailed& record) {
  StoredRun* run = open_run(record.run, "failed");
  if (run == nullptr) return;
  const std::vector<StoredAttempt>& attempts = attempts_of(record.run);
  const auto charged = std::count_if(attempts.begin(), attempts.end(), [&](const StoredAttempt& attempt) {
    return attempt.failure == record.failure.failure && !attempt.forgiven && attempt.number > run->charged_after;
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
  if (record.run >= runs_.size()) return require(false, "an unknown run reopened");
  StoredRun& run = runs_[record.run];
  require(run.state == StoredRun::State::kFailed, "a run reopened that had not failed");
  run.state = StoredRun::State::kOpen;
  run.failure.reset();
  run.charged_after = attempts_of(record.run).empty() ? 0 : attempts_of(record.run).back().number;
  for (const TrialId& trial : record.waiting) {
    const auto row = trials_.find(trial);
    require(row != trials_.end() && row->second.failure, "a trial waits again that had not failed");
    trials_.erase(trial);
  }
}

void RecordBook::add(const DesignDecided& record) {
  if (record.sweep >= sweeps_.size()) return require(false, "a decision about a sweep that was not added");
  std::vector<DesignDecision>& decisions = sweeps_[record.sweep].decisions;
  require(record.number == decisions.size() + 1, "decision " + std::to_string(record.number) + " out of order");
  const auto stage = next_stage(sweeps_[record.sweep].sweep, decisions);
  require(stage && stage->decides, "a decision where there is nothing to decide");
  require(!record.decision.arms.empty(), "a decision about no arm");
  decisions.push_back(record.decision);
}

void RecordBook::add(const CheckpointKept& record) {
  if (StoredRun* run = open_run(record.run, "got a checkpoint")) run->checkpoint = record.blob;
}

void RecordBook::add(const AgentDrained& record) {
  if (record.draining)
    draining_.insert(record.agent);
  else
    draining_.erase(record.agent);
}

void RecordBook::add(const RequestDone& record) {
  require(requests_.insert(record.request).second, "a request done twice");
}

StoredRun* RecordBook::open_run(RunId run, const char* what) {
  if (run < runs_.size() && runs_[run].state == StoredRun::State::kOpen) return &runs_[run];
  require(false, "run number " + std::to_string(run) + " " + what + " while it is " +
                     (run < runs_.size() ? "closed" : "unknown"));
  return nullptr;
}

void RecordBook::require(bool condition, const std::string& what) {
  if (!condition) violations_.push_back(what);
}

}  // namespace evensweep::coordinator

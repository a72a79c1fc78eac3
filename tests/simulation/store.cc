#include "tests/simulation/store.h"

#include <algorithm>
#include <set>

#include "common/base/overloaded.h"
#include "common/model/json.h"
#include "coordinator/core/retry.h"
#include "sweeps/methods/method.h"
#include "sweeps/stats/staged_design.h"

namespace evensweep::simulation {

using coordinator::kMostMemoryRetries;
using coordinator::kMostTrainerRetries;
using coordinator::RunId;
using coordinator::StoredAttempt;
using coordinator::StoredRun;
using coordinator::SweepNumber;

namespace {

// The number of classes that a stored spec has; the same specs come again in every seed.
int64_t classes_of(const RunKey& run, const std::string& spec_json) {
  thread_local std::unordered_map<RunKey, int64_t> known;
  const auto [found, fresh] = known.try_emplace(run, 0);
  if (!fresh) return found->second;
  if (const StatusOr<RunSpec> spec = parse_run_spec(spec_json); spec.ok())
    found->second = static_cast<int64_t>(spec->treatment.class_weights.size());
  return found->second;
}

std::string name(const RunKey& run) { return std::string(run.brief()); }

}  // namespace

Mark mark_of(const coordinator::Record& record) {
  using namespace coordinator;
  const auto of = [](const char* what, uint64_t number, uint64_t other = 0) {
    return Mark{.what = what, .number = other << 16 | number};
  };
  return std::visit(
      Overloaded{
          [&](const SweepAdded& added) { return of("stored: sweep", added.number); },
          [&](const SweepWishChanged& changed) { return of(sweep_wish_name(changed.wish), changed.sweep); },
          [&](const SweepPlaced& placed) { return of("stored: placed", placed.sweep); },
          [&](const RunAdded& added) { return of("stored: run", added.run); },
          [&](const TrialResolved& trial) { return of("stored: trial's run", trial.trial.arm, trial.run); },
          [&](const TrialFailed& trial) { return of("stored: trial failed", trial.trial.arm, trial.trial.seed); },
          [&](const AttemptGranted& granted) { return of("stored: granted", granted.run, granted.number); },
          [&](const AttemptEnded& ended) {
            return of(ended.failure ? failure_class_name(ended.failure->failure) : "stored: succeeded", ended.run,
                      ended.number);
          },
          [&](const AttemptForgiven& forgiven) { return of("stored: forgiven", forgiven.run, forgiven.number); },
          [&](const coordinator::RunFinished& finished) { return of("stored: result", finished.run); },
          [&](const coordinator::RunFailed& failed) { return of("stored: run failed", failed.run); },
          [&](const RunReopened& reopened) { return of("stored: run reopened", reopened.run); },
          [&](const DesignDecided& decided) { return of("stored: decision", decided.sweep, decided.number); },
          [&](const CheckpointKept& kept) { return of("stored: checkpoint", kept.run); },
          [&](const LogKept& kept) { return of("stored: log", kept.run, kept.number); },
          [&](const AgentDrained& drained) { return of("stored: agent drained", drained.draining ? 1 : 0); },
          [&](const RequestDone&) { return of("stored: request", 0); },
          [&](const coordinator::Audited&) { return of("stored: audit", 0); }},
      record);
}

void Store::add(const coordinator::Record& record) {
  std::visit([this](const auto& known) { add(known); }, record);
}

coordinator::Snapshot Store::snapshot() const {
  coordinator::Snapshot snapshot{.sweeps = sweeps_, .draining = draining_, .requests = requests_};
  for (const RunRow& run : runs_) {
    snapshot.runs.push_back(run.stored);
    snapshot.attempts.insert(snapshot.attempts.end(), run.attempts.begin(), run.attempts.end());
  }
  for (const auto& [id, trial] : trials_)
    snapshot.trials.push_back({.trial = id, .run = trial.run, .reused = trial.reused});
  return snapshot;
}

const Store::RunRow* Store::find(const RunKey& run) const {
  const auto found = numbers_.find(run);
  return found == numbers_.end() ? nullptr : &runs_[found->second];
}

const std::string* Store::spec_of(const RunKey& run) const {
  const RunRow* row = find(run);
  return row == nullptr ? nullptr : &row->spec;
}

const std::string* Store::result_of(const RunKey& run) const {
  const RunRow* row = find(run);
  return row == nullptr || !row->result ? nullptr : &*row->result;
}

coordinator::RunCounts Store::counts_of(coordinator::RunId run) const {
  const RunResult result = parse_run_result(*runs_[run].result).value();
  return {.run = run, .validation = result.validation, .test = result.test};
}

bool Store::is_open(const RunKey& run) const {
  const RunRow* row = find(run);
  return row != nullptr && row->stored.state == StoredRun::State::kOpen;
}

bool Store::is_failed(const RunKey& run) const {
  const RunRow* row = find(run);
  return row != nullptr && row->stored.state == StoredRun::State::kFailed;
}

bool Store::knows(const AttemptId& attempt) const {
  const RunRow* row = find(attempt.run);
  return row != nullptr &&
         std::ranges::any_of(row->attempts, [&](const StoredAttempt& known) { return known.number == attempt.number; });
}

bool Store::was_lost(const AttemptId& attempt) const {
  const RunRow* row = find(attempt.run);
  return row != nullptr && std::ranges::any_of(row->attempts, [&](const StoredAttempt& known) {
           return known.number == attempt.number && known.lost;
         });
}

std::optional<AgentId> Store::holder_of(const AttemptId& attempt) const {
  if (const RunRow* row = find(attempt.run))
    for (const StoredAttempt& known : row->attempts)
      if (known.number == attempt.number && known.open) return known.agent;
  return std::nullopt;
}

std::optional<AgentId> Store::agent_of(const AttemptId& attempt) const {
  if (const RunRow* row = find(attempt.run))
    for (const StoredAttempt& known : row->attempts)
      if (known.number == attempt.number) return known.agent;
  return std::nullopt;
}

std::optional<SweepNumber> Store::number_of(const SweepId& sweep) const {
  for (SweepNumber number = 0; number < sweeps_.size(); ++number)
    if (sweeps_[number].id == sweep) return number;
  return std::nullopt;
}

const Store::TrialRow* Store::trial(const SweepId& sweep, uint32_t arm, uint32_t seed) const {
  const auto number = number_of(sweep);
  if (!number) return nullptr;
  const auto found = trials_.find({.sweep = *number, .arm = arm, .seed = seed});
  return found == trials_.end() ? nullptr : &found->second;
}

TrialCounts Store::recount(const SweepId& sweep) const {
  TrialCounts counts;
  const auto number = number_of(sweep);
  if (!number) return counts;
  for (auto at = trials_.lower_bound({.sweep = *number}); at != trials_.end() && at->first.sweep == *number; ++at) {
    const TrialRow& row = at->second;
    if (row.failure || (row.run && runs_[*row.run].stored.state == StoredRun::State::kFailed)) ++counts.failed;
    if (row.run && runs_[*row.run].stored.state == StoredRun::State::kFinished) ++counts.finished;
  }
  return counts;
}

uint64_t Store::finished_runs(const SweepId& sweep) const {
  std::set<RunId> finished;
  const auto number = number_of(sweep);
  for (const auto& [id, row] : trials_)
    if (id.sweep == number && row.run && runs_[*row.run].result) finished.insert(*row.run);
  return finished.size();
}

void Store::add(const coordinator::SweepAdded& record) {
  require(record.number == sweeps_.size(), "sweeps are not numbered in their order");
  require(!number_of(record.id), "a sweep was added twice");
  sweeps_.push_back({.id = record.id, .sweep = record.sweep});
}

void Store::add(const coordinator::SweepWishChanged& record) {
  if (record.sweep >= sweeps_.size()) return require(false, "a wish about a sweep that was not added");
  sweeps_[record.sweep].wish = record.wish;
}

void Store::add(const coordinator::SweepPlaced& record) {
  if (record.sweep >= sweeps_.size()) return require(false, "a sweep was placed that was not added");
  require(sweeps_[record.sweep].device.empty(), "a sweep was placed twice");
  sweeps_[record.sweep].device = record.device;
}

void Store::add(const coordinator::RunAdded& record) {
  RunRow row{.key = RunKey(to_hex(record.key)), .spec = record.spec_json};
  require(record.run == runs_.size(), "runs are not numbered in their order");
  require(run_key_of_text(record.spec_json) == row.key, "a run was added whose key is not the hash of its spec");
  require(classes_of(row.key, record.spec_json) == record.classes, "a run was added with other classes than its spec");
  require(numbers_.emplace(row.key, record.run).second, "a run was added twice");
  row.stored = {.key = record.key, .classes = record.classes};
  runs_.push_back(std::move(row));
}

void Store::add(const coordinator::TrialResolved& record) {
  require(record.trial.sweep < sweeps_.size(), "a trial was resolved of a sweep that was not added");
  require(record.run < runs_.size(), "a trial was resolved to a run that was not added");
  const bool finished = record.run < runs_.size() && runs_[record.run].result.has_value();
  require(record.reused == finished, "a trial's run is said to be reused, and had not finished, or the reverse");
  TrialRow& row = trials_[record.trial];
  require(!row.run && !row.failure, "a trial was resolved twice");
  row = {.run = record.run, .failure = std::nullopt, .reused = record.reused};
}

void Store::add(const coordinator::TrialFailed& record) {
  see(Seen::kFailedTrials);
  require(record.trial.sweep < sweeps_.size(), "a trial failed of a sweep that was not added");
  TrialRow& row = trials_[record.trial];
  require(!row.run, "a trial that has a run failed without one");
  require(!row.failure, "a trial failed twice");
  row.failure = record.failure;
}

// Somebody must want what is begun: a trial of a sweep that is neither paused nor given up. No trial tells of runs of
// earlier rounds, so that any run may be one while a sweep with rounds is wanted.
void Store::check_wanted(RunId run) {
  bool any = false, wanted = false;
  for (const auto& [id, trial] : trials_) {
    if (trial.run != run) continue;
    any = true;
    wanted = wanted || sweeps_[id.sweep].wish == coordinator::SweepWish::kActive;
  }
  for (const coordinator::SweepSnapshot& sweep : sweeps_)
    wanted = wanted || (sweep.wish == coordinator::SweepWish::kActive &&
                        std::ranges::any_of(sweep.sweep.arms, [](const Arm& arm) { return rounds_of(arm) > 1; }));
  require(wanted || !any, "a run was granted that nobody wants now");
}

void Store::add(const coordinator::AttemptGranted& record) {
  see(Seen::kGrants);
  RunRow* run = open_run(record.run, "granted");
  if (run == nullptr) return;
  StoredAttempt* last = run->attempts.empty() ? nullptr : &run->attempts.back();
  require(last == nullptr || !last->open, "run " + name(run->key) + " was granted twice at a time");
  const StoredAttempt granted{.run = record.run, .number = record.number, .agent = record.agent, .open = true};
  if (last != nullptr && last->number == record.number) {
    // It may go on where its lease was lost, but not after an end of its own.
    see(Seen::kWentOnAtHello);
    require(last->lost, "an attempt that had ended was granted again");
    require(last->agent == record.agent, "an attempt goes on at another agent");
    *last = granted;
    return;
  }
  require(record.number > (last == nullptr ? 0 : last->number), "the attempt numbers of a run do not rise");
  require(!draining_.contains(record.agent), "a run was granted to an agent that is drained");
  check_wanted(record.run);
  if (last != nullptr) see(Seen::kRetries);
  run->attempts.push_back(granted);
}

void Store::add(const coordinator::AttemptEnded& record) {
  if (record.run >= runs_.size()) return require(false, "an attempt ended of a run that is not known");
  for (StoredAttempt& attempt : runs_[record.run].attempts) {
    if (attempt.number != record.number) continue;
    require(attempt.open || !record.failure, "an attempt failed that had ended");
    if (!record.failure && !attempt.open) see(Seen::kLateResults);
    attempt.open = false;
    attempt.failure = record.failure ? std::optional(record.failure->failure) : std::nullopt;
    attempt.lost = record.lost;
    return;
  }
  require(false, "an attempt ended that was never granted");
}

void Store::add(const coordinator::AttemptForgiven& record) {
  see(Seen::kForgiven);
  if (record.run >= runs_.size()) return require(false, "an attempt was forgiven of a run that is not known");
  for (StoredAttempt& attempt : runs_[record.run].attempts) {
    if (attempt.number != record.number) continue;
    require(attempt.failure.has_value() && !attempt.lost, "an attempt was forgiven that has not failed by itself");
    require(!std::exchange(attempt.forgiven, true), "an attempt was forgiven twice");
    return;
  }
  require(false, "an attempt was forgiven that was never granted");
}

void Store::add(const coordinator::RunFinished& record) {
  see(Seen::kResults);
  RunRow* run = open_run(record.run, "finished");
  if (run == nullptr) return;
  require(!run->result, "run " + name(run->key) + " has a second result");
  require(run->attempts.empty() || !run->attempts.back().open, "a run finished while an attempt of it is under way");
  run->result = record.result_json;
  run->stored.state = StoredRun::State::kFinished;
}

void Store::add(const coordinator::RunFailed& record) {
  see(Seen::kFailedRuns);
  RunRow* run = open_run(record.run, "failed");
  if (run == nullptr) return;
  const FailureClass failure = record.failure.failure;
  const auto charged = std::ranges::count_if(run->attempts, [&](const StoredAttempt& attempt) {
    return attempt.failure == failure && !attempt.forgiven && attempt.number > run->stored.charged_after;
  });
  if (failure == FailureClass::kTrainerError)
    require(charged == kMostTrainerRetries + 1, "given up after " + std::to_string(charged) + " trainer errors");
  if (failure == FailureClass::kOutOfMemory)
    require(charged == kMostMemoryRetries + 1, "given up after " + std::to_string(charged) + " times out of memory");
  require(failure != FailureClass::kPreempted, "given up because it was preempted");
  require(!run->attempts.back().open, "a run failed while an attempt of it is under way");
  run->stored.state = StoredRun::State::kFailed;
  run->stored.failure = failure;
}

void Store::add(const coordinator::RunReopened& record) {
  see(Seen::kReopenedRuns);
  if (record.run >= runs_.size()) return require(false, "a run was reopened that is not known");
  StoredRun& run = runs_[record.run].stored;
  reopened_.insert(runs_[record.run].key);
  require(run.state == StoredRun::State::kFailed, "a run was reopened that had not failed");
  require(run.failure != FailureClass::kDiverged, "a run was reopened that had diverged");
  run.state = StoredRun::State::kOpen;
  run.failure.reset();
  run.charged_after = runs_[record.run].attempts.empty() ? 0 : runs_[record.run].attempts.back().number;
  for (const coordinator::TrialId& trial : record.waiting) {
    const auto row = trials_.find(trial);
    require(row != trials_.end() && row->second.failure, "a trial waits again that had not failed");
    trials_.erase(trial);
  }
}

void Store::add(const coordinator::DesignDecided& record) {
  see(Seen::kDecisions);
  if (record.sweep >= sweeps_.size()) return require(false, "a decision about a sweep that was not added");
  std::vector<DesignDecision>& decisions = sweeps_[record.sweep].decisions;
  require(record.number == decisions.size() + 1, "decision " + std::to_string(record.number) + " is out of order");
  const auto stage = next_stage(sweeps_[record.sweep].sweep, decisions);
  require(stage && stage->decides, "a decision where there is nothing to decide");
  require(!record.decision.arms.empty(), "a decision about no arm");
  decisions.push_back(record.decision);
}

void Store::add(const coordinator::CheckpointKept& record) {
  if (RunRow* run = open_run(record.run, "given a checkpoint")) run->stored.checkpoint = record.blob;
}

void Store::add(const coordinator::AgentDrained& record) {
  see(Seen::kDrains);
  require(draining_.contains(record.agent) != record.draining, "an agent was drained, or released, that was so before");
  if (record.draining)
    draining_.insert(record.agent);
  else
    draining_.erase(record.agent);
}

void Store::add(const coordinator::RequestDone& record) {
  require(requests_.insert(record.request).second, "a request was done twice");
}

Store::RunRow* Store::open_run(RunId run, const char* what) {
  if (run < runs_.size() && runs_[run].stored.state == StoredRun::State::kOpen) return &runs_[run];
  require(false, std::string("a run was ") + what + " while it was " + (run < runs_.size() ? "closed" : "unknown"));
  return nullptr;
}

}  // namespace evensweep::simulation

#include "tests/simulation/store.h"

#include <algorithm>
#include <set>

#include "common/base/overloaded.h"
#include "common/model/json.h"
#include "coordinator/core/retry.h"
#include "sweeps/stats/staged_design.h"

namespace evensweep::simulation {

using coordinator::StoredAttempt;
using coordinator::StoredRun;

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
  return std::visit(
      Overloaded{
          [](const SweepAdded& added) { return Mark{.what = "stored: sweep", .whose = added.id.str()}; },
          [](const RunAdded& added) { return Mark{.what = "stored: run", .whose = added.run.str()}; },
          [](const TrialResolved& resolved) {
            return Mark{.what = "stored: trial's run",
                        .whose = resolved.run.str(),
                        .number = resolved.trial.arm << 16 | resolved.trial.seed};
          },
          [](const TrialFailed& failed) {
            return Mark{.what = "stored: trial failed",
                        .whose = failed.trial.sweep.str(),
                        .number = failed.trial.arm << 16 | failed.trial.seed};
          },
          [](const AttemptGranted& granted) {
            return Mark{
                .what = "stored: granted", .whose = granted.attempt.run.str(), .number = granted.attempt.number};
          },
          [](const AttemptEnded& ended) {
            return Mark{.what = ended.failure ? "stored: attempt failed" : "stored: attempt succeeded",
                        .whose = ended.attempt.run.str(),
                        .number = ended.attempt.number};
          },
          [](const coordinator::RunFinished& finished) {
            return Mark{.what = "stored: result", .whose = finished.run.str()};
          },
          [](const coordinator::RunFailed& failed) {
            return Mark{.what = "stored: run failed", .whose = failed.run.str()};
          },
          [](const RunReopened& reopened) { return Mark{.what = "stored: run reopened", .whose = reopened.run.str()}; },
          [](const DesignDecided& decided) {
            return Mark{.what = "stored: decision", .whose = decided.sweep.str(), .number = decided.number};
          }},
      record);
}

void Store::add(const coordinator::Record& record) {
  std::visit([this](const auto& known) { add(known); }, record);
}

coordinator::Snapshot Store::snapshot() const {
  coordinator::Snapshot snapshot;
  for (const RunKey& run : added_) snapshot.runs.push_back(runs_.at(run).stored);
  snapshot.decisions = decisions_;
  return snapshot;
}

const Store::RunRow* Store::find(const RunKey& run) const {
  const auto found = runs_.find(run);
  return found == runs_.end() ? nullptr : &found->second;
}

const std::string* Store::spec_of(const RunKey& run) const {
  const RunRow* row = find(run);
  return row == nullptr ? nullptr : &row->spec;
}

const std::string* Store::result_of(const RunKey& run) const {
  const RunRow* row = find(run);
  return row == nullptr || !row->result ? nullptr : &*row->result;
}

coordinator::RunCounts Store::counts_of(const RunKey& run) const {
  const RunResult result = parse_run_result(*result_of(run)).value();
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

std::optional<FailureClass> Store::failure_of(const RunKey& run) const {
  const RunRow* row = find(run);
  return row == nullptr ? std::nullopt : row->stored.failure;
}

bool Store::knows(const AttemptId& attempt) const {
  const RunRow* row = find(attempt.run);
  return row != nullptr && std::ranges::any_of(row->stored.attempts, [&](const StoredAttempt& known) {
           return known.number == attempt.number;
         });
}

std::optional<AgentId> Store::holder_of(const AttemptId& attempt) const {
  if (const RunRow* row = find(attempt.run))
    for (const StoredAttempt& known : row->stored.attempts)
      if (known.number == attempt.number && known.open) return known.agent;
  return std::nullopt;
}

const Store::TrialRow* Store::trial(const SweepId& sweep, uint32_t arm, uint32_t seed) const {
  const auto found = trials_.find({sweep, arm, seed});
  return found == trials_.end() ? nullptr : &found->second;
}

TrialCounts Store::recount(const SweepId& sweep) const {
  TrialCounts counts;
  for (auto at = trials_.lower_bound({sweep, 0, 0}); at != trials_.end() && std::get<0>(at->first) == sweep; ++at) {
    const RunRow* row = at->second.run ? find(*at->second.run) : nullptr;
    if (at->second.failure || (row != nullptr && row->stored.state == StoredRun::State::kFailed)) ++counts.failed;
    if (row != nullptr && row->stored.state == StoredRun::State::kFinished) ++counts.finished;
  }
  return counts;
}

uint64_t Store::finished_runs(const SweepId& sweep) const {
  std::set<RunKey> finished;
  for (auto at = trials_.lower_bound({sweep, 0, 0}); at != trials_.end() && std::get<0>(at->first) == sweep; ++at)
    if (at->second.run && result_of(*at->second.run) != nullptr) finished.insert(*at->second.run);
  return finished.size();
}

void Store::add(const coordinator::SweepAdded& record) { sweeps_.emplace(record.id, record.sweep); }

void Store::add(const coordinator::RunAdded& record) {
  require(run_key_of_text(record.spec_json) == record.run, "a run was added whose key is not the hash of its spec");
  RunRow row{.spec = record.spec_json};
  row.stored.run = record.run;
  row.stored.classes = classes_of(record.run, record.spec_json);
  require(row.stored.classes > 0, "a run was added whose spec cannot be read");
  const bool fresh = runs_.emplace(record.run, std::move(row)).second;
  require(fresh, "run " + name(record.run) + " was added twice");
  if (fresh) added_.push_back(record.run);
}

void Store::add(const coordinator::TrialResolved& record) {
  require(sweeps_.contains(record.trial.sweep), "a trial was resolved of a sweep that was not added");
  require(runs_.contains(record.run), "a trial was resolved to a run that was not added");
  trials_[{record.trial.sweep, record.trial.arm, record.trial.seed}] = {.run = record.run, .failure = std::nullopt};
}

void Store::add(const coordinator::TrialFailed& record) {
  see(Seen::kFailedTrials);
  require(sweeps_.contains(record.trial.sweep), "a trial failed of a sweep that was not added");
  TrialRow& row = trials_[{record.trial.sweep, record.trial.arm, record.trial.seed}];
  require(!row.run, "a trial that has a run failed without one");
  row.failure = record.failure;
}

void Store::add(const coordinator::AttemptGranted& record) {
  see(Seen::kGrants);
  RunRow* run = open_run(record.attempt.run, "granted");
  if (run == nullptr) return;
  const uint32_t number = record.attempt.number;
  std::vector<StoredAttempt>& attempts = run->stored.attempts;
  StoredAttempt* last = attempts.empty() ? nullptr : &attempts.back();
  require(last == nullptr || !last->open, "run " + name(record.attempt.run) + " was granted twice at a time");
  const StoredAttempt granted{.number = number, .agent = record.agent, .open = true, .failure = std::nullopt};
  if (last != nullptr && last->number == number) {
    // It may go on where its lease was lost, but not after an end of its own.
    see(Seen::kWentOnAtHello);
    require(last->failure == FailureClass::kInfrastructure, "an attempt that had ended was granted again");
    *last = granted;
    return;
  }
  require(number > (last == nullptr ? 0 : last->number), "the attempt numbers of a run do not rise");
  if (last != nullptr) see(Seen::kRetries);
  attempts.push_back(granted);
}

void Store::add(const coordinator::AttemptEnded& record) {
  const auto run = runs_.find(record.attempt.run);
  if (run == runs_.end()) return require(false, "an attempt ended of a run that is not known");
  std::vector<StoredAttempt>& attempts = run->second.stored.attempts;
  for (StoredAttempt& attempt : attempts) {
    if (attempt.number != record.attempt.number) continue;
    require(attempt.open || !record.failure, "an attempt failed that had ended");
    if (!record.failure && !attempt.open) see(Seen::kLateResults);
    attempt.open = false;
    attempt.failure = record.failure ? std::optional(record.failure->failure) : std::nullopt;
    return;
  }
  require(false, "an attempt ended that was never granted");
}

void Store::add(const coordinator::RunFinished& record) {
  see(Seen::kResults);
  RunRow* run = open_run(record.run, "finished");
  if (run == nullptr) return;
  require(!run->result, "run " + name(record.run) + " has a second result");
  run->result = record.result_json;
  run->stored.state = StoredRun::State::kFinished;
}

void Store::add(const coordinator::RunFailed& record) {
  see(Seen::kFailedRuns);
  RunRow* run = open_run(record.run, "failed");
  if (run == nullptr) return;
  const FailureClass failure = record.failure.failure;
  const auto charged = std::ranges::count_if(run->stored.attempts, [&](const StoredAttempt& attempt) {
    return attempt.failure == failure && attempt.number > run->stored.charged_after;
  });
  if (failure == FailureClass::kTrainerError)
    require(charged == coordinator::kMostTrainerRetries + 1,
            "given up after " + std::to_string(charged) + " trainer errors");
  if (failure == FailureClass::kOutOfMemory)
    require(charged == coordinator::kMostMemoryRetries + 1,
            "given up after " + std::to_string(charged) + " times out of memory");
  require(failure != FailureClass::kPreempted, "given up because it was preempted");
  run->stored.state = StoredRun::State::kFailed;
  run->stored.failure = failure;
}

void Store::add(const coordinator::RunReopened& record) {
  see(Seen::kReopenedRuns);
  const auto found = runs_.find(record.run);
  if (found == runs_.end()) return require(false, "a run was reopened that is not known");
  StoredRun& run = found->second.stored;
  require(run.state == StoredRun::State::kFailed, "a run was reopened that had not failed");
  require(run.failure != FailureClass::kDiverged, "a run was reopened that had diverged");
  run.state = StoredRun::State::kOpen;
  run.failure.reset();
  run.charged_after = run.attempts.empty() ? 0 : run.attempts.back().number;
  for (const coordinator::TrialId& trial : record.waiting) {
    const TrialRow* row = this->trial(trial.sweep, trial.arm, trial.seed);
    require(row != nullptr && row->failure, "a trial waits again that had not failed");
    trials_.erase({trial.sweep, trial.arm, trial.seed});
  }
}

void Store::add(const coordinator::DesignDecided& record) {
  see(Seen::kDecisions);
  require(sweeps_.contains(record.sweep), "a decision about a sweep that was not added");
  std::vector<DesignDecision>& decisions = decisions_[record.sweep];
  require(record.number == decisions.size() + 1, "decision " + std::to_string(record.number) + " is out of order");
  const auto stage = next_stage(sweeps_.at(record.sweep), decisions);
  require(stage && stage->decides, "a decision where there is nothing to decide");
  require(!record.decision.arms.empty(), "a decision about no arm");
  decisions.push_back(record.decision);
}

Store::RunRow* Store::open_run(const RunKey& run, const char* what) {
  const auto found = runs_.find(run);
  if (found != runs_.end() && found->second.stored.state == StoredRun::State::kOpen) return &found->second;
  require(false,
          "run " + name(run) + " was " + what + " while it was " + (found == runs_.end() ? "unknown" : "closed"));
  return nullptr;
}

}  // namespace evensweep::simulation

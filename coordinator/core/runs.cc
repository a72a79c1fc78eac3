// What becomes of runs, and of the trials that ask for them.

#include <algorithm>
#include <utility>

#include "coordinator/core/core.h"
#include "sweeps/stats/metrics.h"

namespace evensweep::coordinator {

RunId Core::add_run(const Digest& key, uint32_t classes) {
  const auto run = static_cast<RunId>(runs_.size());
  runs_.push_back({.key = key, .classes = classes});
  run_index_.emplace(key, run);
  return run;
}

// kNoRun for a key that nobody knows here.
RunId Core::find_run(const RunKey& key) const {
  const std::optional<Digest> digest = digest_of_hex(key.str());
  if (!digest) return kNoRun;
  const auto found = run_index_.find(*digest);
  return found == run_index_.end() ? kNoRun : found->second;
}

AttemptId Core::attempt_of(RunId run) const {
  return {.run = RunKey(to_hex(runs_[run].key)), .number = runs_[run].last_attempt};
}

void Core::each_sweep(RunId run, const std::function<void(SweepState&)>& what) {
  const auto trials = runs_[run].trials;
  for (size_t i = 0; i < trials.size(); ++i) {
    const auto same = [&](const TrialRef& earlier) { return earlier.sweep == trials[i].sweep; };
    if (std::none_of(trials.begin(), trials.begin() + static_cast<std::ptrdiff_t>(i), same))
      what(sweeps_[trials[i].sweep]);
  }
}

Core::ReadyKey Core::ready_key(RunId run, SweepNumber sweep) const {
  ReadyKey best{.dependent = true, .seed = UINT32_MAX, .arm = UINT32_MAX, .run = run};
  for (const TrialRef& trial : runs_[run].trials)
    if (trial.sweep == sweep)
      best = std::min(best, ReadyKey{.dependent = trial.arm != 0, .seed = trial.seed, .arm = trial.arm, .run = run});
  return best;
}

// A run that no sweep asks for stays where it is, known but not trained.
void Core::make_ready(RunId run) {
  if (runs_[run].delayed) return;
  each_sweep(run, [&](SweepState& state) {
    state.ready.insert(ready_key(run, state.number));
    set_turn(state);
  });
}

void Core::make_unready(RunId run) {
  each_sweep(run, [&](SweepState& state) {
    state.ready.erase(ready_key(run, state.number));
    set_turn(state);
  });
}

// Where the sweep stands in the order of turns, now that its wish, its leases or what is ready have changed.
void Core::set_turn(SweepState& state) {
  const Turn turn{.priority = -state.sweep.resources.priority, .leased = state.leased.size(), .sweep = state.number};
  const auto known = turn_of_.find(state.number);
  const bool wants = state.is_active() && !state.ready.empty();
  if (known != turn_of_.end()) {
    if (wants && known->second == turn) return;
    turns_.erase(known->second);
    turn_of_.erase(known);
  }
  if (!wants) return;
  turns_.insert(turn);
  turn_of_.emplace(state.number, turn);
}

void Core::finish_run(RunId run, const RunResult& result, std::string result_json, Step& step) {
  if (runs_[run].state == RunState::kWaiting) make_unready(run);
  if (runs_[run].state == RunState::kLeased) end_lease(run);
  if (std::exchange(runs_[run].delayed, false))
    std::erase_if(delayed_, [run](const auto& delayed) { return delayed.second == run; });
  runs_[run].state = RunState::kFinished;
  failed_at_.erase(run);
  checkpoints_.erase(run);
  const StatusOr<ModelMetrics> metrics = model_metrics(result.test);
  step.records.push_back(RunFinished{.run = run,
                                     .result_json = std::move(result_json),
                                     .spread = metrics.ok() ? std::optional(metrics->var_unbiased) : std::nullopt,
                                     .seconds = result.times.train_seconds + result.times.evaluate_seconds});
  for (const TrialRef& trial : runs_[run].trials) {
    if (trial.last) ++sweeps_[trial.sweep].finished;
    moved_.insert(trial.sweep);
  }
  each_sweep(run, [](SweepState& state) { ++state.trained; });
  use_counts(run, result.validation, step);
}

void Core::fail_run(RunId run, const Failure& failure, Step& step) {
  runs_[run].state = RunState::kFailed;
  runs_[run].failure = failure.failure;
  failed_at_.erase(run);
  step.records.push_back(RunFailed{.run = run, .failure = failure});
  const auto trials = runs_[run].trials;
  for (const TrialRef& trial : trials) {
    SweepState& state = sweeps_[trial.sweep];
    if (trial.last) ++state.failed;
    moved_.insert(trial.sweep);
    if (waits_for(trial, run)) fail_round(trial, failure, step);
    if (trial.arm == 0) fail_dependent(state, trial.seed, failure, step);
  }
}

// The caller puts it among the ready ones.
void Core::reopen_run(RunId id, Step& step) {
  Run& run = runs_[id];
  run.state = RunState::kWaiting;
  run.failure.reset();
  run.charges = {};
  run.charged_after = run.last_attempt;
  RunReopened record{.run = id};
  for (const TrialRef& ref : run.trials) {
    SweepState& state = sweeps_[ref.sweep];
    if (ref.last) --state.failed;
    if (!ref.last && state.trial(ref.arm, ref.seed).earlier == id) wait_again(state, ref.arm, ref.seed, record.waiting);
    if (ref.arm != 0) continue;
    for (uint32_t arm = 1; arm <= state.sweep.arms.size(); ++arm)
      if (state.needs_baseline[arm]) wait_again(state, arm, ref.seed, record.waiting);
  }
  step.records.push_back(std::move(record));
}

// A trial that failed for the lack of a run's counts.
void Core::wait_again(SweepState& state, uint32_t arm, uint32_t seed, std::vector<TrialId>& waiting) {
  Trial& trial = state.trial(arm, seed);
  if (!trial.failed) return;
  trial.failed = false;
  --state.failed;
  waiting.push_back({.sweep = state.number, .arm = arm, .seed = seed});
}

void Core::fail_dependent(SweepState& state, uint32_t seed, const Failure& failure, Step& step) {
  for (uint32_t arm = 1; arm <= state.sweep.arms.size(); ++arm) {
    if (!state.needs_baseline[arm] || !state.trial(arm, seed).is_open()) continue;
    fail_trial(state, arm, seed,
               {.failure = failure.failure, .message = "the baseline of this seed failed: " + failure.message}, step);
  }
}

void Core::fail_round(const TrialRef& trial, const Failure& failure, Step& step) {
  SweepState& state = sweeps_[trial.sweep];
  const uint16_t round = state.trial(trial.arm, trial.seed).rounds;
  fail_trial(state, trial.arm, trial.seed,
             {.failure = failure.failure,
              .message = "round " + std::to_string(round) + " of this seed failed: " + failure.message},
             step);
}

void Core::fail_trial(SweepState& state, uint32_t arm, uint32_t seed, const Failure& failure, Step& step) {
  state.trial(arm, seed).failed = true;
  ++state.failed;
  moved_.insert(state.number);
  step.records.push_back(TrialFailed{.trial = {.sweep = state.number, .arm = arm, .seed = seed}, .failure = failure});
}

}  // namespace evensweep::coordinator

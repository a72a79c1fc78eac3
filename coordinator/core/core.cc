#include "coordinator/core/core.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/model/expand.h"
#include "common/model/json.h"

namespace evensweep::coordinator {
namespace {

// Findings stay findings; accidents may be tried again when somebody asks for the sweep again.
bool worth_another_try(FailureClass failure) { return failure != FailureClass::kDiverged; }

}  // namespace

void Core::restore(const Snapshot& snapshot, TimePoint now) {
  for (const StoredRun& stored : snapshot.runs) {
    const RunIndex index = add_run(stored.run, stored.classes);
    Run& run = runs_[index];
    switch (stored.state) {
      case StoredRun::State::kOpen: break;
      case StoredRun::State::kFinished: run.state = RunState::kFinished; break;
      case StoredRun::State::kFailed:
        run.state = RunState::kFailed;
        run.failure = stored.failure.value_or(FailureClass::kTrainerError);
        break;
    }
    restore_attempts(index, stored);
  }
  stored_decisions_ = snapshot.decisions;
  for (auto& [id, agent] : agents_) extend(agent, now);
}

void Core::restore_attempts(RunIndex index, const StoredRun& stored) {
  Run& run = runs_[index];
  for (const StoredAttempt& attempt : stored.attempts) {
    run.last_attempt = attempt.number;
    if (attempt.failure && attempt.number > stored.charged_after) charge(run.charges, *attempt.failure);
  }
  if (stored.attempts.empty() || run.state != RunState::kWaiting) return;
  const StoredAttempt& last = stored.attempts.back();
  run.lost = last.failure == FailureClass::kInfrastructure;
  if (!last.open) return;
  run.state = RunState::kLeased;
  run.agent = last.agent;
  Agent& agent = agents_[last.agent];
  agent.id = last.agent;
  agent.leased.insert(index);
}

Step Core::handle(TimePoint now, const Event& event) {
  Step step;
  std::visit([&](const auto& known) { on(now, known, step); }, event);
  fetch_what_is_to_decide(step);
  grant_all(step);
  return step;
}

std::optional<TimePoint> Core::next_deadline() const {
  if (expiries_.empty()) return std::nullopt;
  return expiries_.begin()->first;
}

std::optional<SweepStatus> Core::status(const SweepId& sweep) const {
  const auto found = sweep_index_.find(sweep);
  if (found == sweep_index_.end()) return std::nullopt;
  const SweepState& state = sweeps_[found->second];
  SweepStatus status{.trials = state.trials.size(),
                     .trials_finished = state.finished,
                     .trials_failed = state.failed,
                     .trials_not_needed = state.not_needed,
                     .runs_trained = state.trained,
                     .runs_reused = state.reused,
                     .running = static_cast<uint32_t>(state.running.size())};
  for (const RunIndex index : state.running) {
    status.running_fraction += runs_[index].progress;
    status.examples_per_second += runs_[index].rate;
  }
  status.agents = static_cast<uint32_t>(connections_.size());
  status.over = state.finished + state.failed + state.not_needed == state.trials.size();
  return status;
}

void Core::on(TimePoint, const SweepSubmitted& event, Step& step) {
  if (const auto known = sweep_index_.find(event.id); known != sweep_index_.end()) {
    submit_again(known->second, step);
    return;
  }
  const auto index = static_cast<SweepIndex>(sweeps_.size());
  sweep_index_.emplace(event.id, index);
  sweeps_.push_back({.id = event.id, .sweep = event.sweep});
  SweepState& state = sweeps_.back();
  state.seeds = all_seeds(state.sweep);
  state.trials.resize((state.sweep.arms.size() + 1) * state.seeds.size());
  step.records.push_back(SweepAdded{.id = event.id, .sweep = event.sweep});
  begin_stages(index, step);
}

// Asks once more for what has failed by accident; everything else is under way or done.
void Core::submit_again(SweepIndex sweep, Step& step) {
  std::set<RunIndex> failed;
  for (const Trial& trial : sweeps_[sweep].trials)
    for (const std::optional<RunIndex>& run : {trial.run, trial.earlier})
      if (run && !trial.decided && runs_[*run].state == RunState::kFailed && worth_another_try(*runs_[*run].failure))
        failed.insert(*run);
  for (const RunIndex run : failed) {
    reopen_run(run, step);
    make_ready(run);
  }
}

void Core::resolve_independent(SweepIndex sweep, uint32_t seed, Step& step) {
  resolve({.sweep = sweep, .arm = 0, .seed = seed},
          {.treatment = unit_treatment(sweeps_[sweep].sweep.classes.names.size())}, step);
  bool dependents = false;
  for (uint32_t arm = 1; arm <= sweeps_[sweep].sweep.arms.size(); ++arm) {
    if (!sweeps_[sweep].trial(arm, seed).asked) continue;
    if (needs_baseline(sweeps_[sweep].sweep.arms[arm - 1]))
      dependents = true;
    else
      decide_round(sweep, arm, seed, std::nullopt, step);
  }
  const Run& baseline = runs_[*sweeps_[sweep].trial(0, seed).run];
  if (dependents && baseline.state == RunState::kFinished) step.effects.push_back(FetchCounts{.run = baseline.key});
}

void Core::on(TimePoint, const CountsFetched& event, Step& step) {
  const auto found = run_index_.find(event.run);
  if (found != run_index_.end()) use_counts(found->second, event.validation, step);
}

// What waits for the counts of a finished run goes on.
void Core::use_counts(RunIndex run, const ConfusionMatrix& validation, Step& step) {
  const std::vector<TrialRef> trials = runs_[run].trials;
  for (const TrialRef& trial : trials) {
    if (waits_for(trial, run))
      decide_round(trial.sweep, trial.arm, trial.seed, validation, step);
    else if (trial.arm == 0)
      resolve_dependent(trial.sweep, trial.seed, validation, step);
  }
}

bool Core::waits_for(const TrialRef& ref, RunIndex run) const {
  const Trial& trial = sweeps_[ref.sweep].trial(ref.arm, ref.seed);
  return !ref.last && trial.earlier == run && !trial.run && !trial.failed;
}

void Core::resolve_dependent(SweepIndex sweep, uint32_t seed, const ConfusionMatrix& validation, Step& step) {
  for (uint32_t arm = 1; arm <= sweeps_[sweep].sweep.arms.size(); ++arm)
    if (sweeps_[sweep].trial(arm, seed).waits()) decide_round(sweep, arm, seed, validation, step);
}

// `validation` is that of the round before, the baseline's for the first.
void Core::decide_round(SweepIndex sweep, uint32_t arm, uint32_t seed, const std::optional<ConfusionMatrix>& validation,
                        Step& step) {
  const SweepState& state = sweeps_[sweep];
  const Arm& described = state.sweep.arms[arm - 1];
  StatusOr<Decision> decision = decide(described, state.sweep.classes.train, validation, state.seeds[seed]);
  if (!decision.ok())
    return fail_trial(sweep, arm, seed,
                      {.failure = FailureClass::kBadInput, .message = std::string(decision.status().message())}, step);
  Trial& trial = sweeps_[sweep].trial(arm, seed);
  if (trial.earlier)
    decision->notes.push_back("treated by the TPRs of round " + std::to_string(trial.rounds) + ", run " +
                              runs_[*trial.earlier].key.str());
  const bool last = ++trial.rounds >= rounds_of(described);
  resolve({.sweep = sweep, .arm = arm, .seed = seed, .last = last}, *std::move(decision), step);
}

void Core::fail_dependent(SweepIndex sweep, uint32_t seed, const Failure& failure, Step& step) {
  for (uint32_t arm = 1; arm <= sweeps_[sweep].sweep.arms.size(); ++arm) {
    if (!sweeps_[sweep].trial(arm, seed).waits() || !needs_baseline(sweeps_[sweep].sweep.arms[arm - 1])) continue;
    fail_trial(sweep, arm, seed,
               {.failure = failure.failure, .message = "the baseline of this seed failed: " + failure.message}, step);
  }
}

void Core::fail_round(const TrialRef& trial, const Failure& failure, Step& step) {
  const uint16_t round = sweeps_[trial.sweep].trial(trial.arm, trial.seed).rounds;
  fail_trial(trial.sweep, trial.arm, trial.seed,
             {.failure = failure.failure,
              .message = "round " + std::to_string(round) + " of this seed failed: " + failure.message},
             step);
}

void Core::resolve(const TrialRef& ref, Decision decision, Step& step) {
  const RunIndex index = run_of(ref, decision, step);
  SweepState& state = sweeps_[ref.sweep];
  Run& run = runs_[index];
  if (ref.last) {
    step.records.push_back(TrialResolved{.trial = {.sweep = state.id, .arm = ref.arm, .seed = ref.seed},
                                         .run = run.key,
                                         .notes = std::move(decision.notes)});
    state.trial(ref.arm, ref.seed).run = index;
  } else {
    state.trial(ref.arm, ref.seed).earlier = index;
  }
  moved_.insert(ref.sweep);
  const bool decided = state.trial(ref.arm, ref.seed).decided;
  const bool first_of_sweep =
      std::none_of(run.trials.begin(), run.trials.end(), [&](const TrialRef& t) { return t.sweep == ref.sweep; });
  if (run.state == RunState::kFailed && first_of_sweep && !decided && worth_another_try(*run.failure))
    reopen_run(index, step);
  if (run.state == RunState::kWaiting) ready_.erase(ready_key(index));
  run.trials.push_back(ref);
  switch (run.state) {
    case RunState::kWaiting: make_ready(index); break;
    case RunState::kLeased: break;  // it runs for this sweep too once its agent says so
    case RunState::kFinished:
      if (first_of_sweep) ++state.reused;
      if (ref.last)
        ++state.finished;
      else
        step.effects.push_back(FetchCounts{.run = run.key});
      break;
    case RunState::kFailed: {
      const Failure failure{.failure = *run.failure, .message = "see its own failure"};
      if (!ref.last) return fail_round(ref, failure, step);
      ++state.failed;
      if (ref.arm == 0) fail_dependent(ref.sweep, ref.seed, failure, step);
      break;
    }
  }
}

// The run that a decision asks for, added if nobody has asked for it yet.
Core::RunIndex Core::run_of(const TrialRef& trial, const Decision& decision, Step& step) {
  const SweepState& state = sweeps_[trial.sweep];
  const std::string spec =
      to_json(make_run_spec(state.sweep, state.seeds[trial.seed], decision.treatment, decision.variation)).dump();
  const RunKey key = run_key_of_text(spec);
  if (const auto known = run_index_.find(key); known != run_index_.end()) return known->second;
  step.records.push_back(RunAdded{.run = key, .spec_json = spec});
  return add_run(key, static_cast<int64_t>(decision.treatment.class_weights.size()));
}

void Core::fail_trial(SweepIndex sweep, uint32_t arm, uint32_t seed, const Failure& failure, Step& step) {
  SweepState& state = sweeps_[sweep];
  state.trial(arm, seed).failed = true;
  ++state.failed;
  moved_.insert(sweep);
  step.records.push_back(TrialFailed{.trial = {.sweep = state.id, .arm = arm, .seed = seed}, .failure = failure});
}

Core::RunIndex Core::add_run(const RunKey& key, int64_t classes) {
  const auto index = static_cast<RunIndex>(runs_.size());
  runs_.push_back({.key = key, .classes = classes});
  run_index_.emplace(key, index);
  return index;
}

Core::ReadyKey Core::ready_key(RunIndex index) const {
  const Run& run = runs_[index];
  ReadyKey best{.dependent = true, .sweep = UINT32_MAX, .seed = 0, .arm = 0, .run = index};
  for (const TrialRef& trial : run.trials)
    best = std::min(
        best,
        ReadyKey{
            .dependent = trial.arm != 0, .sweep = trial.sweep, .seed = trial.seed, .arm = trial.arm, .run = index});
  return best;
}

// A run that no sweep of this process asks for stays where it is, known but not trained.
void Core::make_ready(RunIndex index) {
  if (!runs_[index].trials.empty()) ready_.insert(ready_key(index));
}

void Core::finish_run(RunIndex index, const RunResult& result, std::string result_json, Step& step) {
  if (runs_[index].state == RunState::kWaiting) ready_.erase(ready_key(index));
  if (runs_[index].state == RunState::kLeased) end_lease(index);
  runs_[index].state = RunState::kFinished;
  step.records.push_back(RunFinished{.run = runs_[index].key, .result_json = std::move(result_json)});
  std::set<SweepIndex> sweeps;
  for (const TrialRef& trial : runs_[index].trials) {
    if (trial.last) ++sweeps_[trial.sweep].finished;
    moved_.insert(trial.sweep);
    if (sweeps.insert(trial.sweep).second) ++sweeps_[trial.sweep].trained;
  }
  use_counts(index, result.validation, step);
}

void Core::fail_run(RunIndex index, const Failure& failure, Step& step) {
  runs_[index].state = RunState::kFailed;
  runs_[index].failure = failure.failure;
  step.records.push_back(RunFailed{.run = runs_[index].key, .failure = failure});
  const std::vector<TrialRef> trials = runs_[index].trials;
  for (const TrialRef& trial : trials) {
    if (trial.last) ++sweeps_[trial.sweep].failed;
    moved_.insert(trial.sweep);
    if (waits_for(trial, index)) fail_round(trial, failure, step);
    if (trial.arm == 0) fail_dependent(trial.sweep, trial.seed, failure, step);
  }
}

// The caller puts it among the ready ones.
void Core::reopen_run(RunIndex index, Step& step) {
  Run& run = runs_[index];
  run.state = RunState::kWaiting;
  run.failure.reset();
  run.charges = {};
  RunReopened record{.run = run.key};
  for (const TrialRef& ref : run.trials) {
    SweepState& state = sweeps_[ref.sweep];
    if (ref.last) --state.failed;
    if (!ref.last && state.trial(ref.arm, ref.seed).earlier == index)
      wait_again(ref.sweep, ref.arm, ref.seed, record.waiting);
    if (ref.arm != 0) continue;
    for (uint32_t arm = 1; arm <= state.sweep.arms.size(); ++arm)
      if (needs_baseline(state.sweep.arms[arm - 1])) wait_again(ref.sweep, arm, ref.seed, record.waiting);
  }
  step.records.push_back(std::move(record));
}

// A trial that failed for the lack of a run's counts.
void Core::wait_again(SweepIndex sweep, uint32_t arm, uint32_t seed, std::vector<TrialId>& waiting) {
  SweepState& state = sweeps_[sweep];
  Trial& trial = state.trial(arm, seed);
  if (!trial.failed) return;
  trial.failed = false;
  --state.failed;
  waiting.push_back({.sweep = state.id, .arm = arm, .seed = seed});
}

}  // namespace evensweep::coordinator

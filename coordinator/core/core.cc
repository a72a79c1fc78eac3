#include "coordinator/core/core.h"

#include <algorithm>
#include <utility>

#include "common/model/expand.h"

namespace evensweep::coordinator {

namespace {

bool has_ended(SweepPhase phase) {
  return phase == SweepPhase::kOver || phase == SweepPhase::kStopped || phase == SweepPhase::kCancelled;
}

}  // namespace

const char* sweep_wish_name(SweepWish wish) {
  switch (wish) {
    case SweepWish::kActive: return "active";
    case SweepWish::kPaused: return "paused";
    case SweepWish::kStopped: return "stopped";
    case SweepWish::kCancelled: return "cancelled";
  }
  return "";
}

std::optional<SweepWish> parse_sweep_wish(std::string_view name) {
  for (const SweepWish wish : {SweepWish::kActive, SweepWish::kPaused, SweepWish::kStopped, SweepWish::kCancelled})
    if (name == sweep_wish_name(wish)) return wish;
  return std::nullopt;
}

void Core::restore(const Snapshot& snapshot, TimePoint now) {
  draining_ = snapshot.draining;
  requests_ = snapshot.requests;
  restore_runs(snapshot);
  restore_attempts(snapshot);
  for (const SweepSnapshot& sweep : snapshot.sweeps) restore_sweep(sweep);
  restore_trials(snapshot);
  restore_readiness();
  for (auto& [id, agent] : agents_) extend(agent, now, options_.start_grace);
}

void Core::restore_runs(const Snapshot& snapshot) {
  runs_.reserve(snapshot.runs.size());
  run_index_.reserve(snapshot.runs.size());
  for (const StoredRun& stored : snapshot.runs) {
    const RunId id = add_run(stored.key, stored.classes);
    Run& run = runs_[id];
    run.charged_after = stored.charged_after;
    if (stored.state == StoredRun::State::kFinished) run.state = RunState::kFinished;
    if (stored.state == StoredRun::State::kFailed) {
      run.state = RunState::kFailed;
      run.failure = stored.failure.value_or(FailureClass::kTrainerError);
    }
    if (stored.state == StoredRun::State::kOpen && stored.checkpoint) checkpoints_[id] = *stored.checkpoint;
  }
}

void Core::restore_attempts(const Snapshot& snapshot) {
  for (size_t i = 0; i < snapshot.attempts.size(); ++i) {
    const StoredAttempt& attempt = snapshot.attempts[i];
    if (attempt.run >= runs_.size()) continue;
    // Only the last attempt of a run can be open.
    const bool last = i + 1 == snapshot.attempts.size() || snapshot.attempts[i + 1].run != attempt.run;
    Run& run = runs_[attempt.run];
    if (run.last_attempt > 0) earlier_holders_[{attempt.run, run.last_attempt}] = run.holder;
    run.last_attempt = attempt.number;
    run.holder = number_of(attempt.agent);
    run.lost = attempt.lost;
    if (attempt.failure && !attempt.forgiven && attempt.number > run.charged_after)
      charge(run.charges, *attempt.failure);
    if (!attempt.open || !last || run.state != RunState::kWaiting) continue;
    run.state = RunState::kLeased;
    leases_[attempt.run] = {.agent = attempt.agent};
    agent_named(attempt.agent).leased.insert(attempt.run);
  }
}

void Core::restore_sweep(const SweepSnapshot& stored) {
  SweepState& state = add_sweep(stored.id, stored.sweep);
  state.wish = stored.wish;
  state.asleep = !options_.resume;
  state.device = stored.device;
  if (!state.seeds.empty()) begin_stages(state, stored.decisions);  // else it could not be read
}

void Core::restore_trials(const Snapshot& snapshot) {
  for (const StoredTrial& stored : snapshot.trials) {
    const TrialId& id = stored.trial;
    if (id.sweep >= sweeps_.size()) continue;
    SweepState& state = sweeps_[id.sweep];
    if (id.arm > state.sweep.arms.size() || id.seed >= state.seeds.size()) continue;
    Trial& trial = state.trial(id.arm, id.seed);
    if (!trial.asked) continue;  // a decision has left it out since
    if (!stored.run || *stored.run >= runs_.size()) {
      trial.failed = true;
      ++state.failed;
      continue;
    }
    trial.run = *stored.run;
    Run& run = runs_[trial.run];
    const bool first_of_sweep =
        std::none_of(run.trials.begin(), run.trials.end(), [&](const TrialRef& t) { return t.sweep == id.sweep; });
    run.trials.push_back({.sweep = id.sweep, .arm = id.arm, .seed = id.seed});
    if (run.state == RunState::kFailed) ++state.failed;
    if (run.state == RunState::kLeased) state.leased.insert(trial.run);
    if (run.state != RunState::kFinished) continue;
    ++state.finished;
    if (first_of_sweep) ++(stored.reused ? state.reused : state.trained);
  }
}

void Core::restore_readiness() {
  for (RunId run = 0; run < runs_.size(); ++run)
    if (runs_[run].state == RunState::kWaiting && !runs_[run].trials.empty()) make_ready(run);
  for (SweepState& state : sweeps_) {
    moved_.insert(state.number);
    set_turn(state);
  }
}

Step Core::handle(TimePoint now, const Event& event) {
  Step step;
  std::visit([&](const auto& known) { on(now, known, step); }, event);
  fetch_what_is_to_decide(step);
  const bool more_to_expand = expand(step);
  const bool more_to_grant = grant_all(now, step);
  if (more_to_expand || more_to_grant) step.effects.push_back(GoOn{});
  return step;
}

std::optional<TimePoint> Core::next_deadline() const {
  std::optional<TimePoint> next;
  const auto consider = [&next](const auto& times) {
    if (!times.empty() && (!next || times.begin()->first < *next)) next = times.begin()->first;
  };
  consider(expiries_);
  consider(delayed_);
  consider(releases_);
  return next;
}

SweepPhase Core::phase_of(const SweepState& state) {
  if (state.is_over()) return SweepPhase::kOver;
  switch (state.wish) {
    case SweepWish::kActive: return SweepPhase::kActive;
    case SweepWish::kPaused: return SweepPhase::kPaused;
    case SweepWish::kStopped: return state.leased.empty() ? SweepPhase::kStopped : SweepPhase::kStopping;
    case SweepWish::kCancelled: return SweepPhase::kCancelled;
  }
  return SweepPhase::kActive;
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
  for (const RunId run : state.running) {
    const Lease& lease = leases_.at(run);
    status.running_fraction += lease.progress;
    status.examples_per_second += lease.rate;
  }
  status.agents = static_cast<uint32_t>(connections_.size());
  status.phase = phase_of(state);
  status.over = has_ended(status.phase);
  return status;
}

bool Core::is_over(const SweepId& sweep) const {
  const auto found = sweep_index_.find(sweep);
  return found != sweep_index_.end() && has_ended(phase_of(sweeps_[found->second]));
}

}  // namespace evensweep::coordinator

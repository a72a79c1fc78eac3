// What people want of sweeps: to train them, to pause, stop or cancel them, to try failed runs again.

#include <algorithm>
#include <utility>

#include "common/model/expand.h"
#include "common/model/files.h"
#include "coordinator/core/core.h"

namespace evensweep::coordinator {

// False for a request that was done before.
bool Core::begin_request(const std::string& request, Step& step) {
  if (request.empty()) return true;
  if (!requests_.insert(request).second) return false;
  step.records.push_back(RequestDone{.request = request});
  return true;
}

const char* sweep_action_name(SweepAction action) {
  switch (action) {
    case SweepAction::kPause: return "pause";
    case SweepAction::kResume: return "resume";
    case SweepAction::kStop: return "stop";
    case SweepAction::kCancel: return "cancel";
    case SweepAction::kRetryFailed: return "retry";
  }
  return "";
}

// In the same commit as what was done.
void Core::audit(const std::string& who, const char* what, const std::string& subject, std::string outcome,
                 Step& step) {
  if (who.empty()) return;
  step.records.push_back(Audited{.who = who, .what = what, .subject = subject, .outcome = std::move(outcome)});
}

Core::SweepState& Core::add_sweep(const SweepId& id, const Sweep& sweep) {
  const auto number = static_cast<SweepNumber>(sweeps_.size());
  sweep_index_.emplace(id, number);
  SweepState& state = sweeps_.emplace_back();
  state.number = number;
  state.id = id;
  state.sweep = sweep;
  state.spec_text.emplace(state.sweep);
  state.files = all_file_sums(state.sweep.dataset, state.sweep.model);
  state.needs_baseline.push_back(false);
  for (const Arm& arm : state.sweep.arms) state.needs_baseline.push_back(needs_baseline(arm));
  if (sweep.resources.device != "auto") state.device = sweep.resources.device;
  state.seeds = all_seeds(state.sweep);
  state.trials.resize((state.sweep.arms.size() + 1) * state.seeds.size());
  return state;
}

void Core::on(TimePoint, const SweepSubmitted& event, Step& step) {
  if (!begin_request(event.request, step)) return;
  if (const auto known = sweep_index_.find(event.id); known != sweep_index_.end()) {
    SweepState& state = sweeps_[known->second];
    audit(event.who, "submit", event.id.str(), "it was known here, and goes on", step);
    wake(state);
    if (state.wish != SweepWish::kPaused) set_wish(state, SweepWish::kActive, step);
    retry_failed(state, step);
    return;
  }
  SweepState& state = add_sweep(event.id, event.sweep);
  audit(event.who, "submit", event.id.str(), std::to_string(state.trials.size()) + " trials", step);
  step.records.push_back(
      SweepAdded{.number = state.number, .id = event.id, .sweep = event.sweep, .source = event.source});
  begin_stages(state, {});
}

void Core::on(TimePoint, const SweepControlled& event, Step& step) {
  const auto found = sweep_index_.find(event.sweep);
  if (found == sweep_index_.end() || !begin_request(event.request, step)) return;
  SweepState& state = sweeps_[found->second];
  wake(state);
  const uint64_t failed = state.failed;
  act(state, event.action, step);
  const uint64_t again = failed - std::min(failed, state.failed);
  audit(event.who, sweep_action_name(event.action), event.sweep.str(),
        event.action == SweepAction::kRetryFailed ? std::to_string(again) + " trials are tried again" : "done", step);
}

void Core::act(SweepState& state, SweepAction action, Step& step) {
  switch (action) {
    case SweepAction::kPause: set_wish(state, SweepWish::kPaused, step); return withdraw(state, step);
    case SweepAction::kResume: return set_wish(state, SweepWish::kActive, step);
    case SweepAction::kStop: set_wish(state, SweepWish::kStopped, step); return withdraw(state, step);
    case SweepAction::kCancel: set_wish(state, SweepWish::kCancelled, step); return cancel_runs(state, step);
    case SweepAction::kRetryFailed: set_wish(state, SweepWish::kActive, step); return retry_failed(state, step);
  }
}

// What was trained before is, to whoever asks now, there already.
void Core::wake(SweepState& state) {
  if (!std::exchange(state.asleep, false)) return;
  state.reused += std::exchange(state.trained, 0);
  expanding_.insert(state.number);
  set_turn(state);
}

void Core::set_wish(SweepState& state, SweepWish wish, Step& step) {
  if (state.wish == wish) return;
  state.wish = wish;
  step.records.push_back(SweepWishChanged{.sweep = state.number, .wish = wish});
  set_turn(state);
  if (state.is_active()) expanding_.insert(state.number);
}

// Asks once more for what has failed by accident; everything else is under way or done.
void Core::retry_failed(SweepState& state, Step& step) {
  if (state.failed == 0) return;
  std::set<RunId> failed;
  for (const Trial& trial : state.trials)
    for (const RunId run : {trial.run, trial.earlier})
      if (run != kNoRun && !trial.decided && runs_[run].state == RunState::kFailed &&
          worth_another_try(*runs_[run].failure))
        failed.insert(run);
  for (const RunId run : failed) {
    reopen_run(run, step);
    make_ready(run);
  }
}

// Leases of this sweep alone that its agents have not begun are asked back; an agent answers with their end.
void Core::withdraw(SweepState& state, Step& step) {
  std::map<ConnectionId, Withdraw> asked;
  for (const RunId run : state.leased) {
    const Lease& lease = leases_.at(run);
    const auto& trials = runs_[run].trials;
    const bool wanted = std::any_of(trials.begin(), trials.end(),
                                    [&](const TrialRef& trial) { return sweeps_[trial.sweep].is_active(); });
    const Agent& agent = agents_.at(lease.agent);
    if (!lease.started && !wanted && agent.connection) asked[*agent.connection].attempts.push_back(attempt_of(run));
  }
  for (auto& [connection, attempts] : asked)
    step.effects.push_back(Send{.connection = connection, .message = std::move(attempts)});
}

// Runs that no other sweep wants are stopped where they train. They stay open: the numbers of an attempt that ends
// before it hears of this are taken, and another sweep may ask for them.
void Core::cancel_runs(SweepState& state, Step& step) {
  std::map<ConnectionId, Cancels> cancels;
  const std::set<RunId> leased = state.leased;
  for (const RunId run : leased) {
    const auto& trials = runs_[run].trials;
    if (std::any_of(trials.begin(), trials.end(),
                    [&](const TrialRef& trial) { return sweeps_[trial.sweep].wish != SweepWish::kCancelled; }))
      continue;
    const Agent& agent = agents_.at(leases_.at(run).agent);
    if (agent.connection) cancels[*agent.connection].attempts.push_back(attempt_of(run));
    step.records.push_back(
        AttemptEnded{.run = run,
                     .number = runs_[run].last_attempt,
                     .failure = Failure{.failure = FailureClass::kPreempted, .message = "its sweep was cancelled"}});
    end_lease(run);
    make_ready(run);
  }
  for (auto& [connection, attempts] : cancels)
    step.effects.push_back(Send{.connection = connection, .message = std::move(attempts)});
}

}  // namespace evensweep::coordinator

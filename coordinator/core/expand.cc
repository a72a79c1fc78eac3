// From trials to runs: which treatment a trial gets, and which run that is.

#include <algorithm>
#include <utility>

#include "common/model/expand.h"
#include "common/model/json.h"
#include "coordinator/core/core.h"

namespace evensweep::coordinator {
namespace {

// Counts that are on their way for one sweep: each is held in memory until its arms are unfolded.
constexpr uint32_t kMostFetching = 32;

}  // namespace

void Core::start_expansion(SweepState& state) {
  state.cursor = Cursor{};
  expanding_.insert(state.number);
}

// A slice of what is to be expanded. Sweeps with enough that is ready wait until some of it is granted. Whether there
// is more to do now.
bool Core::expand(Step& step) {
  uint32_t budget = options_.slice;
  const std::set<SweepNumber> sweeps = expanding_;
  for (const SweepNumber number : sweeps) {
    SweepState& state = sweeps_[number];
    if (!state.is_active() || !expand(state, budget, step)) expanding_.erase(number);
    if (budget == 0) break;
  }
  return std::any_of(expanding_.begin(), expanding_.end(), [this](SweepNumber number) {
    return sweeps_[number].ready.size() < options_.ready_ahead && sweeps_[number].fetching < kMostFetching;
  });
}

// False when nothing is left to expand, as things stand.
bool Core::expand(SweepState& state, uint32_t& budget, Step& step) {
  while (budget > 0 && state.ready.size() < options_.ready_ahead) {
    if (state.cursor && state.cursor->baselines) {
      if (state.fetching >= kMostFetching) return true;
      if (!expand_baseline(state, *state.cursor, budget, step)) *state.cursor = {.baselines = false};
    } else if (!state.unfolding.empty()) {
      unfold(state, budget, step);
    } else if (state.cursor) {
      if (!expand_arm(state, *state.cursor, budget, step)) state.cursor.reset();
    } else {
      return false;
    }
  }
  return true;
}

// The baseline of the cursor's seed, and the counts that its dependents wait for. False when there is none left.
bool Core::expand_baseline(SweepState& state, Cursor& cursor, uint32_t& budget, Step& step) {
  if (cursor.seed >= state.seeds.size()) return false;
  const uint32_t seed = cursor.seed++;
  const Trial& trial = state.trial(0, seed);
  if (!trial.asked) return true;
  --budget;
  if (trial.run == kNoRun && !trial.failed)
    resolve({.sweep = state.number, .arm = 0, .seed = seed},
            {.treatment = unit_treatment(state.sweep.classes.names.size())}, step);
  fetch_for_dependents(state, seed, step);
  return true;
}

// The next trial whose treatment needs no baseline.
bool Core::expand_arm(SweepState& state, Cursor& cursor, uint32_t& budget, Step& step) {
  for (; cursor.seed < state.seeds.size(); ++cursor.seed, cursor.arm = 1)
    for (; cursor.arm <= state.sweep.arms.size(); ++cursor.arm) {
      if (state.needs_baseline[cursor.arm] || !state.trial(cursor.arm, cursor.seed).is_open()) continue;
      --budget;
      decide_round(state, cursor.arm++, cursor.seed, std::nullopt, step);
      return true;
    }
  return false;
}

void Core::unfold(SweepState& state, uint32_t& budget, Step& step) {
  const uint32_t seed = state.unfolding.front().seed;
  const std::shared_ptr<const ConfusionMatrix> validation = state.unfolding.front().validation;
  while (budget > 0 && state.ready.size() < options_.ready_ahead) {
    Unfolding& front = state.unfolding.front();
    if (front.next_arm > state.sweep.arms.size()) {
      state.unfolding.pop_front();
      return;
    }
    const uint32_t arm = front.next_arm++;
    if (!state.trial(arm, seed).is_open()) continue;
    --budget;
    decide_round(state, arm, seed, *validation, step);
  }
}

bool Core::has_dependents(const SweepState& state, uint32_t seed) const {
  for (uint32_t arm = 1; arm <= state.sweep.arms.size(); ++arm)
    if (state.needs_baseline[arm] && state.trial(arm, seed).is_open()) return true;
  return false;
}

void Core::fetch_for_dependents(SweepState& state, uint32_t seed, Step& step) {
  const RunId run = state.trial(0, seed).run;
  if (run == kNoRun || runs_[run].state != RunState::kFinished || !has_dependents(state, seed)) return;
  ++state.fetching;
  step.effects.push_back(FetchCounts{.run = run});
}

void Core::on(TimePoint, const CountsFetched& event, Step& step) {
  if (event.run >= runs_.size()) return;
  fetched(event.run);
  use_counts(event.run, event.validation, step);
}

void Core::on(TimePoint, const CountsLost& event, Step& step) {
  if (event.run >= runs_.size()) return;
  fetched(event.run);
  const Failure failure{.failure = FailureClass::kInfrastructure, .message = event.why};
  const auto trials = runs_[event.run].trials;
  for (const TrialRef& trial : trials) {
    if (waits_for(trial, event.run)) fail_round(trial, failure, step);
    if (trial.arm == 0) fail_dependent(sweeps_[trial.sweep], trial.seed, failure, step);
  }
}

void Core::fetched(RunId run) {
  each_sweep(run, [this](SweepState& state) {
    if (state.fetching > 0) --state.fetching;
    expanding_.insert(state.number);
  });
}

// What waits for the counts of a finished run goes on.
void Core::use_counts(RunId run, const ConfusionMatrix& validation, Step& step) {
  std::shared_ptr<const ConfusionMatrix> shared;
  const auto trials = runs_[run].trials;
  for (const TrialRef& trial : trials) {
    SweepState& state = sweeps_[trial.sweep];
    if (waits_for(trial, run)) decide_round(state, trial.arm, trial.seed, validation, step);
    if (trial.arm != 0 || !has_dependents(state, trial.seed)) continue;
    if (!shared) shared = std::make_shared<const ConfusionMatrix>(validation);
    state.unfolding.push_back({.seed = trial.seed, .validation = shared});
    expanding_.insert(state.number);
  }
}

bool Core::waits_for(const TrialRef& ref, RunId run) const {
  const Trial& trial = sweeps_[ref.sweep].trial(ref.arm, ref.seed);
  return !ref.last && trial.earlier == run && trial.run == kNoRun && !trial.failed;
}

// `validation` is that of the round before, the baseline's for the first.
void Core::decide_round(SweepState& state, uint32_t arm, uint32_t seed,
                        const std::optional<ConfusionMatrix>& validation, Step& step) {
  const Arm& described = state.sweep.arms[arm - 1];
  StatusOr<Decision> decision = decide(described, state.sweep.classes.train, validation, state.seeds[seed]);
  if (!decision.ok())
    return fail_trial(state, arm, seed,
                      {.failure = FailureClass::kBadInput, .message = std::string(decision.status().message())}, step);
  Trial& trial = state.trial(arm, seed);
  if (trial.earlier != kNoRun)
    decision->notes.push_back("treated by the TPRs of round " + std::to_string(trial.rounds) + ", run " +
                              to_hex(runs_[trial.earlier].key));
  const bool last = ++trial.rounds >= rounds_of(described);
  resolve({.sweep = state.number, .arm = arm, .seed = seed, .last = last}, *std::move(decision), step);
}

void Core::resolve(const TrialRef& ref, Decision decision, Step& step) {
  const RunId id = run_of(ref, decision, step);
  SweepState& state = sweeps_[ref.sweep];
  Trial& trial = state.trial(ref.arm, ref.seed);
  Run& run = runs_[id];
  (ref.last ? trial.run : trial.earlier) = id;
  if (ref.last)
    step.records.push_back(TrialResolved{.trial = {.sweep = state.number, .arm = ref.arm, .seed = ref.seed},
                                         .run = id,
                                         .notes = std::move(decision.notes),
                                         .reused = run.state == RunState::kFinished});
  moved_.insert(ref.sweep);
  const bool first_of_sweep =
      std::none_of(run.trials.begin(), run.trials.end(), [&](const TrialRef& t) { return t.sweep == ref.sweep; });
  if (run.state == RunState::kFailed && first_of_sweep && !trial.decided && worth_another_try(*run.failure))
    reopen_run(id, step);
  if (run.state == RunState::kWaiting) make_unready(id);
  run.trials.push_back(ref);
  switch (run.state) {
    case RunState::kWaiting: return make_ready(id);
    case RunState::kLeased:  // it runs for this sweep too
      state.leased.insert(id);
      if (leases_.at(id).started) state.running.insert(id);
      return set_turn(state);
    case RunState::kFinished: return join_finished(state, ref, id, first_of_sweep, step);
    case RunState::kFailed: return join_failed(state, ref, id, step);
  }
}

void Core::join_finished(SweepState& state, const TrialRef& ref, RunId run, bool first_of_sweep, Step& step) {
  if (first_of_sweep) ++state.reused;
  if (ref.last) {
    ++state.finished;
    return;
  }
  ++state.fetching;
  step.effects.push_back(FetchCounts{.run = run});
}

void Core::join_failed(SweepState& state, const TrialRef& ref, RunId run, Step& step) {
  const Failure failure{.failure = *runs_[run].failure, .message = "see its own failure"};
  if (!ref.last) return fail_round(ref, failure, step);
  ++state.failed;
  if (ref.arm == 0) fail_dependent(state, ref.seed, failure, step);
}

// The run that a decision asks for, added if nobody has asked for it yet.
RunId Core::run_of(const TrialRef& trial, const Decision& decision, Step& step) {
  const SweepState& state = sweeps_[trial.sweep];
  RunSpecText::Written spec = state.spec_text->write(state.seeds[trial.seed], decision.treatment, decision.variation);
  const Digest key = sha256(spec.text);
  if (const auto known = run_index_.find(key); known != run_index_.end()) return known->second;
  const auto classes = static_cast<uint32_t>(decision.treatment.class_weights.size());
  const RunId run = add_run(key, classes);
  step.records.push_back(RunAdded{.run = run,
                                  .key = key,
                                  .classes = classes,
                                  .spec_json = std::move(spec.text),
                                  .base_json = std::move(spec.parts.base),
                                  .part_json = std::move(spec.parts.part)});
  return run;
}

}  // namespace evensweep::coordinator

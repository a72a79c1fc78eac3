// Sweeps with selection or stopping, one stage after another. A sweep without them is one stage that decides nothing.

#include <map>
#include <utility>

#include "common/model/expand.h"
#include "coordinator/core/core.h"
#include "sweeps/stats/metrics.h"

namespace evensweep::coordinator {

// Stages that were decided before are asked for once more, so that their trials are known again, and decided as before.
void Core::begin_stages(SweepState& state, std::vector<DesignDecision> stored) {
  for (DesignDecision& decision : stored) {
    ask_for_stage(state);
    for (Trial& trial : state.trials) trial.decided = trial.asked;
    state.decisions.push_back(std::move(decision));
  }
  ask_for_stage(state);
}

void Core::ask_for_stage(SweepState& state) {
  state.stage = next_stage(state.sweep, state.decisions);
  moved_.insert(state.number);
  if (state.stage) {
    const Stage& stage = *state.stage;
    for (auto seed = static_cast<uint32_t>(stage.first); seed < stage.end; ++seed) {
      state.trial(0, seed).asked = true;
      for (const uint32_t arm : stage.arms) state.trial(arm, seed).asked = true;
    }
    state.asked += (stage.end - stage.first) * (stage.arms.size() + 1);
    start_expansion(state);
  }
  leave_out(state);
}

// What no later stage can ask for: seeds of a kind that is over, and all of arms that have gone.
void Core::leave_out(SweepState& state) {
  if (state.decisions.empty() && state.stage) return;
  std::vector<bool> stays(state.sweep.arms.size() + 1);
  if (state.stage) {
    stays[0] = true;
    for (const uint32_t arm : state.stage->arms) stays[arm] = true;
  }
  const bool selecting = state.stage && state.stage->kind != StageKind::kLook;
  for (uint32_t arm = 0; arm <= state.sweep.arms.size(); ++arm)
    for (uint32_t seed = 0; seed < state.seeds.size(); ++seed) {
      Trial& trial = state.trial(arm, seed);
      const bool is_over = seed >= state.sweep.seeds.size() && !selecting;
      if (trial.asked || trial.not_needed || (stays[arm] && !is_over)) continue;
      trial.not_needed = true;
      ++state.not_needed;
    }
}

bool Core::is_to_decide(const SweepState& state) const {
  return state.stage && state.stage->decides && state.finished + state.failed == state.asked;
}

void Core::fetch_what_is_to_decide(Step& step) {
  for (const SweepNumber sweep : std::exchange(moved_, {})) {
    SweepState& state = sweeps_[sweep];
    if (state.deciding || !is_to_decide(state)) continue;
    state.deciding = true;
    std::set<RunId> finished;
    for (const Trial& trial : state.trials)
      if (trial.run != kNoRun && runs_[trial.run].state == RunState::kFinished) finished.insert(trial.run);
    step.effects.push_back(FetchStage{.sweep = state.id, .runs = {finished.begin(), finished.end()}});
  }
}

void Core::on(TimePoint, const StageFetched& event, Step& step) {
  const auto found = sweep_index_.find(event.sweep);
  if (found == sweep_index_.end() || !sweeps_[found->second].deciding) return;
  SweepState& state = sweeps_[found->second];
  state.deciding = false;
  moved_.insert(found->second);
  if (!is_to_decide(state)) return;  // a failed run was asked for again meanwhile
  DesignDecision decision = decide_stage(state.sweep, state.decisions, cells_of(state, event.runs));
  for (Trial& trial : state.trials) trial.decided = trial.asked;
  step.records.push_back(DesignDecided{
      .sweep = state.number, .number = static_cast<uint32_t>(state.decisions.size()) + 1, .decision = decision});
  state.decisions.push_back(std::move(decision));
  ask_for_stage(state);
}

StageCells Core::cells_of(const SweepState& state, const std::vector<RunCounts>& counts) const {
  std::map<RunId, StageCell> measured;
  for (const RunCounts& run : counts) {
    StageCell& cell = measured[run.run];
    if (const auto metrics = model_metrics(run.validation); metrics.ok())
      cell.validation_variance = metrics->var_unbiased;
    if (const auto metrics = model_metrics(run.test); metrics.ok()) cell.test_variance = metrics->var_unbiased;
  }
  StageCells cells(state.sweep.arms.size() + 1, std::vector<StageCell>(state.seeds.size()));
  for (uint32_t arm = 0; arm < cells.size(); ++arm)
    for (uint32_t seed = 0; seed < state.seeds.size(); ++seed) {
      const Trial& trial = state.trial(arm, seed);
      if (trial.run == kNoRun) continue;
      if (const auto found = measured.find(trial.run); found != measured.end()) cells[arm][seed] = found->second;
      cells[arm][seed].diverged = runs_[trial.run].failure == FailureClass::kDiverged;
      cells[arm][seed].as_baseline = arm > 0 && trial.run == state.trial(0, seed).run;
    }
  return cells;
}

}  // namespace evensweep::coordinator

#include "sweeps/stats/design_replay.h"

#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "common/base/rng.h"
#include "common/model/expand.h"
#include "sweeps/stats/metrics.h"

namespace evensweep {
namespace {

double draw_normal(Rng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - rng.uniform()));
  return radius * std::cos(2 * std::numbers::pi * rng.uniform());
}

// The first `effective` arms have the effect. The noise of a run has variance 1/2, that of a difference 1.
StageCells draw_cells(const Sweep& sweep, size_t effective, double effect, Rng& rng) {
  StageCells cells(sweep.arms.size() + 1, std::vector<StageCell>(all_seeds(sweep).size()));
  for (size_t arm = 0; arm < cells.size(); ++arm) {
    const double shift = arm >= 1 && arm <= effective ? effect : 0;
    for (StageCell& cell : cells[arm]) {
      cell.test_variance = draw_normal(rng) * std::numbers::sqrt2 / 2 - shift;
      cell.validation_variance = draw_normal(rng) * std::numbers::sqrt2 / 2 - shift;
    }
  }
  return cells;
}

StatusOr<StageCell> cell_of(const RunOutcome& run) {
  StageCell cell;
  cell.diverged = run.failure && run.failure->failure == FailureClass::kDiverged && !run.result;
  if (run.table) {
    EV_ASSIGN_OR_RETURN(const ModelMetrics test, model_metrics(run.table->correct, run.table->total));
    cell.test_variance = test.var_unbiased;
  }
  if (!run.result) return cell;
  EV_ASSIGN_OR_RETURN(const ModelMetrics test, model_metrics(run.result->test));
  cell.test_variance = test.var_unbiased;
  // A class with one validation example has no noise to correct for; then there is nothing to select by.
  if (const auto validation = model_metrics(run.result->validation); validation.ok())
    cell.validation_variance = validation->var_unbiased;
  return cell;
}

}  // namespace

DesignReplay replay_design(const Sweep& sweep, const StageCells& cells) {
  DesignReplay replay;
  while (const std::optional<Stage> stage = next_stage(sweep, replay.decisions)) {
    for (size_t place = stage->first; place < stage->end; ++place) {
      ++replay.trainings;
      for (const uint32_t arm : stage->arms)
        if (!cells[arm][place].as_baseline) ++replay.trainings;
    }
    if (!stage->decides) break;
    replay.decisions.push_back(decide_stage(sweep, replay.decisions, cells));
  }
  return replay;
}

StatusOr<StageCells> stage_cells(const SweepResults& results) {
  const std::vector<uint64_t> seeds = all_seeds(results.sweep);
  std::map<std::pair<std::string, uint64_t>, RunKey> runs;
  for (const TrialOutcome& trial : results.trials)
    if (trial.run) runs.emplace(std::pair(arm_name(trial.arm), trial.seed), *trial.run);
  StageCells cells(results.sweep.arms.size() + 1, std::vector<StageCell>(seeds.size()));
  for (size_t arm = 0; arm < cells.size(); ++arm)
    for (size_t place = 0; place < seeds.size(); ++place) {
      const auto run = runs.find({arm_name(arm_of_trial(results.sweep, arm)), seeds[place]});
      if (run == runs.end()) continue;
      const auto outcome = results.runs.find(run->second);
      if (outcome == results.runs.end()) continue;
      EV_ASSIGN_OR_RETURN(cells[arm][place], cell_of(outcome->second));
      const auto baseline = runs.find({arm_name(arm_of_trial(results.sweep, 0)), seeds[place]});
      cells[arm][place].as_baseline = arm > 0 && baseline != runs.end() && baseline->second == run->second;
    }
  return cells;
}

SimulatedTrainings simulate_trainings(const Sweep& sweep, double effect, int64_t sweeps, uint64_t seed) {
  SimulatedTrainings trainings{.effect = effect};
  const size_t quarter = (sweep.arms.size() + 3) / 4;
  for (int64_t i = 0; i < sweeps; ++i) {
    Rng rng(seed, "simulated trainings", {static_cast<uint64_t>(i)});
    const auto count = [&](size_t effective) {
      return static_cast<double>(replay_design(sweep, draw_cells(sweep, effective, effect, rng)).trainings) /
             static_cast<double>(sweeps);
    };
    trainings.none += count(0);
    trainings.quarter += count(quarter);
  }
  return trainings;
}

}  // namespace evensweep

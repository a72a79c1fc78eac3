#include "sweeps/stats/blocks.h"

#include <algorithm>
#include <map>
#include <utility>

namespace evensweep {
namespace {

using TrialIndex = std::map<std::pair<std::string, uint64_t>, const TrialOutcome*>;

TrialIndex index_trials(const SweepResults& results) {
  TrialIndex index;
  for (const TrialOutcome& trial : results.trials) index.emplace(std::pair(arm_name(trial.arm), trial.seed), &trial);
  return index;
}

std::string text_of(const Failure& failure) {
  return std::string(failure_class_name(failure.failure)) + ": " + failure.message;
}

StatusOr<ModelMetrics> metrics_of(const RunOutcome& run) {
  if (run.result) return model_metrics(run.result->test);
  return run.table->confusions ? model_metrics(*run.table->confusions)
                               : model_metrics(run.table->correct, run.table->total);
}

void read_run(const RunOutcome& run, size_t classes, Cell& cell) {
  if (!run.result && !run.table) {
    cell.diverged = run.failure.has_value() && run.failure->failure == FailureClass::kDiverged;
    cell.lacking = "not finished";
    if (run.failure) cell.lacking = text_of(*run.failure);
    return;
  }
  StatusOr<ModelMetrics> metrics = metrics_of(run);
  if (!metrics.ok()) {
    cell.lacking = std::string(metrics.status().message());
  } else if (metrics->tpr.size() != classes) {
    cell.lacking =
        "its test counts have " + std::to_string(metrics->tpr.size()) + " classes, the data " + std::to_string(classes);
  } else {
    cell.metrics = *std::move(metrics);
  }
}

Cell read_cell(const SweepResults& results, const TrialIndex& index, const Arm& arm, uint64_t seed) {
  Cell cell;
  const auto trial = index.find({arm_name(arm), seed});
  if (trial == index.end() || !trial->second->run.has_value()) {
    cell.lacking = results.table ? "not in the table" : trial == index.end() ? "not started" : "waits for its baseline";
    if (trial != index.end() && trial->second->failure) cell.lacking = text_of(*trial->second->failure);
    if (trial != index.end() && !trial->second->not_needed.empty()) {
      cell.lacking = trial->second->not_needed;
      cell.needed = false;
    }
    return cell;
  }
  cell.run = trial->second->run;
  const auto run = results.runs.find(*cell.run);
  if (run == results.runs.end()) {
    cell.lacking = "not started";
  } else {
    read_run(run->second, results.sweep.classes.names.size(), cell);
  }
  return cell;
}

// The same run as the baseline wherever both are known, and known somewhere.
bool is_identity(const std::vector<Cell>& baseline, const std::vector<Cell>& cells) {
  bool known = false;
  for (size_t b = 0; b < cells.size(); ++b) {
    if (!cells[b].run || !baseline[b].run) continue;
    if (*cells[b].run != *baseline[b].run) return false;
    known = true;
  }
  return known;
}

bool has_any_result(const std::vector<Cell>& cells) {
  return std::any_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell.metrics.has_value(); });
}

bool is_complete(const Blocks& blocks, size_t b) {
  const auto has_result = [b](const ArmCells& arm) {
    return arm.control || arm.identity || arm.out || arm.cells[b].metrics.has_value();
  };
  return blocks.baseline[b].metrics.has_value() && std::all_of(blocks.arms.begin(), blocks.arms.end(), has_result);
}

void note_missing(const std::string& name, const std::vector<Cell>& cells, const std::vector<uint64_t>& seeds,
                  std::vector<Missing>& missing) {
  for (size_t b = 0; b < cells.size(); ++b)
    if (!cells[b].metrics && cells[b].needed) missing.push_back({name, seeds[b], cells[b].lacking});
}

void read_decisions(const SweepResults& results, size_t place, ArmCells& cells) {
  for (const DesignDecision& decision : results.decisions)
    for (const ArmAtDecision& arm : decision.arms) {
      if (arm.arm != place + 1) continue;
      cells.decision = &decision;
      cells.fate = arm.fate;
      cells.p = decision.kind == StageKind::kLook ? arm.p : std::nullopt;
    }
}

// What the last look was decided from, in the order of the seeds: with stopping nothing else is compared.
std::vector<size_t> blocks_of_looks(const SweepResults& results) {
  std::vector<size_t> places;
  if (results.decisions.empty() || results.decisions.back().kind != StageKind::kLook) return places;
  const std::vector<uint64_t>& used = results.decisions.back().blocks;
  for (size_t b = 0; b < results.sweep.seeds.size(); ++b)
    if (std::ranges::find(used, results.sweep.seeds[b]) != used.end()) places.push_back(b);
  return places;
}

}  // namespace

Blocks arrange_blocks(const SweepResults& results) {
  const TrialIndex index = index_trials(results);
  const std::vector<uint64_t>& seeds = results.sweep.seeds;
  Blocks blocks;
  for (uint64_t seed : seeds) blocks.baseline.push_back(read_cell(results, index, Arm{kBaseline, {}, {}}, seed));
  note_missing(kBaseline, blocks.baseline, seeds, blocks.missing);
  for (const Arm& arm : results.sweep.arms) {
    ArmCells cells{.arm = arm, .cells = {}, .control = is_control(arm)};
    read_decisions(results, blocks.arms.size(), cells);
    for (uint64_t seed : seeds) cells.cells.push_back(read_cell(results, index, arm, seed));
    cells.identity = is_identity(blocks.baseline, cells.cells);
    cells.diverged = std::count_if(cells.cells.begin(), cells.cells.end(), [](const Cell& c) { return c.diverged; });
    cells.out = !cells.identity && (cells.diverged > 0 || !has_any_result(cells.cells));
    if (cells.fate == ArmFate::kIdentity) cells.identity = true;
    if (!cells.identity) note_missing(arm_name(arm), cells.cells, seeds, blocks.missing);
    blocks.arms.push_back(std::move(cells));
  }
  // With every method failed there is nothing to compare; the blocks still tell of the baseline.
  if (results.sweep.analysis.stopping) blocks.complete = blocks_of_looks(results);
  for (size_t b = 0; b < seeds.size() && !results.sweep.analysis.stopping; ++b)
    if (is_complete(blocks, b)) blocks.complete.push_back(b);
  return blocks;
}

}  // namespace evensweep

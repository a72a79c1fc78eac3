#include <filesystem>
#include <map>

#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/model/expand.h"
#include "common/model/json.h"
#include "sweeps/table/table.h"

namespace evensweep {
namespace {

// The number of examples of each class, if it is the same at all seeds.
std::vector<int64_t> test_counts(const ResultsTable& table) {
  for (const TableRun& run : table.runs)
    if (run.counts.total != table.runs.front().counts.total) return {};
  return table.runs.empty() ? std::vector<int64_t>() : table.runs.front().counts.total;
}

Status check_primary(const Sweep& sweep) {
  if (!sweep.analysis.primary) return absl::OkStatus();
  std::vector<std::string> names;
  for (const Arm& arm : sweep.arms) {
    names.push_back(arm_name(arm));
    if (names.back() == *sweep.analysis.primary) return absl::OkStatus();
  }
  const auto near = nearest_name(*sweep.analysis.primary, names);
  return absl::InvalidArgumentError("the primary comparison " + in_quotes(*sweep.analysis.primary) +
                                    " is no method of the table; " + (near ? "did you mean " : "one is ") +
                                    in_quotes(near.value_or(names.front())) + (near ? "?" : ""));
}

Sweep sweep_of(const ResultsTable& table, const AnalysisSpec& analysis) {
  Sweep sweep;
  sweep.name = std::filesystem::path(table.source.path).stem().string();
  sweep.classes = {.names = table.classes, .train = {}, .validation = {}, .test = test_counts(table)};
  sweep.seeds = table.seeds;
  sweep.arms = table.arms;
  sweep.analysis = analysis;
  return sweep;
}

// The same table under the same plan of analysis has the same id.
SweepId id_of(const ResultsTable& table, const Sweep& sweep) {
  return SweepId(sha256_hex(Json{{"table", table.source.sha256}, {"analysis", to_json(sweep)["analysis"]}}.dump()));
}

RunKey key_of(const ResultsTable& table, const Arm& arm, uint64_t seed) {
  return RunKey(sha256_hex(Json{{"table", table.source.sha256}, {"arm", to_json(arm)}, {"seed", seed}}.dump()));
}

}  // namespace

StatusOr<SweepResults> results_of(const ResultsTable& table, const AnalysisSpec& analysis) {
  SweepResults results;
  results.sweep = sweep_of(table, analysis);
  EV_RETURN_IF_ERROR(check_primary(results.sweep));
  results.id = id_of(table, results.sweep);
  results.table = table.source;
  std::map<std::pair<size_t, size_t>, const TableRun*> runs;
  for (const TableRun& run : table.runs) runs[{run.arm, run.seed}] = &run;
  for (size_t a = 0; a <= table.arms.size(); ++a) {
    for (size_t s = 0; s < table.seeds.size(); ++s) {
      TrialOutcome trial{.arm = arm_of_trial(results.sweep, a), .seed = table.seeds[s], .run = {}, .notes = {}};
      if (const auto run = runs.find({a, s}); run != runs.end()) {
        trial.run = key_of(table, trial.arm, trial.seed);
        RunOutcome outcome{.key = *trial.run, .treatment = {}, .result = {}, .failure = {}};
        outcome.table = run->second->counts;
        results.runs[*trial.run] = std::move(outcome);
      }
      results.trials.push_back(std::move(trial));
    }
  }
  return results;
}

}  // namespace evensweep

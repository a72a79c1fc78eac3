#pragma once
// The tables that somebody would write who has the results of a sweep, for tests of what reads them.

#include <map>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "common/model/result.h"

namespace evensweep::results_table {

inline std::string quoted(const std::string& text) {
  std::string cell = "\"";
  for (char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + "\"";
}

// Names of all hyperparameters of the sweep's arms.
inline std::vector<std::string> settings_of(const Sweep& sweep) {
  std::map<std::string, bool> names;
  for (const Arm& arm : sweep.arms) {
    for (const auto& [name, value] : arm.parameters) names[name] = true;
    for (const auto& [name, value] : arm.options) names[name] = true;
  }
  std::vector<std::string> list;
  for (const auto& [name, used] : names) list.push_back(name);
  return list;
}

// "method,hyperparameters,seed"
inline std::string row_start(const Arm& arm, uint64_t seed, const std::vector<std::string>& settings) {
  std::string row = quoted(arm.method);
  for (const std::string& name : settings) {
    row += ",";
    if (const auto value = arm.parameters.find(name); value != arm.parameters.end()) row += shortest(value->second);
    if (const auto value = arm.options.find(name); value != arm.options.end()) row += quoted(value->second);
  }
  return row + "," + std::to_string(seed);
}

inline std::string header_start(const std::vector<std::string>& settings) {
  std::string header = "method";
  for (const std::string& name : settings) header += "," + quoted(name);
  return header + ",seed";
}

inline const ConfusionMatrix* test_of(const SweepResults& results, const TrialOutcome& trial) {
  if (!trial.run) return nullptr;
  const auto run = results.runs.find(*trial.run);
  return run == results.runs.end() || !run->second.result ? nullptr : &run->second.result->test;
}

inline int64_t total_of(const ConfusionMatrix& test, int64_t truth) {
  int64_t total = 0;
  for (int64_t predicted = 0; predicted < test.classes; ++predicted) total += test.at(truth, predicted);
  return total;
}

inline std::string counts(const SweepResults& results) {
  const auto settings = settings_of(results.sweep);
  std::string table = header_start(settings) + ",class,correct,total\n";
  for (const TrialOutcome& trial : results.trials)
    if (const ConfusionMatrix* test = test_of(results, trial))
      for (int64_t c = 0; c < test->classes; ++c)
        table += row_start(trial.arm, trial.seed, settings) + "," +
                 quoted(results.sweep.classes.names[static_cast<size_t>(c)]) + "," + std::to_string(test->at(c, c)) +
                 "," + std::to_string(total_of(*test, c)) + "\n";
  return table;
}

// A pair of arm and seed whose baseline lacks has no row.
inline std::string wide_counts(const SweepResults& results) {
  const auto settings = settings_of(results.sweep);
  std::map<uint64_t, const ConfusionMatrix*> baselines;
  std::string table =
      header_start(settings) + ",class,baseline_correct,baseline_total,rebalanced_correct,rebalanced_total\n";
  for (const TrialOutcome& trial : results.trials) {
    const ConfusionMatrix* test = test_of(results, trial);
    if (trial.arm.method == kBaseline) baselines[trial.seed] = test;
    const ConfusionMatrix* baseline = baselines[trial.seed];
    if (trial.arm.method == kBaseline || test == nullptr || baseline == nullptr) continue;
    for (int64_t c = 0; c < test->classes; ++c)
      table += row_start(trial.arm, trial.seed, settings) + "," +
               quoted(results.sweep.classes.names[static_cast<size_t>(c)]) + "," + std::to_string(baseline->at(c, c)) +
               "," + std::to_string(total_of(*baseline, c)) + "," + std::to_string(test->at(c, c)) + "," +
               std::to_string(total_of(*test, c)) + "\n";
  }
  return table;
}

inline std::string predictions(const SweepResults& results) {
  const auto settings = settings_of(results.sweep);
  const auto& names = results.sweep.classes.names;
  std::string table = header_start(settings) + ",label,prediction\n";
  for (const TrialOutcome& trial : results.trials) {
    const ConfusionMatrix* test = test_of(results, trial);
    if (test == nullptr) continue;
    const std::string start = row_start(trial.arm, trial.seed, settings);
    for (size_t i = 0; i < test->counts.size(); ++i)
      for (int64_t n = 0; n < test->counts[i]; ++n)
        table += start + "," + quoted(names[i / names.size()]) + "," + quoted(names[i % names.size()]) + "\n";
  }
  return table;
}

}  // namespace evensweep::results_table

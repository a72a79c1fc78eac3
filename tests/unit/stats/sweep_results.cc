#include "tests/unit/stats/sweep_results.h"

#include "common/model/json.h"

namespace evensweep {
namespace {

RunKey key_of(const Arm& arm, uint64_t seed) { return RunKey(arm_name(arm) + "/" + std::to_string(seed)); }

RunOutcome& add_run(SweepResults& results, const Arm& arm, uint64_t seed) {
  const RunKey key = key_of(arm, seed);
  results.trials.push_back({arm, seed, key, {}});
  RunOutcome& run = results.runs[key];
  run.key = key;
  return run;
}

}  // namespace

SweepResults make_sweep(int64_t seeds, const std::vector<Arm>& arms, int64_t classes, int64_t support) {
  SweepResults results;
  Sweep& sweep = results.sweep;
  for (int64_t seed = 1; seed <= seeds; ++seed) sweep.seeds.push_back(static_cast<uint64_t>(seed));
  sweep.arms = arms;
  sweep.dataset.test_files = {{"test.csv", "00"}};
  for (int64_t c = 0; c < classes; ++c) sweep.classes.names.push_back("class " + std::to_string(c));
  sweep.classes.train.assign(sweep.classes.names.size(), 1000);
  sweep.classes.validation.assign(sweep.classes.names.size(), 100);
  sweep.classes.test.assign(sweep.classes.names.size(), support);
  return results;
}

ConfusionMatrix confusion_of(const std::vector<int64_t>& correct, int64_t support) {
  const size_t classes = correct.size();
  ConfusionMatrix matrix{static_cast<int64_t>(classes), std::vector<int64_t>(classes * classes)};
  for (size_t c = 0; c < classes; ++c) {
    matrix.counts[c * classes + (c + 1) % classes] = support - correct[c];
    matrix.counts[c * classes + c] = correct[c];
  }
  return matrix;
}

void add_result(SweepResults& results, const Arm& arm, uint64_t seed, const std::vector<int64_t>& correct) {
  RunResult result;
  result.test = confusion_of(correct, results.sweep.classes.test.at(0));
  add_run(results, arm, seed).result = result;
}

void add_failure(SweepResults& results, const Arm& arm, uint64_t seed, FailureClass failure) {
  add_run(results, arm, seed).failure = Failure{failure, "loss is not finite at epoch 3", ""};
}

void add_same_run_as_baseline(SweepResults& results, const Arm& arm, uint64_t seed) {
  results.trials.push_back({arm, seed, key_of(baseline_arm(), seed), {}});
}

std::vector<int64_t> draw_correct(Rng& rng, const std::vector<double>& tpr, int64_t support) {
  std::vector<int64_t> correct;
  for (double p : tpr) {
    int64_t hits = 0;
    for (int64_t i = 0; i < support; ++i) hits += rng.uniform() < p ? 1 : 0;
    correct.push_back(hits);
  }
  return correct;
}

}  // namespace evensweep

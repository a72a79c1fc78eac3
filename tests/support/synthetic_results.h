#pragma once
// Results of sweeps that were never trained: realistic per-class rates drawn from named random streams, for tests of
// whatever comes after training. The same options give the same results.

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "common/base/rng.h"
#include "common/model/json.h"
#include "common/model/result.h"

namespace evensweep {

struct SyntheticArm {
  Arm arm;
  double pull = 0;             // share of each class's distance from the mean TPR that the arm takes away; < 0: adds
  double accuracy_change = 0;  // of every class
  bool identity = false;       // shares the baseline's runs
};

// What becomes of an arm's run at a seed, by position in the sweep; arm 0 is the baseline.
struct SyntheticLoss {
  size_t arm = 0, seed = 0;
  bool is_failure = false;  // else: never finished
  Failure failure;
};

struct SyntheticOptions {
  std::string name = "synthetic";
  size_t classes = 10;
  size_t seeds = 8;
  int64_t test_per_class = 200;
  size_t epochs = 12;
  double mean_tpr = 0.82, spread = 0.09, seed_noise = 0.01;
  std::vector<SyntheticArm> arms;        // empty: standard_arms()
  std::vector<SyntheticLoss> losses;     // runs without a result
  std::vector<std::string> class_names;  // empty: "class 0", "class 1", ...
  std::vector<std::string> notes;        // of every trial but the baselines
  std::string finished_at = "2026-11-23T10:00:00Z";
  double second = 1;  // length of the training times: another value, another execution
  std::string device = "cpu (AVX2)";
};

namespace synthetic {

inline std::vector<SyntheticArm> standard_arms() {
  return {{.arm = {"tpr_weighting", {{"gamma", 0.5}}, {}}, .pull = 0.15, .accuracy_change = 0, .identity = false},
          {.arm = {"tpr_weighting", {{"gamma", 1}}, {}}, .pull = 0.3, .accuracy_change = -0.001, .identity = false},
          {.arm = {"tpr_weighting", {{"gamma", 2}}, {}}, .pull = 0.45, .accuracy_change = -0.02, .identity = false},
          {.arm = {"effective_number", {{"beta", 0.99}}, {{"counts", "tpr"}}},
           .pull = 0.05,
           .accuracy_change = 0,
           .identity = false},
          {.arm = {"focal_loss", {{"gamma", 2}}, {}}, .pull = -0.2, .accuracy_change = -0.004, .identity = false},
          {.arm = {"effective_number", {{"beta", 0.999}}, {{"counts", "train"}}},
           .pull = 0,
           .accuracy_change = 0,
           .identity = true}};
}

inline double normal(Rng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - rng.uniform()));
  return radius * std::cos(6.283185307179586 * rng.uniform());
}

// The true rates of a class: of the data set, then of a seed's baseline, then of an arm at that seed.
inline double true_rate(const SyntheticOptions& options, size_t c, size_t seed, const SyntheticArm* arm) {
  Rng of_class(11, "synthetic class", {c});
  Rng of_block(11, "synthetic block", {c, seed});
  double rate = options.mean_tpr + options.spread * normal(of_class) + options.seed_noise * normal(of_block);
  if (arm != nullptr) rate = rate - arm->pull * (rate - options.mean_tpr) + arm->accuracy_change;
  return std::clamp(rate, 0.02, 0.995);
}

inline ConfusionMatrix confusions(const SyntheticOptions& options, size_t seed, size_t arm, const SyntheticArm* effect,
                                  const char* purpose) {
  const size_t classes = options.classes;
  ConfusionMatrix matrix{.classes = static_cast<int64_t>(classes), .counts = std::vector<int64_t>(classes * classes)};
  for (size_t truth = 0; truth < classes; ++truth) {
    Rng rng(12, purpose, {seed, arm, truth});
    const double rate = true_rate(options, truth, seed, effect);
    for (int64_t i = 0; i < options.test_per_class; ++i) {
      const bool is_right = classes == 1 || rng.uniform() < rate;
      const size_t wrong =
          (truth + 1 + std::min(rng.below(classes), rng.below(classes)) % std::max<size_t>(1, classes - 1)) % classes;
      ++matrix.counts[truth * classes + (is_right ? truth : wrong)];
    }
  }
  return matrix;
}

inline std::vector<uint16_t> predictions_of(const ConfusionMatrix& test) {
  std::vector<uint16_t> list;
  for (size_t i = 0; i < test.counts.size(); ++i)
    list.insert(list.end(), static_cast<size_t>(test.counts[i]),
                static_cast<uint16_t>(i % static_cast<size_t>(test.classes)));
  return list;
}

inline RunResult result_of(const SyntheticOptions& options, size_t seed, size_t arm, const SyntheticArm* effect) {
  RunResult result;
  result.validation = confusions(options, seed, arm, effect, "synthetic validation");
  result.test = confusions(options, seed, arm, effect, "synthetic test");
  result.test_predictions = predictions_of(result.test);
  for (size_t epoch = 1; epoch <= options.epochs; ++epoch) {
    const double left = std::exp(-0.35 * static_cast<double>(epoch));
    result.curve.push_back({.epoch = static_cast<int64_t>(epoch),
                            .train_loss = 0.2 + (2.0 + 0.1 * static_cast<double>(arm)) * left,
                            .validation_accuracy = options.mean_tpr - 0.6 * left - 0.002 * static_cast<double>(arm),
                            .lr = 0.1 * left});
  }
  result.model_parameters = 4810;
  result.times = {.train_seconds = 1.5 * options.second,
                  .evaluate_seconds = 0.1 * options.second,
                  .examples_per_second = 20000 / options.second,
                  .finished_at = options.finished_at};
  result.environment = {
      .trainer = "evensweep-trainer 0.1.0", .libtorch = "2.11.0", .device = options.device, .threads = 1};
  return result;
}

inline Treatment treatment_of(const SyntheticOptions& options, size_t seed, const SyntheticArm* arm) {
  Treatment treatment{.class_weights = std::vector<double>(options.classes, 1.0), .focal_gamma = 0};
  if (arm == nullptr || arm->identity) return treatment;
  double sum = 0;
  for (size_t c = 0; c < options.classes; ++c)
    sum += treatment.class_weights[c] =
        std::pow(options.mean_tpr / true_rate(options, c, seed, nullptr), 1 + 5 * arm->pull);
  for (double& weight : treatment.class_weights) weight *= static_cast<double>(options.classes) / sum;
  if (arm->arm.method == "focal_loss") treatment.focal_gamma = arm->arm.parameters.at("gamma");
  return treatment;
}

inline Sweep sweep_of(const SyntheticOptions& options) {
  Sweep sweep;
  sweep.name = options.name;
  sweep.dataset.name = "synthetic";
  sweep.dataset.train_files = {{.path = "/data/synthetic.csv", .sha256 = std::string(64, 'a')}};
  sweep.dataset.columns.label = "label";
  sweep.dataset.split = {.validation_fraction = 0.2, .test_fraction = 0.2, .seed = {}};
  for (size_t c = 0; c < options.classes; ++c)
    sweep.classes.names.push_back(c < options.class_names.size() ? options.class_names[c]
                                                                 : "class " + std::to_string(c));
  sweep.classes.train.assign(options.classes, 3 * options.test_per_class);
  sweep.classes.validation.assign(options.classes, options.test_per_class);
  sweep.classes.test.assign(options.classes, options.test_per_class);
  sweep.model = {.name = "mlp", .hidden = {64}, .dropout = 0};
  sweep.training.epochs = static_cast<int64_t>(std::max<size_t>(1, options.epochs));
  for (size_t seed = 0; seed < options.seeds; ++seed) sweep.seeds.push_back(seed);
  for (const SyntheticArm& arm : options.arms) sweep.arms.push_back(arm.arm);
  return sweep;
}

inline RunSpec run_spec_of(const Sweep& sweep, uint64_t seed, Treatment treatment) {
  return {.dataset = sweep.dataset,
          .model = sweep.model,
          .training = sweep.training,
          .seed = seed,
          .treatment = std::move(treatment),
          .trainer = kTrainerNumerics};
}

inline const SyntheticLoss* loss_at(const SyntheticOptions& options, size_t arm, size_t seed) {
  for (const SyntheticLoss& loss : options.losses)
    if (loss.arm == arm && loss.seed == seed) return &loss;
  return nullptr;
}

inline void add_trial(SweepResults& results, const SyntheticOptions& options, size_t arm, size_t seed) {
  const SyntheticArm* effect = arm == 0 ? nullptr : &options.arms[arm - 1];
  const bool is_identity = effect != nullptr && effect->identity;
  const Treatment treatment = treatment_of(options, seed, effect);
  if (arm > 0 && !is_identity && loss_at(options, 0, seed) != nullptr) {  // no TPRs to make a treatment from
    results.trials.push_back({.arm = effect->arm, .seed = results.sweep.seeds[seed], .run = {}, .notes = {}});
    return;
  }
  const RunKey key = run_key(run_spec_of(results.sweep, results.sweep.seeds[seed], treatment));
  results.trials.push_back({.arm = arm == 0 ? Arm{kBaseline, {}, {}} : effect->arm,
                            .seed = results.sweep.seeds[seed],
                            .run = key,
                            .notes = arm == 0 ? std::vector<std::string>() : options.notes});
  if (is_identity && results.runs.contains(key)) return;
  RunOutcome outcome{.key = key, .treatment = treatment, .result = {}, .failure = {}};
  if (const SyntheticLoss* loss = loss_at(options, arm, seed)) {
    if (loss->is_failure) outcome.failure = loss->failure;
  } else {
    outcome.result = result_of(options, seed, arm, effect);
  }
  results.runs[key] = std::move(outcome);
}

}  // namespace synthetic

inline SweepResults synthetic_results(SyntheticOptions options = {}) {
  if (options.arms.empty()) options.arms = synthetic::standard_arms();
  SweepResults results;
  results.sweep = synthetic::sweep_of(options);
  results.id = sweep_id(results.sweep);
  for (size_t arm = 0; arm <= options.arms.size(); ++arm)
    for (size_t seed = 0; seed < options.seeds; ++seed) synthetic::add_trial(results, options, arm, seed);
  return results;
}

}  // namespace evensweep

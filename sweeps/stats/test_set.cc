#include "sweeps/stats/test_set.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "sweeps/stats/test_images.h"

namespace evensweep {
namespace {

using Labels = std::vector<uint16_t>;

struct Predicted {
  const Labels* labels = nullptr;
  const Labels* baseline = nullptr;
  const Labels* rebalanced = nullptr;
};

const Labels* predictions_of(const SweepResults& results, const Arm& arm, uint64_t seed) {
  for (const TrialOutcome& trial : results.trials) {
    if (trial.seed != seed || trial.arm != arm || !trial.run) continue;
    const auto run = results.runs.find(*trial.run);
    return run != results.runs.end() && run->second.result ? &run->second.result->test_predictions : nullptr;
  }
  return nullptr;
}

// Absent where something lacks or differs in length.
std::optional<Predicted> predicted(const SweepResults& results, const TestLabels& all_labels, const Arm& arm,
                                   uint64_t seed) {
  const auto labels = all_labels.find(seed);
  if (labels == all_labels.end()) return std::nullopt;
  const Predicted all{&labels->second, predictions_of(results, Arm{kBaseline, {}, {}}, seed),
                      predictions_of(results, arm, seed)};
  if (all.baseline == nullptr || all.rebalanced == nullptr) return std::nullopt;
  const bool fits = all.baseline->size() == all.labels->size() && all.rebalanced->size() == all.labels->size();
  return fits ? std::optional(all) : std::nullopt;
}

std::optional<JointCounts> joint_counts(const Predicted& p, size_t classes) {
  JointCounts counts;
  for (auto* list : {&counts.both, &counts.only_baseline, &counts.only_rebalanced, &counts.neither})
    list->resize(classes);
  for (size_t i = 0; i < p.labels->size(); ++i) {
    const size_t c = (*p.labels)[i];
    if (c >= classes) return std::nullopt;
    const bool b = (*p.baseline)[i] == c, r = (*p.rebalanced)[i] == c;
    ++(b ? r ? counts.both : counts.only_baseline : r ? counts.only_rebalanced : counts.neither)[c];
  }
  return counts;
}

// What each test example adds to D, were its class met once more like it: (2/C)(d_c y - d'_c y'), y = 1 where right.
void add_scores(const Predicted& p, const TestComparison& models, double weight, std::vector<double>& scores) {
  scores.resize(p.labels->size());
  const ModelMetrics &base = models.baseline, &other = models.rebalanced;
  const double factor = weight * 2 / static_cast<double>(base.tpr.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    const size_t c = (*p.labels)[i];
    if ((*p.baseline)[i] == c) scores[i] += factor * (base.tpr[c] - base.mean_tpr);
    if ((*p.rebalanced)[i] == c) scores[i] -= factor * (other.tpr[c] - other.mean_tpr);
  }
}

// sum_c var_c(scores) / n_c, variances with n_c - 1.
double variance_of_sum(const Labels& labels, const std::vector<double>& scores, size_t classes) {
  std::vector<double> n(classes), mean(classes), squares(classes);
  for (size_t i = 0; i < labels.size(); ++i) ++n[labels[i]], mean[labels[i]] += scores[i];
  for (size_t c = 0; c < classes; ++c) mean[c] /= std::max(1.0, n[c]);
  for (size_t i = 0; i < labels.size(); ++i) squares[labels[i]] += std::pow(scores[i] - mean[labels[i]], 2);
  double sum = 0;
  for (size_t c = 0; c < classes; ++c)
    if (n[c] > 1) sum += squares[c] / (n[c] - 1) / n[c];
  return sum;
}

bool one_test_set(const SweepResults& results, const TestLabels& labels, const ArmEvidence& arm) {
  const Labels& first = labels.at(arm.blocks.front().seed);
  return !splits_each_block_anew(results.sweep.dataset) &&
         std::all_of(arm.blocks.begin(), arm.blocks.end(),
                     [&](const BlockEffect& block) { return labels.at(block.seed) == first; });
}

}  // namespace

bool splits_each_block_anew(const DatasetSpec& dataset) {
  return dataset.test_files.empty() && !dataset.split.seed.has_value();
}

std::optional<TestSetPart> test_set_part(const SweepResults& results, const TestLabels& all_labels,
                                         const ArmEvidence& arm) {
  if (arm.blocks.empty()) return std::nullopt;
  const size_t classes = results.sweep.classes.names.size();
  const double weight = 1 / static_cast<double>(arm.blocks.size());
  TestSetPart part;
  part.se_seeds = arm.d.se;
  std::vector<double> scores;
  double variances = 0;
  for (const BlockEffect& block : arm.blocks) {
    const auto p = predicted(results, all_labels, arm.arm, block.seed);
    const auto counts = p ? joint_counts(*p, classes) : std::nullopt;
    if (!counts) return std::nullopt;
    const StatusOr<TestComparison> models = compare_on_test(*counts);
    // Otherwise the data are no longer those that were tested on.
    if (!models.ok() || models->baseline.tpr != block.baseline.tpr || models->rebalanced.tpr != block.rebalanced.tpr)
      return std::nullopt;
    const int64_t b = models->discordant_baseline, r = models->discordant_rebalanced;
    part.blocks.push_back({block.seed, b, r, models->mcnemar_p, models->d_test_se});
    part.accuracy_se += weight * std::sqrt(static_cast<double>(b + r)) / static_cast<double>(p->labels->size());
    variances += std::pow(weight * models->d_test_se, 2);
    if (scores.empty() || scores.size() == p->labels->size()) add_scores(*p, *models, weight, scores);
  }
  part.shared = one_test_set(results, all_labels, arm);
  const Labels& labels = all_labels.at(arm.blocks.front().seed);
  part.se_test = std::sqrt(part.shared ? variance_of_sum(labels, scores, classes) : variances);
  part.se_new = part.shared ? std::hypot(part.se_seeds, part.se_test) : part.se_seeds;
  return part;
}

}  // namespace evensweep

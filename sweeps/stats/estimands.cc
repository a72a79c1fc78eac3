#include <cmath>

#include "sweeps/stats/details.h"
#include "sweeps/stats/max_t.h"

namespace evensweep {
namespace {

double mean_abs_deviation(const ModelMetrics& m) {
  double sum = 0;
  for (double s : m.tpr) sum += std::abs(s - m.mean_tpr);
  return sum / static_cast<double>(m.tpr.size());
}

// What a measure says of `model`, in a block whose baseline is `baseline`. NaN where it is not known.
struct Measure {
  const char* name;
  double (*of)(const ModelMetrics& model, const ModelMetrics& baseline);
};

constexpr Measure kMeasures[] = {
    {"accuracy", [](const ModelMetrics& m, const ModelMetrics&) { return m.accuracy; }},
    {"balanced_accuracy", [](const ModelMetrics& m, const ModelMetrics&) { return m.mean_tpr; }},
    {"macro_f1", [](const ModelMetrics& m, const ModelMetrics&) { return m.macro_f1.value_or(NAN); }},
    {"worst_tpr", [](const ModelMetrics& m, const ModelMetrics&) { return m.worst_tpr; }},
    {"baseline_worst_class_tpr",
     [](const ModelMetrics& m, const ModelMetrics& baseline) {
       return m.tpr[static_cast<size_t>(baseline.worst_class)];
     }},
    {"range", [](const ModelMetrics& m, const ModelMetrics&) { return m.range; }},
    {"mean_abs_deviation", [](const ModelMetrics& m, const ModelMetrics&) { return mean_abs_deviation(m); }},
    {"cv", [](const ModelMetrics& m, const ModelMetrics&) { return std::sqrt(m.var) / m.mean_tpr; }},
};

bool all_finite(const std::vector<double>& values) {
  for (double x : values)
    if (!std::isfinite(x)) return false;
  return true;
}

}  // namespace

std::vector<Estimand> estimands_of(const std::vector<BlockEffect>& blocks, double alpha) {
  std::vector<Estimand> list;
  for (const Measure& measure : kMeasures) {
    Estimand estimand{measure.name, {}, {}, {}};
    std::vector<double> change;
    for (const BlockEffect& block : blocks) {
      estimand.baseline.push_back(measure.of(block.baseline, block.baseline));
      estimand.rebalanced.push_back(measure.of(block.rebalanced, block.baseline));
      change.push_back(estimand.rebalanced.back() - estimand.baseline.back());
    }
    if (!all_finite(estimand.baseline) || !all_finite(estimand.rebalanced)) continue;
    estimand.change = paired_t(change, alpha, 1);
    list.push_back(std::move(estimand));
  }
  return list;
}

std::vector<ClassChange> class_changes(const ArmEvidence& arm, double alpha) {
  const size_t classes = arm.blocks.empty() ? 0 : arm.blocks.front().baseline.tpr.size();
  if (classes > kMostTestedClasses || !arm.tested) return {};
  FamilyDifferences changes(classes);
  for (size_t c = 0; c < classes; ++c)
    for (const BlockEffect& block : arm.blocks) changes[c].push_back(block.rebalanced.tpr[c] - block.baseline.tpr[c]);
  const auto tests = max_t_sign_flip(changes, {.side = Side::kTwoSided});
  const auto intervals = simultaneous_intervals(changes, alpha);
  std::vector<ClassChange> list;
  for (size_t c = 0; c < classes; ++c)
    list.push_back({tests[c] ? std::optional(tests[c]->p_step_down) : std::nullopt, intervals[c]});
  return list;
}

}  // namespace evensweep

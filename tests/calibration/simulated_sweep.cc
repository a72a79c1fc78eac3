#include "tests/calibration/simulated_sweep.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace evensweep {
namespace {

constexpr double kMeanTpr = 0.8;

double draw_normal(Rng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - rng.uniform()));
  return radius * std::cos(2 * std::numbers::pi * rng.uniform());
}

// Mean 0 and variance 1 over the classes, evenly spaced.
std::vector<double> class_contrast(int64_t classes) {
  std::vector<double> contrast;
  const auto count = static_cast<double>(classes);
  for (int64_t c = 0; c < classes; ++c)
    contrast.push_back((static_cast<double>(c) - (count - 1) / 2) / std::sqrt((count * count - 1) / 12));
  return contrast;
}

// Binomial counts; with thousands of examples the normal distribution is as good.
int64_t draw_correct_of(Rng& rng, double tpr, int64_t support) {
  const auto n = static_cast<double>(support);
  const double drawn = std::round(n * tpr + std::sqrt(n * tpr * (1 - tpr)) * draw_normal(rng));
  return static_cast<int64_t>(std::clamp(drawn, 0.0, n));
}

TableCounts draw_run(Rng& rng, const SimulatedDesign& design, NoiseShape shape, double variance) {
  const double spread = std::sqrt(std::max(0.0, variance + kVarianceNoise * draw_noise(rng, shape)));
  const double mean = kMeanTpr + design.accuracy_noise * draw_normal(rng);
  TableCounts counts;
  for (const double contrast : class_contrast(design.classes)) {
    counts.correct.push_back(draw_correct_of(rng, std::clamp(mean + spread * contrast, 0.0, 1.0), design.support));
    counts.total.push_back(design.support);
  }
  return counts;
}

void add_trial(SweepResults& results, const Arm& arm, uint64_t seed, TableCounts counts) {
  const RunKey key(arm_name(arm) + "/" + std::to_string(seed));
  results.trials.push_back({.arm = arm, .seed = seed, .run = key});
  results.runs[key] = {.key = key, .table = std::move(counts)};
}

}  // namespace

const char* noise_shape_name(NoiseShape shape) {
  switch (shape) {
    case NoiseShape::kSymmetric: return "symmetric";
    case NoiseShape::kRightSkewed: return "right-skewed";
    case NoiseShape::kLeftSkewed: return "left-skewed";
  }
  return "";
}

double draw_noise(Rng& rng, NoiseShape shape) {
  if (shape == NoiseShape::kSymmetric) return draw_normal(rng);
  const double skewed = -std::log(1 - rng.uniform()) - 1;
  return shape == NoiseShape::kRightSkewed ? skewed : -skewed;
}

double true_effect(const SimulatedDesign& design) { return design.effect_size * std::numbers::sqrt2 * kVarianceNoise; }

SweepResults simulate_sweep(const SimulatedDesign& design, uint64_t index) {
  SweepResults results;
  Sweep& sweep = results.sweep;
  sweep.name = "simulated";
  const auto classes = static_cast<size_t>(design.classes);
  for (size_t c = 0; c < classes; ++c) sweep.classes.names.push_back("class " + std::to_string(c));
  for (auto* counts : {&sweep.classes.train, &sweep.classes.validation, &sweep.classes.test})
    counts->assign(classes, design.support);
  for (int64_t arm = 0; arm < design.arms; ++arm)
    sweep.arms.push_back({"tpr_weighting", {{"gamma", static_cast<double>(arm + 1)}}, {}});
  for (int64_t seed = 1; seed <= design.blocks; ++seed) sweep.seeds.push_back(static_cast<uint64_t>(seed));
  const NoiseShape arm_shape = design.only_baseline ? NoiseShape::kSymmetric : design.shape;
  for (const uint64_t seed : sweep.seeds) {
    Rng rng(index, "simulated sweep", {seed});
    add_trial(results, {kBaseline, {}, {}}, seed, draw_run(rng, design, design.shape, kTrueVariance));
    for (int64_t arm = 0; arm < design.arms; ++arm) {
      const double variance = kTrueVariance - (arm < design.effective ? true_effect(design) : 0);
      add_trial(results, sweep.arms[static_cast<size_t>(arm)], seed, draw_run(rng, design, arm_shape, variance));
    }
  }
  return results;
}

}  // namespace evensweep

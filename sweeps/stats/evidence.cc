#include "sweeps/stats/evidence.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "sweeps/stats/adjust.h"
#include "sweeps/stats/blocks.h"
#include "sweeps/stats/design.h"
#include "sweeps/stats/max_t.h"
#include "sweeps/stats/words.h"

namespace evensweep {
namespace {

constexpr double kRelativeZero = 1e-12;

Status check_sweep(const Sweep& sweep) {
  const AnalysisSpec& analysis = sweep.analysis;
  if (!(analysis.alpha > 0 && analysis.alpha < 1)) {
    return absl::InvalidArgumentError(fmt::format("analysis.alpha is {}; it must be between 0 and 1", analysis.alpha));
  }
  if (!(analysis.accuracy_margin >= 0 && std::isfinite(analysis.accuracy_margin))) {
    return absl::InvalidArgumentError(
        fmt::format("analysis.accuracy_margin is {}; it must be 0 or more", analysis.accuracy_margin));
  }
  if (analysis.correction != kMaxT && analysis.correction != "holm" && analysis.correction != "none") {
    return absl::InvalidArgumentError(
        fmt::format("analysis.correction is \"{}\"; it must be max_t, holm or none", analysis.correction));
  }
  std::set<std::string> names;
  for (const Arm& arm : sweep.arms) {
    if (!names.insert(arm_name(arm)).second) {
      return absl::InvalidArgumentError(fmt::format("the arm {} is listed twice; keep one", arm_name(arm)));
    }
  }
  if (std::set<uint64_t>(sweep.seeds.begin(), sweep.seeds.end()).size() != sweep.seeds.size()) {
    return absl::InvalidArgumentError("a seed is listed twice; keep one, a repeated seed is no new evidence");
  }
  return absl::OkStatus();
}

BlockEffect compare(uint64_t seed, const ModelMetrics& baseline, const ModelMetrics& rebalanced) {
  return {.seed = seed,
          .baseline = baseline,
          .rebalanced = rebalanced,
          .d = baseline.var - rebalanced.var,
          .d_unbiased = baseline.var_unbiased - rebalanced.var_unbiased,
          .accuracy_change = rebalanced.accuracy - baseline.accuracy,
          .worst_tpr_change = rebalanced.worst_tpr - baseline.worst_tpr};
}

template <typename Field>
std::vector<double> collect(const std::vector<BlockEffect>& blocks, Field field) {
  std::vector<double> values;
  for (const BlockEffect& block : blocks) values.push_back(field(block));
  return values;
}

double largest_variance(const std::vector<BlockEffect>& blocks) {
  double most = 0;
  for (const BlockEffect& block : blocks) most = std::max({most, block.baseline.var, block.rebalanced.var});
  return most;
}

// What the tests see of an arm: differences that only rounding makes are none.
std::vector<double> differences(const ArmEvidence& arm) {
  auto d = collect(arm.blocks, [](const BlockEffect& b) { return b.d_unbiased; });
  const double zero = kRelativeZero * largest_variance(arm.blocks);
  for (double& x : d) x = std::abs(x) <= zero ? 0 : x;
  return d;
}

std::vector<double> baseline_spreads(const ArmEvidence& arm) {
  return collect(arm.blocks, [](const BlockEffect& b) { return b.baseline.var_unbiased; });
}

std::vector<double> rebalanced_spreads(const ArmEvidence& arm) {
  return collect(arm.blocks, [](const BlockEffect& b) { return b.rebalanced.var_unbiased; });
}

void test_accuracy(const AnalysisSpec& analysis, ArmEvidence& arm) {
  const auto change = collect(arm.blocks, [](const BlockEffect& b) { return b.accuracy_change; });
  arm.accuracy = paired_t(change, analysis.alpha, 1);
  const NonInferiority kept = non_inferiority(change, analysis.accuracy_margin);
  // The t test of equal changes would give p = 0 from two blocks; the sign flips are honest about how few they are.
  const bool degenerate = kept.above_loss.status != PairedStatus::kOk || arm.accuracy.status != PairedStatus::kOk;
  arm.p_non_inferior = degenerate ? kept.p_sign_flip : kept.above_loss.p_greater;
  if (!degenerate) {
    arm.accuracy_ci90 = kept.ci90;
    arm.p_accuracy_equivalent = kept.p_equivalent;
  }
  arm.accuracy_kept = arm.p_non_inferior.has_value() && *arm.p_non_inferior <= analysis.alpha;
}

ArmEvidence weigh_arm(const SweepResults& results, const Blocks& blocks, const ArmCells& cells) {
  const AnalysisSpec& analysis = results.sweep.analysis;
  ArmEvidence arm;
  arm.arm = cells.arm;
  arm.name = arm_name(cells.arm);
  arm.primary = analysis.primary == arm.name;
  arm.control = cells.control;
  arm.identity = cells.identity;
  arm.planned_blocks = static_cast<int64_t>(results.sweep.seeds.size());
  arm.diverged_blocks = cells.diverged;
  arm.selected = !cells.is_left_out();
  if (analysis.stopping && cells.decision != nullptr && cells.decision->kind == StageKind::kLook) {
    arm.planned_blocks = cells.decision->seeds;
    arm.p_adjusted = cells.p;
    arm.spread_reduced = cells.fate == ArmFate::kEffective;
    if (cells.fate != ArmFate::kNotShown) arm.stopped = fate_words(*cells.decision, cells.fate);
  }
  for (size_t b : blocks.complete) {
    if (!cells.cells[b].metrics) continue;
    arm.blocks.push_back(compare(results.sweep.seeds[b], *blocks.baseline[b].metrics, *cells.cells[b].metrics));
  }
  arm.tested = !cells.identity && !cells.out && !arm.blocks.empty();
  const std::vector<double> d = differences(arm);
  arm.d = paired_t(d, analysis.alpha, largest_variance(arm.blocks));
  arm.sign_flip = sign_flip(d);
  arm.sign_test = sign_test(d);
  arm.ratio = spread_ratio(baseline_spreads(arm), rebalanced_spreads(arm), analysis.alpha);
  test_accuracy(analysis, arm);
  return arm;
}

using AdjustedPs = std::vector<std::optional<double>>;

AdjustedPs step_down(const FamilyDifferences& arms, Side side, int64_t untested) {
  AdjustedPs adjusted;
  for (const auto& arm : max_t_sign_flip(arms, {.side = side, .untested = untested}))
    adjusted.push_back(arm ? std::optional(arm->p_step_down) : std::nullopt);
  return adjusted;
}

void adjust_by_max_t(const std::vector<ArmEvidence*>& family, const AnalysisSpec& analysis, Evidence& evidence) {
  FamilyDifferences arms;
  for (const ArmEvidence* arm : family) arms.push_back(arm->tested ? differences(*arm) : std::vector<double>());
  const AdjustedPs greater = step_down(arms, Side::kGreater, evidence.untested);
  const AdjustedPs less = step_down(arms, Side::kLess, evidence.untested);
  const auto intervals = simultaneous_intervals(arms, analysis.alpha);
  for (size_t i = 0; i < family.size(); ++i) {
    family[i]->p_adjusted = greater[i];
    family[i]->p_increase_adjusted = less[i];
    family[i]->d_simultaneous = intervals[i];
  }
}

void adjust_each(const std::vector<ArmEvidence*>& family, Correction correction) {
  AdjustedPs greater, less;
  for (const ArmEvidence* arm : family) {
    greater.push_back(arm->tested ? arm->sign_flip.p_greater : std::nullopt);
    less.push_back(arm->tested ? arm->sign_flip.p_less : std::nullopt);
  }
  greater = adjust_p(greater, correction);
  less = adjust_p(less, correction);
  for (size_t i = 0; i < family.size(); ++i) {
    family[i]->p_adjusted = greater[i];
    family[i]->p_increase_adjusted = less[i];
  }
}

// A control answers a question of its own, which no candidate has to pay for.
void test_controls(Evidence& evidence) {
  for (ArmEvidence& arm : evidence.arms) {
    if (!arm.control || !arm.tested) continue;
    arm.p_adjusted = arm.sign_flip.p_greater;
    arm.p_increase_adjusted = arm.sign_flip.p_less;
    arm.p_equivalent = p_equivalent_spread(baseline_spreads(arm), rebalanced_spreads(arm), evidence.equivalence);
  }
}

// One scale for the whole family: leaving out what has no logarithm would favour one side.
void test_equivalence(const std::vector<ArmEvidence*>& family, const AnalysisSpec& analysis, Evidence& evidence) {
  const auto has_logs = [](const ArmEvidence* arm) { return !arm->tested || !arm->ratio || arm->ratio->log_ratio; };
  const bool logs = std::all_of(family.begin(), family.end(), has_logs);
  evidence.equivalence = logs ? RatioScale::kLog : RatioScale::kMeans;
  AdjustedPs p;
  for (const ArmEvidence* arm : family)
    p.push_back(arm->tested
                    ? p_equivalent_spread(baseline_spreads(*arm), rebalanced_spreads(*arm), evidence.equivalence)
                    : std::nullopt);
  p = adjust_p(p, analysis.correction == "none" ? Correction::kNone : Correction::kHolm);
  for (size_t i = 0; i < family.size(); ++i) family[i]->p_equivalent = p[i];
}

// One family for each direction. An arm that was planned but can't be tested counts in it.
void adjust_family(const AnalysisSpec& analysis, Evidence& evidence) {
  std::vector<ArmEvidence*> family;
  for (ArmEvidence& arm : evidence.arms)
    if (!arm.identity && !arm.control && arm.selected) family.push_back(&arm);
  evidence.family = std::ssize(family);
  evidence.untested = std::count_if(family.begin(), family.end(), [](const ArmEvidence* arm) { return !arm->tested; });
  if (analysis.stopping) {
    // Its looks have adjusted p, and decided.
  } else if (analysis.correction == kMaxT) {
    adjust_by_max_t(family, analysis, evidence);
  } else {
    adjust_each(family, analysis.correction == "holm" ? Correction::kHolm : Correction::kNone);
  }
  if (!analysis.stopping) test_equivalence(family, analysis, evidence);
  test_controls(evidence);
  for (ArmEvidence& arm : evidence.arms)
    if (!analysis.stopping || arm.control) arm.spread_reduced = arm.p_adjusted && *arm.p_adjusted <= analysis.alpha;
  evidence.floor_times = floor_times(evidence.family, analysis, evidence.untested);
  evidence.smallest_p = smallest_p(std::ssize(evidence.complete_blocks), evidence.family, analysis, evidence.untested);
}

void weigh_baseline(const SweepResults& results, const Blocks& blocks, Evidence& evidence) {
  std::vector<double> spread;
  double unbiased = 0, noise = 0, most = 0;
  for (size_t b : blocks.complete) {
    const ModelMetrics& metrics = *blocks.baseline[b].metrics;
    spread.push_back(metrics.var_unbiased);
    unbiased += metrics.var_unbiased;
    noise += metrics.noise_bias;
    most = std::max(most, metrics.var);
  }
  evidence.baseline_spread = paired_t(spread, results.sweep.analysis.alpha, most);
  if (unbiased > 0) evidence.noise_share = noise / unbiased;
}

}  // namespace

StatusOr<Evidence> weigh(const SweepResults& results) {
  EV_RETURN_IF_ERROR(check_sweep(results.sweep));
  Blocks blocks = arrange_blocks(results);
  Evidence evidence;
  evidence.missing = std::move(blocks.missing);
  // With stopping no seed is lost that no look has come to.
  size_t used = results.sweep.seeds.size();
  if (results.sweep.analysis.stopping)
    used = blocks.complete.empty() ? 0 : static_cast<size_t>(results.decisions.back().seeds);
  for (size_t b = 0; b < used; ++b) {
    const bool complete = std::binary_search(blocks.complete.begin(), blocks.complete.end(), b);
    (complete ? evidence.complete_blocks : evidence.dropped_blocks).push_back(results.sweep.seeds[b]);
  }
  for (const ArmCells& cells : blocks.arms) evidence.arms.push_back(weigh_arm(results, blocks, cells));
  weigh_baseline(results, blocks, evidence);
  adjust_family(results.sweep.analysis, evidence);
  for (ArmEvidence& arm : evidence.arms) judge(results.sweep.analysis, evidence, arm);
  evidence.traps = find_traps(results, evidence);
  return evidence;
}

}  // namespace evensweep

#include "sweeps/stats/evidence.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "sweeps/stats/adjust.h"
#include "sweeps/stats/blocks.h"
#include "sweeps/stats/words.h"

namespace evensweep {
namespace {

Status check_sweep(const Sweep& sweep) {
  const AnalysisSpec& analysis = sweep.analysis;
  if (!(analysis.alpha > 0 && analysis.alpha < 1)) {
    return absl::InvalidArgumentError(fmt::format("analysis.alpha is {}; it must be between 0 and 1", analysis.alpha));
  }
  if (!(analysis.accuracy_margin >= 0 && std::isfinite(analysis.accuracy_margin))) {
    return absl::InvalidArgumentError(
        fmt::format("analysis.accuracy_margin is {}; it must be 0 or more", analysis.accuracy_margin));
  }
  if (analysis.correction != "holm" && analysis.correction != "none") {
    return absl::InvalidArgumentError(
        fmt::format("analysis.correction is \"{}\"; it must be holm or none", analysis.correction));
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

void test_accuracy(const AnalysisSpec& analysis, ArmEvidence& arm) {
  const auto change = collect(arm.blocks, [](const BlockEffect& b) { return b.accuracy_change; });
  arm.accuracy = paired_t(change, analysis.alpha, 1);
  const NonInferiority kept = non_inferiority(change, analysis.accuracy_margin);
  // The t test of equal changes would give p = 0 from two blocks; the sign flips are honest about how few they are.
  const bool degenerate = kept.above_loss.status != PairedStatus::kOk || arm.accuracy.status != PairedStatus::kOk;
  arm.p_non_inferior = degenerate ? kept.p_sign_flip : kept.above_loss.p_greater;
  arm.accuracy_kept = arm.p_non_inferior.has_value() && *arm.p_non_inferior <= analysis.alpha;
}

ArmEvidence weigh_arm(const SweepResults& results, const Blocks& blocks, const ArmCells& cells) {
  const AnalysisSpec& analysis = results.sweep.analysis;
  ArmEvidence arm;
  arm.arm = cells.arm;
  arm.name = arm_name(cells.arm);
  arm.primary = analysis.primary == arm.name;
  arm.identity = cells.identity;
  arm.planned_blocks = static_cast<int64_t>(results.sweep.seeds.size());
  arm.diverged_blocks = cells.diverged;
  for (size_t b : blocks.complete) {
    if (!cells.cells[b].metrics) continue;
    arm.blocks.push_back(compare(results.sweep.seeds[b], *blocks.baseline[b].metrics, *cells.cells[b].metrics));
  }
  const auto d = collect(arm.blocks, [](const BlockEffect& b) { return b.d_unbiased; });
  arm.d = paired_t(d, analysis.alpha, largest_variance(arm.blocks));
  arm.sign_flip = sign_flip(d);
  arm.sign_test = sign_test(d);
  test_accuracy(analysis, arm);
  return arm;
}

// One family for each direction. An arm that was planned but can't be tested counts in it.
void adjust_family(const SweepResults& results, const Blocks& blocks, Evidence& evidence) {
  std::vector<size_t> members;
  std::vector<std::optional<double>> greater, less;
  for (size_t a = 0; a < evidence.arms.size(); ++a) {
    if (evidence.arms[a].identity) continue;
    const SignFlip& flip = evidence.arms[a].sign_flip;
    const bool tested = !blocks.arms[a].out;
    members.push_back(a);
    greater.push_back(tested ? flip.p_greater : std::nullopt);
    less.push_back(tested ? flip.p_less : std::nullopt);
  }
  const bool holm = results.sweep.analysis.correction == "holm";
  const Correction correction = holm ? Correction::kHolm : Correction::kNone;
  const auto adjusted = adjust_p(greater, correction);
  const auto adjusted_less = adjust_p(less, correction);
  for (size_t i = 0; i < members.size(); ++i) {
    ArmEvidence& arm = evidence.arms[members[i]];
    arm.p_adjusted = adjusted[i];
    arm.p_increase_adjusted = adjusted_less[i];
    arm.spread_reduced = adjusted[i].has_value() && *adjusted[i] <= results.sweep.analysis.alpha;
  }
  evidence.family = static_cast<int64_t>(members.size());
  const auto n = static_cast<int64_t>(blocks.complete.size());
  const double least = n > kExactSignFlips ? monte_carlo_p(0, kDrawnSignFlips) : std::ldexp(1.0, -static_cast<int>(n));
  const auto times = holm ? static_cast<double>(std::max<int64_t>(1, evidence.family)) : 1.0;
  evidence.smallest_p = std::min(1.0, least * times);
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
  for (size_t b = 0; b < results.sweep.seeds.size(); ++b) {
    const bool complete = std::binary_search(blocks.complete.begin(), blocks.complete.end(), b);
    (complete ? evidence.complete_blocks : evidence.dropped_blocks).push_back(results.sweep.seeds[b]);
  }
  for (const ArmCells& cells : blocks.arms) evidence.arms.push_back(weigh_arm(results, blocks, cells));
  weigh_baseline(results, blocks, evidence);
  adjust_family(results, blocks, evidence);
  for (ArmEvidence& arm : evidence.arms) judge(results.sweep.analysis, evidence, arm);
  evidence.traps = find_traps(results, evidence);
  return evidence;
}

}  // namespace evensweep

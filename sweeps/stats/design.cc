#include "sweeps/stats/design.h"

#include <algorithm>
#include <cmath>

#include "sweeps/stats/adjust.h"
#include "sweeps/stats/blocks.h"
#include "sweeps/stats/max_t.h"
#include "sweeps/stats/power.h"

namespace evensweep {
namespace {

int64_t least_blocks(int64_t family, const AnalysisSpec& analysis) {
  return min_blocks(floor_times(family, analysis), analysis.alpha, /*two_sided=*/false);
}

PairedSummary summary_of(const std::vector<Cell>& baseline, const std::vector<Cell>& arm, double alpha) {
  std::vector<double> d;
  double largest_variance = 0;
  for (size_t b = 0; b < arm.size(); ++b) {
    if (!baseline[b].metrics || !arm[b].metrics) continue;
    d.push_back(baseline[b].metrics->var_unbiased - arm[b].metrics->var_unbiased);
    largest_variance = std::max({largest_variance, baseline[b].metrics->var, arm[b].metrics->var});
  }
  return paired_t(d, alpha, largest_variance);
}

std::optional<int64_t> seeds_needed(double mean, double sd, int64_t least, double level) {
  const std::optional<int64_t> seeds = seeds_for_power(mean / sd, kPlannedPower, {.alpha = level});
  return seeds ? std::optional(std::max(*seeds, least)) : std::nullopt;
}

}  // namespace

int64_t floor_times(int64_t family, const AnalysisSpec& analysis, int64_t untested) {
  if (analysis.correction == kMaxT) return 1 + untested;  // else the largest t of each sign vector is looked at
  return analysis.correction == "holm" ? std::max<int64_t>(1, family) : 1;
}

double smallest_p(int64_t blocks, int64_t family, const AnalysisSpec& analysis, int64_t untested) {
  const bool by_arm = analysis.correction == "holm" || analysis.correction == "none";
  const bool exact = blocks <= (by_arm ? kExactSignFlips : kExactMaxT);
  const double alone = exact ? std::ldexp(1.0, -static_cast<int>(blocks)) : monte_carlo_p(0, kDrawnSignFlips);
  return std::min(1.0, alone * static_cast<double>(floor_times(family, analysis, untested)));
}

double family_level(int64_t family, const AnalysisSpec& analysis) {
  return analysis.correction == "none" ? analysis.alpha
                                       : analysis.alpha / static_cast<double>(std::max<int64_t>(1, family));
}

Reach reach_of(int64_t blocks, int64_t family, const AnalysisSpec& analysis) {
  Reach reach{.blocks = blocks, .family = family};
  reach.smallest_p = smallest_p(blocks, family, analysis);
  reach.least_blocks = least_blocks(family, analysis);
  reach.detectable = detectable_effect(blocks, kPlannedPower, {.alpha = analysis.alpha});
  reach.detectable_in_family = detectable_effect(blocks, kPlannedPower, {.alpha = family_level(family, analysis)});
  return reach;
}

std::vector<PilotArm> pilot_arms(const SweepResults& results, int64_t family) {
  const AnalysisSpec& analysis = results.sweep.analysis;
  const double level = family_level(family, analysis);
  const int64_t least = least_blocks(family, analysis);
  const Blocks blocks = arrange_blocks(results);
  std::vector<PilotArm> pilots;
  for (const ArmCells& cells : blocks.arms) {
    if (cells.identity || cells.control) continue;
    PilotArm pilot{.arm = arm_name(cells.arm), .d = summary_of(blocks.baseline, cells.cells, analysis.alpha)};
    if (pilot.d.n < 2) continue;
    if (pilot.d.status == PairedStatus::kOk) {
      pilot.sd_limit = sd_upper_limit(pilot.d.sd, pilot.d.n, kSpreadConfidence);
      pilot.seeds = seeds_needed(pilot.d.mean, pilot.d.sd, least, level);
      pilot.seeds_at_limit = seeds_needed(pilot.d.mean, *pilot.sd_limit, least, level);
    }
    pilots.push_back(std::move(pilot));
  }
  return pilots;
}

}  // namespace evensweep

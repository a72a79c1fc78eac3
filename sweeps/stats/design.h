#pragma once
// What the design of a sweep can show before anything is trained, and what its first results say about the seeds that
// it needs. Formulas: docs/statistics.md, section 12.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/result.h"
#include "sweeps/stats/paired.h"

namespace evensweep {

inline constexpr double kPlannedPower = 0.8;
inline constexpr double kSpreadConfidence = 0.8;  // of the upper limit of a pilot's standard deviation

// What the smallest p of one arm is multiplied by in a family of `family` arms, `untested` of which cannot be tested:
// Holm: the family's size; max-T: 1 + untested; without correction 1.
int64_t floor_times(int64_t family, const AnalysisSpec& analysis, int64_t untested = 0);

// The smallest adjusted p of a one-sided sign-flip test: all differences of `blocks` blocks are above 0.
double smallest_p(int64_t blocks, int64_t family, const AnalysisSpec& analysis, int64_t untested = 0);

// The level at which one arm of the family is surely significant: alpha / family (Bonferroni), alpha without
// correction. Neither Holm nor max-T is stricter.
double family_level(int64_t family, const AnalysisSpec& analysis);

// Effects are in standard deviations of D_u over blocks.
struct Reach {
  int64_t blocks = 0, family = 0;
  double smallest_p = 1;
  int64_t least_blocks = 0;                    // with fewer, no p can become as small as alpha
  std::optional<double> detectable;            // with kPlannedPower at alpha; absent for fewer than two blocks
  std::optional<double> detectable_in_family;  // the same at family_level
};
// `family` counts the arms that are compared. `analysis.alpha` in (0, 1).
Reach reach_of(int64_t blocks, int64_t family, const AnalysisSpec& analysis);

// What the finished trials of one arm say.
struct PilotArm {
  std::string arm;
  PairedSummary d;                 // of D_u over the blocks in which the baseline and this arm have finished
  std::optional<double> sd_limit;  // kSpreadConfidence upper limit of the standard deviation
  // Blocks with which a true mean as large as that seen is shown with kPlannedPower at family_level, if the standard
  // deviation is that seen, or sd_limit. Absent where nothing speaks for a reduction, or more than kMostSeeds are
  // needed.
  std::optional<int64_t> seeds, seeds_at_limit;
};
// One for each arm with at least two such blocks, in sweep order, without the arms that train as the baseline does.
// Unlike a verdict's, its blocks need not be complete.
std::vector<PilotArm> pilot_arms(const SweepResults& results, int64_t family);

}  // namespace evensweep

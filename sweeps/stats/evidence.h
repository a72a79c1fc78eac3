#pragma once
// From the results of a sweep to the evidence about each arm. A pure function of the stored counts; every number in a
// report comes from here. Definitions: docs/statistics.md.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"
#include "sweeps/stats/equivalence.h"
#include "sweeps/stats/metrics.h"
#include "sweeps/stats/paired.h"
#include "sweeps/stats/ratio.h"

namespace evensweep {

// One block (seed) of one arm in which baseline and rebalanced model both finished.
struct BlockEffect {
  uint64_t seed = 0;
  ModelMetrics baseline, rebalanced;
  double d = 0;           // var(baseline) - var(rebalanced)
  double d_unbiased = 0;  // the primary measure
  double accuracy_change = 0;
  double worst_tpr_change = 0;  // worst class of the rebalanced model less worst class of the baseline
};

enum class Verdict {
  kIdentity,               // same training as the baseline
  kNotTestable,            // too few blocks, or the method's own runs failed
  kEffective,              // p_adjusted <= alpha and p_non_inferior <= alpha
  kEffectiveAccuracyOpen,  // p_adjusted <= alpha, accuracy loss not excluded
  kEffectiveAccuracyLost,  // p_adjusted <= alpha, and the 90 % interval of the accuracy change lies below -margin
  kHarmful,                // p_increase_adjusted <= alpha
  kNoPracticalEffect,      // p_equivalent <= alpha: the spread changes by less than a tenth
  kInconclusive,           // none of these; no proof that there is no effect
  kNotSelected,            // others were better on the selection seeds: not confirmed, and no part of the family
};
const char* verdict_name(Verdict verdict);  // "effective", "effective, accuracy falls", ...

struct ArmEvidence {
  Arm arm;
  std::string name;                  // arm_name(arm)
  bool primary = false;              // named in the sweep as the comparison chosen in advance
  bool control = false;              // no candidate (see is_control): tested by itself, not in the family
  bool identity = false;             // the treatment is that of the baseline in every block: nothing is compared
  std::vector<BlockEffect> blocks;   // complete blocks of the whole sweep, in the order of the seeds
  bool tested = false;               // no identity, no failure of the method, and some complete block
  bool selected = true;              // else a selection left it out: it has no blocks here
  std::string stopped;               // "stopped for futility at look 2"; empty: all seeds, or no such design
  int64_t planned_blocks = 0;        // with stopping: those that it was asked for
  int64_t diverged_blocks = 0;       // runs of this arm that diverged: failures of the method
  PairedSummary d;                   // of d_unbiased: mean, sd, t, p values, confidence interval at 1 - alpha
  SignFlip sign_flip;                // of d_unbiased
  SignTest sign_test;                // of d_unbiased
  std::optional<double> p_adjusted;  // sign-flip, one-sided (greater), adjusted over all arms that are neither
                                     // identities nor controls; of a control its own p;
                                     // with stopping that of the looks
  std::optional<double> p_increase_adjusted;  // the same for the other side (less); with stopping absent
  std::optional<Interval> d_simultaneous;     // max-T: of d_unbiased's mean, for all arms together at 1 - alpha
  std::optional<SpreadRatio> ratio;           // of var_unbiased, rebalanced / baseline; absent below two blocks
  std::optional<double> p_equivalent;         // of a ratio outside 1/1.1 .. 1.1, Holm-adjusted over the family
  PairedSummary accuracy;                     // of accuracy_change
  std::optional<Interval> accuracy_ci90;      // of its mean; absent without spread
  std::optional<double> p_non_inferior;       // one-sided t of accuracy_change + margin > 0; sign-flip where sd is zero
  std::optional<double> p_accuracy_equivalent;  // of a change by the margin or more, in either direction
  bool spread_reduced = false;                  // p_adjusted <= alpha
  bool accuracy_kept = false;                   // p_non_inferior <= alpha
  Verdict kind = Verdict::kNotTestable;
  std::string verdict;  // one sentence in plain words, never "proves"
};

// A trial that gives no comparison, and why. `arm` is "baseline" where the baseline itself is what lacks.
struct Missing {
  std::string arm;
  uint64_t seed = 0;
  std::string reason;
};

struct Evidence {
  std::vector<ArmEvidence> arms;  // in sweep order
  std::vector<Missing> missing;
  std::vector<uint64_t> complete_blocks;      // seeds that the comparisons use, in sweep order
  std::vector<uint64_t> dropped_blocks;       // seeds lacking some arm: left out for all arms
  int64_t family = 0;                         // comparisons that were adjusted for
  int64_t untested = 0;                       // of these, arms that could not be tested
  int64_t floor_times = 1;                    // the smallest p of one arm is multiplied by this (design.h)
  double smallest_p = 1;                      // the smallest adjusted p that this number of blocks can reach
  PairedSummary baseline_spread;              // of the baseline's var_unbiased over the complete blocks
  RatioScale equivalence = RatioScale::kLog;  // kMeans where the Var_u of some block is not above 0
  std::optional<double> noise_share;  // mean noise_bias / mean var_unbiased of the baseline; absent where that is <= 0
  std::vector<std::string> traps;     // what a reader must know about these numbers, in plain words
};

// Never fails for results that are merely incomplete: with no finished run every arm is "not testable". InvalidArgument
// where the sweep itself makes no sense (alpha outside (0, 1), an unknown correction, an arm listed twice).
StatusOr<Evidence> weigh(const SweepResults& results);

}  // namespace evensweep

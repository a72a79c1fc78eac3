#pragma once
// From the results of a sweep to the evidence about each arm. A pure function of the stored counts; every number in a
// report comes from here. Definitions: docs/statistics.md.

#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"
#include "sweeps/stats/paired.h"

namespace evensweep {

// A run's test counts, summed up. TPRs are per class; variances in squared units of TPR (1 pp^2 = 1e-4).
struct ModelMetrics {
  std::vector<double> tpr;
  double var = 0;           // 1/C sum (s_c - mean)^2
  double var_unbiased = 0;  // var less the part that finite test sets add; may be negative
  double accuracy = 0;
  double worst_tpr = 0;
  int64_t worst_class = 0;
};
StatusOr<ModelMetrics> model_metrics(const ConfusionMatrix& test);

// One block (seed) of one arm in which baseline and rebalanced model both finished.
struct BlockEffect {
  uint64_t seed = 0;
  ModelMetrics baseline, rebalanced;
  double d = 0;           // var(baseline) - var(rebalanced)
  double d_unbiased = 0;  // the primary measure
  double accuracy_change = 0;
};

struct ArmEvidence {
  Arm arm;
  std::string name;               // arm_name(arm)
  bool identity = false;          // the treatment is that of the baseline in every block: nothing is compared
  std::vector<BlockEffect> blocks;  // complete blocks of the whole sweep, in the order of the seeds
  int64_t planned_blocks = 0;
  PairedSummary d;                // of d_unbiased: mean, sd, t, p values, confidence interval
  SignFlip sign_flip;             // of d_unbiased
  std::optional<double> p_adjusted;  // sign-flip, one-sided (greater), adjusted over all arms that are not identities
  PairedSummary accuracy;         // of accuracy_change
  std::optional<double> p_non_inferior;  // one-sided t of accuracy_change + margin > 0
  bool spread_reduced = false;    // p_adjusted <= alpha
  bool accuracy_kept = false;     // p_non_inferior <= alpha
  std::string verdict;            // one sentence in plain words, never "proves"
};

// A trial that gives no comparison, and why.
struct Missing {
  std::string arm;
  uint64_t seed = 0;
  std::string reason;
};

struct Evidence {
  std::vector<ArmEvidence> arms;  // in sweep order
  std::vector<Missing> missing;
  std::vector<uint64_t> dropped_blocks;  // seeds lacking some arm: left out for all arms
  int64_t family = 0;             // comparisons that were adjusted for
  double smallest_p = 1;          // the smallest adjusted p that this number of blocks can reach
  std::vector<std::string> traps;  // what a reader must know about these numbers, in plain words
};

StatusOr<Evidence> weigh(const SweepResults& results);

}  // namespace evensweep

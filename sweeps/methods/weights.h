#pragma once
// Class weights as pure functions of counts and TPRs. Every `weights` has one entry for each class, sum = number of
// classes. Formulas and sources: docs/methods.md.

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"

namespace evensweep {

// The largest raw weight of TPR weighting: a class that is hardly ever recognised must not drown all others.
inline constexpr double kMaxRawWeight = 10;

// weights[c] = C raw[c] / sum raw. Exactly 1 for every class where all raw weights are equal, so that a method that
// does nothing gives the very treatment of the baseline. `raw` must be positive somewhere and negative nowhere.
std::vector<double> normalize_weights(std::span<const double> raw);

struct TprWeights {
  double mean_tpr = 0;
  std::vector<double> raw;      // (mean / max(tpr, floor))^gamma, before the cut at max_raw
  std::vector<double> weights;  // of raw cut at max_raw
  std::vector<bool> floored;    // tpr < floor
  std::vector<bool> clipped;    // raw > max_raw
};
// Equation 5 of the proposal, (mean/s)^gamma, computed in logarithms. `tpr` in [0, 1]; `floor` > 0, one for each class.
// All TPRs zero: nothing is known about the classes, all weights are 1.
TprWeights tpr_weights(std::span<const double> tpr, double gamma, std::span<const double> floor,
                       double max_raw = kMaxRawWeight);

struct EffectiveNumberWeights {
  std::vector<double> effective_number;  // E = (1 - beta^n) / (1 - beta); n itself where beta = 1
  std::vector<double> raw;               // 1 / E
  std::vector<double> weights;
};
// Cui et al. 2019. `counts` are real, > 0; beta in [0, 1]. InvalidArgument names the class without samples.
StatusOr<EffectiveNumberWeights> effective_number_weights(std::span<const double> counts, double beta);

struct AdaptedCounts {
  std::vector<double> counts;  // max(least, n tpr)
  std::vector<bool> raised;    // n tpr < least
};
// Training counts times TPR: a class of which half is recognised counts as half as large.
// `least` keeps a class that is never recognised from having no size at all.
AdaptedCounts tpr_adapted_counts(std::span<const int64_t> train_counts, std::span<const double> tpr, double least = 1);

// min(1, amount (1 - s_c) / (1 - s_min)): how likely an example of each class is seen changed, the worst class with
// `amount`. All 0 where every class is recognised without error. `tpr` in [0, 1], amount >= 0.
std::vector<double> augmentation_probabilities(std::span<const double> tpr, double amount);

struct ValidationTprs {
  std::vector<double> tpr;
  std::vector<double> floor;  // 1 / (2 n): half an example, the smallest TPR that n examples can tell from 0
};
// InvalidArgument for counts that are no confusion matrix; FailedPrecondition names a class without validation samples.
StatusOr<ValidationTprs> validation_tprs(const ConfusionMatrix& validation);

}  // namespace evensweep

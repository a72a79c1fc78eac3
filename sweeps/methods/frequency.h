#pragma once
// What class sizes alone suggest: weights, margins, priors, and how many rows to draw of each class. Formulas and
// sources: docs/methods.md.

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/status.h"

namespace evensweep {

// n^power, normalised to the sum C: power -1 is inverse frequency, -1/2 its square root. Counts > 0.
std::vector<double> frequency_weights(std::span<const double> counts, double power);

// Weights scaled so that the mean weight of a training example is 1: sum n_c w_c = N. The learning rate then stays the
// same on average. `counts` and `weights` as long as each other, positive.
std::vector<double> with_sample_mean_one(std::span<const double> weights, std::span<const double> counts);

// LDAM's margins (Cao et al. 2019): n^(-1/4), the largest scaled to `largest`. Counts > 0.
std::vector<double> ldam_margins(std::span<const double> counts, double largest);

// tau log(n / N): what logit adjustment (Menon et al. 2021) adds to each logit. Counts > 0.
std::vector<double> log_priors(std::span<const double> counts, double tau);

struct ResampleQuota {
  std::vector<double> exact;         // total n_c w_c / sum n w
  std::vector<int64_t> rows;         // the same in whole rows, sum = total
  std::vector<int64_t> oversampled;  // at least every row of each class: ceil(n_c w_c / min w)
};
// Whole rows by the largest remainder, ties to the lower class. InvalidArgument names the class whose count or weight
// is not positive; `total` >= 0.
StatusOr<ResampleQuota> resample_quota(std::span<const int64_t> counts, std::span<const double> weights, int64_t total);

}  // namespace evensweep

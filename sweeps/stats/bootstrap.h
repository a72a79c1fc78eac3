#pragma once
// Bootstrap intervals. For reports beside other tools' numbers, never for a verdict: with few blocks they are too
// narrow, see docs/statistics.md, section 3, which also has the formulas and their sources.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "sweeps/stats/paired.h"

namespace evensweep {

// A number of one sample; what it gets is never empty.
using Statistic = std::function<double(std::span<const double>)>;
double sample_mean(std::span<const double> d);
double sample_median(std::span<const double> d);

// Bias-corrected and accelerated interval (Efron 1987).
struct Bca {
  Interval interval;
  Interval level;  // the shares at which it cuts the replicates
};

struct BootstrapIntervals {
  double se = 0;            // standard deviation of the replicates
  Interval percentile;      // quantiles alpha / 2 and 1 - alpha / 2 of the replicates, linear
  Interval basic;           // the percentile interval mirrored at the estimate
  double z0 = 0;            // normal quantile of the share of replicates below the estimate, ties half
  double acceleration = 0;  // by the jackknife; NaN where leaving out a difference never changes the statistic
  std::optional<Bca> bca;   // absent where z0 or acceleration is not finite
};

// From given replicates of `statistic`. `alpha` in (0, 1). Absent for fewer than two differences or replicates, and
// where a number is not finite.
std::optional<BootstrapIntervals> bootstrap_intervals(std::span<const double> d, const Statistic& statistic,
                                                      std::span<const double> replicates, double alpha);

inline constexpr int64_t kReplicates = 99'999;
// From that many samples of d with replacement, out of the stream (seed, "bootstrap").
std::optional<BootstrapIntervals> bootstrap(std::span<const double> d, const Statistic& statistic, double alpha,
                                            uint64_t seed = 0, int64_t replicates = kReplicates);

}  // namespace evensweep

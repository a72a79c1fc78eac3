#include "sweeps/stats/equivalence.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sweeps/stats/paired.h"

namespace evensweep {
namespace {

std::optional<double> p_above_zero(const std::vector<double>& d) {
  const PairedSummary t = paired_t(d, 0.1);
  return t.status == PairedStatus::kOk ? t.p_greater : sign_flip(d).p_greater;
}

}  // namespace

std::optional<double> p_equivalent_spread(std::span<const double> baseline, std::span<const double> rebalanced,
                                          RatioScale scale) {
  if (baseline.size() != rebalanced.size() || baseline.size() < 2) return std::nullopt;
  const bool logs = scale == RatioScale::kLog;
  double sum = 0;
  std::vector<double> above_low, below_high;
  for (size_t i = 0; i < baseline.size(); ++i) {
    sum += baseline[i];
    const double b = logs ? std::log(baseline[i]) : baseline[i], r = logs ? std::log(rebalanced[i]) : rebalanced[i];
    const double limit = std::log(kPracticalRatio);
    above_low.push_back(logs ? r - b + limit : r - b / kPracticalRatio);
    below_high.push_back(logs ? limit - (r - b) : kPracticalRatio * b - r);
  }
  if (!(sum > 0)) return std::nullopt;
  const auto low = p_above_zero(above_low), high = p_above_zero(below_high);
  return low && high ? std::optional(std::max(*low, *high)) : std::nullopt;
}

}  // namespace evensweep

#include "sweeps/stats/stochastic_order.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace evensweep {
namespace {

bool usable(std::span<const double> values) {
  return !values.empty() && std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> result(values.begin(), values.end());
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

std::optional<double> aso_violation_ratio(std::span<const double> a, std::span<const double> b) {
  if (!usable(a) || !usable(b)) return std::nullopt;
  const std::vector<double> lower = sorted(a), upper = sorted(b);
  const size_t n = lower.size(), m = upper.size();
  double violated = 0, all = 0;
  // Both quantile functions are constant between the multiples of 1/n and 1/m: steps in units of 1/(n m).
  for (size_t at = 0; at < n * m;) {
    const size_t i = at / m, j = at / n;
    const size_t next = std::min((i + 1) * m, (j + 1) * n);
    const double off = upper[j] - lower[i];
    const double area = off * off * static_cast<double>(next - at);
    all += area;
    violated += off > 0 ? area : 0;
    at = next;
  }
  if (!(all > 0)) return std::nullopt;
  return violated / all;
}

}  // namespace evensweep

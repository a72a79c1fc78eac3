#include "sweeps/stats/intervals.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "common/base/rng.h"
#include "sweeps/stats/ranks.h"

namespace evensweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-12;  // of probabilities and counts that were computed from 1 - confidence

bool usable(std::span<const double> d) {
  return !d.empty() && std::all_of(d.begin(), d.end(), [](double x) { return std::isfinite(x); });
}

std::vector<double> walsh_averages(std::span<const double> d) {
  std::vector<double> averages;
  for (size_t i = 0; i < d.size(); ++i)
    for (size_t j = i; j < d.size(); ++j) averages.push_back(std::midpoint(d[i], d[j]));
  std::sort(averages.begin(), averages.end());
  return averages;
}

// All 2^k sums of subsets of d_i - centre, ascending.
std::vector<double> subset_sums(std::span<const double> d, double centre) {
  std::vector<double> sums{0.0};
  for (double x : d) {
    std::vector<double> with(sums), merged(2 * sums.size());
    for (double& sum : with) sum += x - centre;
    std::merge(sums.begin(), sums.end(), with.begin(), with.end(), merged.begin());
    sums.swap(merged);
  }
  return sums;
}

// How many subsets of d, the empty one included, have a sum of d_i - centre of 0 or less: those whose mean is at most
// `centre`. Every subset is one of the first half of d joined to one of the second.
int64_t means_up_to(std::span<const double> d, double centre) {
  const std::vector<double> a = subset_sums(d.first(d.size() / 2), centre);
  const std::vector<double> b = subset_sums(d.subspan(d.size() / 2), centre);
  int64_t count = 0;
  size_t end = b.size();
  for (double x : a) {
    while (end > 0 && x + b[end - 1] > 0) --end;
    count += static_cast<int64_t>(end);
  }
  return count;
}

// The k-th smallest mean of the subsets that aren't empty, to the rounding of their sums. Bisection needs no list of
// them, and 60 steps are more than a double has digits.
double subset_mean(std::span<const double> d, int64_t k) {
  const auto [least, most] = std::minmax_element(d.begin(), d.end());
  double low = *least, high = *most;
  if (means_up_to(d, low) > k) return low;
  for (int step = 0; step < 60; ++step) {
    const double middle = std::midpoint(low, high);
    (means_up_to(d, middle) > k ? high : low) = middle;
  }
  return high;
}

Interval all_subsets(std::span<const double> d, double alpha) {
  const double subsets = std::ldexp(1.0, static_cast<int>(d.size()));
  const auto k = static_cast<int64_t>(std::floor(alpha / 2 * subsets * (1 + kRounding)));
  if (k == 0) return {-kInfinity, kInfinity};
  std::vector<double> negated(d.begin(), d.end());
  for (double& x : negated) x = -x;
  return {subset_mean(d, k), -subset_mean(negated, k)};
}

Interval drawn_subsets(std::span<const double> d, double alpha, uint64_t seed) {
  Rng rng(seed, "subset means");
  std::vector<double> means;
  while (means.size() < static_cast<size_t>(kDrawnSignFlips)) {
    double sum = 0, chosen = 0;
    uint64_t bits = 0;
    for (size_t i = 0; i < d.size(); ++i) {
      if (i % 64 == 0) bits = rng();
      if ((bits & 1) != 0) sum += d[i], ++chosen;
      bits >>= 1;
    }
    if (chosen > 0) means.push_back(sum / chosen);
  }
  std::sort(means.begin(), means.end());
  const auto k = static_cast<size_t>(std::floor(alpha / 2 * static_cast<double>(kDrawnSignFlips + 1)));
  if (k == 0) return {-kInfinity, kInfinity};
  return {means[k - 1], means[means.size() - k]};
}

}  // namespace

std::optional<HodgesLehmann> hodges_lehmann(std::span<const double> d, double alpha) {
  const auto n = static_cast<int64_t>(d.size());
  if (!usable(d) || n > kMostWalshValues) return std::nullopt;
  const std::vector<double> averages = walsh_averages(d);
  const std::vector<double> probability = signed_rank_distribution(n);
  // The smallest q with P(W+ <= q) >= alpha / 2, but at least 1; `below` is P(W+ <= q - 1).
  size_t q = 1;
  double below = probability[0];
  while (below + probability[q] < alpha / 2 * (1 - kRounding)) below += probability[q++];
  HodgesLehmann result;
  const size_t half = averages.size() / 2;
  result.estimate = averages.size() % 2 == 1 ? averages[half] : std::midpoint(averages[half - 1], averages[half]);
  result.index = static_cast<int64_t>(q);
  result.interval = {averages[q - 1], averages[averages.size() - q]};
  result.confidence = 1 - 2 * below;
  return result;
}

std::optional<Interval> sign_flip_interval(std::span<const double> d, double alpha, uint64_t seed) {
  if (!usable(d)) return std::nullopt;
  return static_cast<int64_t>(d.size()) <= kExactSignFlips ? all_subsets(d, alpha) : drawn_subsets(d, alpha, seed);
}

}  // namespace evensweep

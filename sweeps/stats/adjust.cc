#include "sweeps/stats/adjust.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evensweep {
namespace {

// The testable p values, ascending, with their places.
struct Ranked {
  std::vector<size_t> place;
  std::vector<double> p;
};

Ranked rank(std::span<const std::optional<double>> p) {
  Ranked ranked;
  for (size_t i = 0; i < p.size(); ++i)
    if (p[i].has_value() && !std::isnan(*p[i])) ranked.place.push_back(i);
  std::stable_sort(ranked.place.begin(), ranked.place.end(), [&](size_t a, size_t b) { return *p[a] < *p[b]; });
  for (size_t i : ranked.place) ranked.p.push_back(*p[i]);
  return ranked;
}

// 1 - (1 - p)^power without loss of digits for small p.
double sidak(double p, double power) { return p >= 1 ? 1 : -std::expm1(power * std::log1p(-p)); }

double harmonic(size_t m) {
  double sum = 0;
  for (size_t k = m; k >= 1; --k) sum += 1 / static_cast<double>(k);
  return sum;
}

// Each smallest p against as many comparisons as are left.
template <typename Adjust>
std::vector<double> step_down(const std::vector<double>& p, size_t m, Adjust adjust) {
  std::vector<double> result(p.size());
  double most = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    most = std::max(most, adjust(p[i], static_cast<double>(m - i)));
    result[i] = most;
  }
  return result;
}

// From the largest p down; untestable comparisons take the ranks above all p.
template <typename Adjust>
std::vector<double> step_up(const std::vector<double>& p, Adjust adjust) {
  std::vector<double> result(p.size());
  double least = 1;
  for (size_t i = p.size(); i-- > 0;) {
    least = std::min(least, adjust(p[i], i));
    result[i] = least;
  }
  return result;
}

// Hommel 1988, by the algorithm of Wright 1992. Untestable comparisons enter with p = 1.
std::vector<double> hommel(std::vector<double> p, size_t m) {
  if (m == 0) return p;
  const size_t tested = p.size();
  p.resize(m, 1.0);
  std::vector<double> adjusted(m);
  double least = 1;
  for (size_t i = 0; i < m; ++i) least = std::min(least, static_cast<double>(m) * p[i] / static_cast<double>(i + 1));
  std::fill(adjusted.begin(), adjusted.end(), least);
  std::vector<double> bound(adjusted);
  for (size_t j = m - 1; j >= 2; --j) {
    const size_t low = m - j + 1;  // the first `low` p values, then the j - 1 largest
    double smallest = 1;
    for (size_t i = low; i < m; ++i) {
      smallest = std::min(smallest, static_cast<double>(j) * p[i] / static_cast<double>(i - low + 2));
    }
    for (size_t i = 0; i < low; ++i) bound[i] = std::min(static_cast<double>(j) * p[i], smallest);
    for (size_t i = low; i < m; ++i) bound[i] = bound[low - 1];
    for (size_t i = 0; i < m; ++i) adjusted[i] = std::max(adjusted[i], bound[i]);
  }
  for (size_t i = 0; i < m; ++i) adjusted[i] = std::max(adjusted[i], p[i]);
  adjusted.resize(tested);
  return adjusted;
}

std::vector<double> adjust_ranked(const std::vector<double>& p, size_t m, Correction correction) {
  const auto all = static_cast<double>(m);
  const auto times = [](double x, double left) { return std::min(1.0, left * x); };
  const auto fdr = [&](double factor) {
    return step_up(p, [=](double x, size_t i) { return factor * all * x / static_cast<double>(i + 1); });
  };
  switch (correction) {
    case Correction::kNone: return p;
    case Correction::kBonferroni: return step_down(p, m, [&](double x, double) { return times(x, all); });
    case Correction::kSidak: return step_down(p, m, [&](double x, double) { return sidak(x, all); });
    case Correction::kHolm: return step_down(p, m, times);
    case Correction::kHolmSidak: return step_down(p, m, sidak);
    case Correction::kHochberg:
      return step_up(p, [&](double x, size_t i) { return times(x, static_cast<double>(m - i)); });
    case Correction::kHommel: return hommel(p, m);
    case Correction::kBenjaminiHochberg: return fdr(1);
    case Correction::kBenjaminiYekutieli: return fdr(harmonic(m));
  }
  return p;
}

size_t count_rejected(std::span<const std::optional<double>> p, double level) {
  const auto adjusted = adjust_p(p, Correction::kBenjaminiHochberg);
  return static_cast<size_t>(
      std::count_if(adjusted.begin(), adjusted.end(), [=](const auto& a) { return a.has_value() && *a <= level; }));
}

}  // namespace

std::vector<std::optional<double>> adjust_p(std::span<const std::optional<double>> p, Correction correction) {
  const Ranked ranked = rank(p);
  const std::vector<double> adjusted = adjust_ranked(ranked.p, p.size(), correction);
  std::vector<std::optional<double>> result(p.size());
  for (size_t i = 0; i < adjusted.size(); ++i) result[ranked.place[i]] = adjusted[i];
  return result;
}

std::vector<bool> reject_two_stage(std::span<const std::optional<double>> p, double alpha) {
  const double level = alpha / (1 + alpha);
  const size_t first = count_rejected(p, level);
  std::vector<bool> rejected(p.size(), false);
  if (first == 0) return rejected;
  const double left = static_cast<double>(p.size() - first);
  const auto adjusted = adjust_p(p, Correction::kBenjaminiHochberg);
  for (size_t i = 0; i < p.size(); ++i) {
    if (!adjusted[i].has_value()) continue;
    // left = 0: all hypotheses were rejected in the first stage.
    rejected[i] = left == 0 || *adjusted[i] * left / static_cast<double>(p.size()) <= level;
  }
  return rejected;
}

int64_t min_blocks(int64_t comparisons, double alpha, bool two_sided) {
  const double needed = static_cast<double>(comparisons) * (two_sided ? 2 : 1) / alpha;
  int64_t n = 0;
  while (std::ldexp(1.0, static_cast<int>(n)) < needed * (1 - 1e-12)) ++n;
  return n;
}

}  // namespace evensweep

#include "sweeps/stats/datasets.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <optional>

#include "common/base/rng.h"
#include "sweeps/stats/adjust.h"
#include "sweeps/stats/distributions.h"
#include "sweeps/stats/paired.h"
#include "sweeps/stats/ranks.h"
#include "sweeps/stats/studentised_range.h"

namespace evensweep {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kRelativeZero = 1e-12;
constexpr size_t kMostSteps = 200'000;  // of counting all permutations: about a tenth of a second

using Ranks = std::vector<int64_t>;  // twice the midranks, whole numbers; rank 1 is the highest score

Ranks doubled_ranks(const std::vector<double>& scores) {
  Ranks ranks;
  for (double score : scores) {
    int64_t higher = 0, equal = 0;
    for (double other : scores) {
      higher += other > score ? 1 : 0;
      equal += other == score ? 1 : 0;
    }
    ranks.push_back(2 * higher + equal + 1);
  }
  return ranks;
}

Status check(std::span<const std::vector<double>> scores) {
  if (scores.size() < 2 || scores.front().size() < 2) {
    return absl::InvalidArgumentError("at least two data sets and two methods are needed to compare ranks");
  }
  for (size_t row = 0; row < scores.size(); ++row) {
    if (scores[row].size() != scores.front().size()) {
      return absl::InvalidArgumentError(fmt::format("data set {} has {} scores, the first has {}", row + 1,
                                                    scores[row].size(), scores.front().size()));
    }
    for (double score : scores[row]) {
      if (std::isfinite(score)) continue;
      return absl::InvalidArgumentError(fmt::format("data set {} has a score that is not finite", row + 1));
    }
  }
  return absl::OkStatus();
}

std::vector<Ranks> rank_all(std::span<const std::vector<double>> scores) {
  std::vector<Ranks> all;
  for (std::vector<double> row : scores) {
    for (double& score : row) score = twelve_digits(score);
    all.push_back(doubled_ranks(row));
  }
  return all;
}

Ranks sum_of(const std::vector<Ranks>& all) {
  Ranks sums(all.front().size(), 0);
  for (const Ranks& ranks : all)
    for (size_t j = 0; j < sums.size(); ++j) sums[j] += ranks[j];
  return sums;
}

// Permutations leave everything else in the statistic alone.
int64_t sum_of_squares(const Ranks& sums) {
  return std::inner_product(sums.begin(), sums.end(), sums.begin(), int64_t{0});
}

// The probability of a sum of squares of at least `seen`, over all permutations within each data set; absent where they
// are too many to count. Methods are exchangeable, so that sums in another order are the same state.
std::optional<double> count_permutations(const std::vector<Ranks>& all, int64_t seen) {
  std::map<Ranks, double> states{{Ranks(all.front().size(), 0), 1.0}};
  size_t steps = 0;
  for (Ranks ranks : all) {
    std::map<Ranks, double> next;
    double orders = 0;
    std::sort(ranks.begin(), ranks.end());
    do {
      if ((steps += states.size()) > kMostSteps) return std::nullopt;
      ++orders;
      for (const auto& [sums, probability] : states) {
        Ranks added(sums);
        for (size_t j = 0; j < added.size(); ++j) added[j] += ranks[j];
        std::sort(added.begin(), added.end());
        next[added] += probability;
      }
    } while (std::next_permutation(ranks.begin(), ranks.end()));
    for (auto& [sums, probability] : next) probability /= orders;
    states.swap(next);
  }
  double p = 0;
  for (const auto& [sums, probability] : states) p += sum_of_squares(sums) >= seen ? probability : 0;
  return std::min(1.0, p);
}

double draw_permutations(std::vector<Ranks> all, int64_t seen, uint64_t seed) {
  Rng rng(seed, "friedman");
  int64_t reached = 0;
  for (int64_t draw = 0; draw < kDrawnPermutations; ++draw) {
    for (Ranks& ranks : all) rng.shuffle(std::span<int64_t>(ranks));
    reached += sum_of_squares(sum_of(all)) >= seen ? 1 : 0;
  }
  return monte_carlo_p(reached, kDrawnPermutations);
}

// sum (t^3 - t) over the groups of equal scores: each of t equal scores adds t^2 - 1.
double ties_of(const std::vector<Ranks>& all) {
  double ties = 0;
  for (const Ranks& ranks : all) {
    for (int64_t rank : ranks) {
      const auto equal = static_cast<double>(std::count(ranks.begin(), ranks.end(), rank));
      ties += equal * equal - 1;
    }
  }
  return ties;
}

void set_statistics(const Ranks& sums, double ties, Friedman& result) {
  const auto n = static_cast<double>(result.datasets), k = static_cast<double>(result.methods);
  const double untied = 1 - ties / (n * k * (k * k - 1));
  if (untied <= kRelativeZero) {
    result.status = FriedmanStatus::kAllTied;
    result.chi2 = result.f = result.kendall_w = kNaN;
    return;
  }
  double spread = 0;
  for (int64_t sum : sums) {
    const double off = static_cast<double>(sum) / 2 - n * (k + 1) / 2;
    spread += off * off;
  }
  result.chi2 = 12 * spread / (n * k * (k + 1)) / untied;
  result.p_chi2 = chi2_sf(result.chi2, k - 1);
  const double most = n * (k - 1);
  result.kendall_w = result.chi2 / most;
  if (most - result.chi2 <= kRelativeZero * most) {
    result.f = std::numeric_limits<double>::infinity();
    result.p_f = 0;
    return;
  }
  result.f = (n - 1) * result.chi2 / (most - result.chi2);
  result.p_f = f_sf(result.f, k - 1, (k - 1) * (n - 1));
}

// The standard error of the difference of two mean ranks.
double rank_error(const Friedman& ranks) {
  const auto n = static_cast<double>(ranks.datasets), k = static_cast<double>(ranks.methods);
  return std::sqrt(k * (k + 1) / (6 * n));
}

}  // namespace

StatusOr<Friedman> friedman(std::span<const std::vector<double>> scores, uint64_t seed) {
  EV_RETURN_IF_ERROR(check(scores));
  const std::vector<Ranks> all = rank_all(scores);
  const Ranks sums = sum_of(all);
  Friedman result;
  result.datasets = static_cast<int64_t>(all.size());
  result.methods = static_cast<int64_t>(sums.size());
  for (int64_t sum : sums) {
    result.mean_ranks.push_back(static_cast<double>(sum) / (2 * static_cast<double>(result.datasets)));
  }
  set_statistics(sums, ties_of(all), result);
  const int64_t seen = sum_of_squares(sums);
  const std::optional<double> counted = count_permutations(all, seen);
  result.permutation_exact = counted.has_value();
  result.p_permutation = counted ? *counted : draw_permutations(all, seen, seed);
  return result;
}

double nemenyi_q(int64_t methods, double alpha) {
  return studentised_range_upper(alpha, methods) / std::numbers::sqrt2;
}

double nemenyi_cd(const Friedman& ranks, double alpha) { return nemenyi_q(ranks.methods, alpha) * rank_error(ranks); }

double bonferroni_dunn_cd(const Friedman& ranks, double alpha) {
  const auto comparisons = static_cast<double>(ranks.methods - 1);
  return -normal_quantile(alpha / (2 * comparisons)) * rank_error(ranks);
}

std::vector<std::vector<double>> nemenyi_p(const Friedman& ranks) {
  std::vector<std::vector<double>> p(ranks.mean_ranks.size(), std::vector<double>(ranks.mean_ranks.size(), 1));
  for (size_t i = 0; i < p.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double z = std::abs(ranks.mean_ranks[i] - ranks.mean_ranks[j]) / rank_error(ranks);
      p[i][j] = p[j][i] = studentised_range_sf(z * std::numbers::sqrt2, ranks.methods);
    }
  }
  return p;
}

std::vector<ControlComparison> compare_with_control(const Friedman& ranks, int64_t control) {
  std::vector<ControlComparison> result;
  if (control < 0 || control >= ranks.methods) return result;
  std::vector<std::optional<double>> p;
  for (int64_t method = 0; method < ranks.methods; ++method) {
    if (method == control) continue;
    ControlComparison one{method};
    one.z = (ranks.mean_ranks[static_cast<size_t>(control)] - ranks.mean_ranks[static_cast<size_t>(method)]) /
            rank_error(ranks);
    one.p = std::min(1.0, 2 * normal_sf(std::abs(one.z)));
    p.emplace_back(one.p);
    result.push_back(one);
  }
  const auto holm = adjust_p(p, Correction::kHolm), bonferroni = adjust_p(p, Correction::kBonferroni);
  for (size_t i = 0; i < result.size(); ++i) {
    result[i].p_holm = *holm[i];
    result[i].p_bonferroni = *bonferroni[i];
  }
  return result;
}

}  // namespace evensweep

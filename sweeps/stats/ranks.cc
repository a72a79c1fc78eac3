#include "sweeps/stats/ranks.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

struct Ranked {
  std::vector<double> size;  // |d|, ascending
  std::vector<bool> positive;
  std::vector<int64_t> doubled;  // twice the midrank: whole numbers
  double ties = 0;               // sum of t^3 - t over groups of equal size
};

Ranked rank_sizes(std::vector<double> d) {
  std::sort(d.begin(), d.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  Ranked r;
  for (size_t i = 0; i < d.size();) {
    size_t end = i;
    while (end < d.size() && std::abs(d[end]) == std::abs(d[i])) ++end;
    const auto tied = static_cast<double>(end - i);
    r.ties += tied * tied * tied - tied;
    const auto midrank = static_cast<int64_t>(i + 1 + end);
    for (; i < end; ++i) {
      r.size.push_back(std::abs(d[i]));
      r.positive.push_back(d[i] > 0);
      r.doubled.push_back(midrank);
    }
  }
  return r;
}

// probability[s]: of the positive doubled ranks summing to s, all signs equally likely.
std::vector<double> sum_distribution(std::span<const int64_t> doubled) {
  std::vector<double> probability{1.0};
  for (int64_t rank : doubled) {
    const auto by = static_cast<size_t>(rank);
    std::vector<double> next(probability.size() + by, 0.0);
    for (size_t s = 0; s < probability.size(); ++s) {
      next[s] += probability[s] / 2;
      next[s + by] += probability[s] / 2;
    }
    probability.swap(next);
  }
  return probability;
}

OneSided exact_p(std::span<const int64_t> doubled, int64_t positive) {
  const std::vector<double> probability = sum_distribution(doubled);
  OneSided p{0, 0, 0};
  for (size_t s = 0; s < probability.size(); ++s) {
    if (static_cast<int64_t>(s) >= positive) p.greater += probability[s];
    if (static_cast<int64_t>(s) <= positive) p.less += probability[s];
  }
  p.two_sided = std::min(1.0, 2 * std::min(p.greater, p.less));
  return p;
}

OneSided normal_p(double off, double sd, double correction) {
  if (!(sd > 0)) return {};
  const double towards_zero = off == 0 ? 0 : std::copysign(correction, off);
  return {std::min(1.0, 2 * normal_sf(std::abs(off - towards_zero) / sd)), normal_sf((off - correction) / sd),
          normal_cdf((off + correction) / sd)};
}

void approximate(const Ranked& ranked, double zeros, ZeroMethod method, SignedRank& result) {
  const auto n = static_cast<double>(ranked.size.size());
  const bool pratt = method == ZeroMethod::kPratt;
  double mean = n * (n + 1) / 4, variance = n * (n + 1) * (2 * n + 1);
  double ties = ranked.ties;
  if (pratt) {
    mean -= zeros * (zeros + 1) / 4;
    variance -= zeros * (zeros + 1) * (2 * zeros + 1);
    ties -= zeros * zeros * zeros - zeros;
  }
  const double sd = std::sqrt((variance - ties / 2) / 24);
  const double off = result.rank_sum_positive - mean;
  result.z = off / sd;
  result.z_corrected = (off - 0.5) / sd;
  result.normal = normal_p(off, sd, 0);
  result.normal_corrected = normal_p(off, sd, 0.5);
}

}  // namespace

double twelve_digits(double value) {
  const std::string text = fmt::format("{:.11e}", value);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

SignedRank signed_rank(std::span<const double> d, ZeroMethod zeros) {
  std::vector<double> kept;
  for (double x : d)
    if (x != 0 || zeros != ZeroMethod::kDrop) kept.push_back(twelve_digits(x));
  const Ranked ranked = rank_sizes(kept);
  SignedRank result;
  std::vector<int64_t> signed_ranks;
  int64_t positive = 0, negative = 0, zero = 0;
  double zero_count = 0;
  for (size_t i = 0; i < ranked.size.size(); ++i) {
    if (ranked.size[i] == 0) {
      zero += ranked.doubled[i];
      ++zero_count;
      continue;
    }
    signed_ranks.push_back(ranked.doubled[i]);
    (ranked.positive[i] ? positive : negative) += ranked.doubled[i];
  }
  result.exact = exact_p(signed_ranks, positive);
  const double shared = zeros == ZeroMethod::kSplit ? static_cast<double>(zero) / 4 : 0;
  result.rank_sum_positive = static_cast<double>(positive) / 2 + shared;
  result.rank_sum_negative = static_cast<double>(negative) / 2 + shared;
  const double all = result.rank_sum_positive + result.rank_sum_negative;
  if (all > 0) result.rank_biserial = (result.rank_sum_positive - result.rank_sum_negative) / all;
  approximate(ranked, zero_count, zeros, result);
  return result;
}

std::vector<double> signed_rank_distribution(int64_t n) {
  std::vector<int64_t> ranks;
  for (int64_t rank = 1; rank <= n; ++rank) ranks.push_back(rank);
  return sum_distribution(ranks);
}

}  // namespace evensweep

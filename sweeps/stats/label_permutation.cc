#include "sweeps/stats/label_permutation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "common/base/rng.h"

namespace evensweep {
namespace {

constexpr double kRelativeZero = 1e-12;

using Values = std::vector<std::vector<double>>;

bool is_usable(const Values& values) {
  if (values.empty() || values.front().size() < 2) return false;
  return std::all_of(values.begin(), values.end(), [&](const std::vector<double>& block) {
    return block.size() == values.front().size() &&
           std::all_of(block.begin(), block.end(), [](double x) { return std::isfinite(x); });
  });
}

// (labels!)^blocks, or 0 where that is more than `most`.
int64_t count_permutations(size_t labels, size_t blocks, int64_t most) {
  int64_t all = 1;
  for (size_t block = 0; block < blocks; ++block) {
    for (size_t k = 2; k <= labels; ++k) {
      all *= static_cast<int64_t>(k);
      if (all > most) return 0;
    }
  }
  return all;
}

// Adds baseline less arm for each arm.
void add_differences(const std::vector<double>& block, std::vector<double>& sums) {
  for (size_t a = 0; a < sums.size(); ++a) sums[a] += block[0] - block[a + 1];
}

struct Tally {
  std::vector<double> bounds;  // sums that reach them count
  std::vector<int64_t> raw = std::vector<int64_t>(bounds.size());
  std::vector<int64_t> largest = std::vector<int64_t>(bounds.size());

  void count(const std::vector<double>& sums) {
    const double most = *std::max_element(sums.begin(), sums.end());
    for (size_t a = 0; a < bounds.size(); ++a) {
      raw[a] += sums[a] >= bounds[a] ? 1 : 0;
      largest[a] += most >= bounds[a] ? 1 : 0;
    }
  }
};

// Every order of every block from `block` on.
void permute_all(const Values& values, size_t block, const std::vector<double>& sums, Tally& tally) {
  if (block == values.size()) {
    tally.count(sums);
    return;
  }
  std::vector<size_t> order(values[block].size());
  std::iota(order.begin(), order.end(), size_t{0});
  do {
    std::vector<double> with_block(sums), permuted;
    for (size_t place : order) permuted.push_back(values[block][place]);
    add_differences(permuted, with_block);
    permute_all(values, block + 1, with_block, tally);
  } while (std::next_permutation(order.begin(), order.end()));
}

void permute_some(Values values, uint64_t seed, int64_t draws, Tally& tally) {
  Rng rng(seed, "label permutation");
  std::vector<double> sums(tally.bounds.size());
  for (int64_t drawn = 0; drawn < draws; ++drawn) {
    std::fill(sums.begin(), sums.end(), 0);
    for (std::vector<double>& block : values) {
      rng.shuffle(std::span(block));
      add_differences(block, sums);
    }
    tally.count(sums);
  }
}

// The most that a sum can be.
double reach_of(const Values& values) {
  double reach = 0;
  for (const std::vector<double>& block : values) {
    const auto [least, most] = std::minmax_element(block.begin(), block.end());
    reach += *most - *least;
  }
  return reach;
}

}  // namespace

std::optional<LabelPermutation> max_t_label_permutation(const Values& values, uint64_t seed, int64_t draws) {
  if (!is_usable(values)) return std::nullopt;
  const size_t labels = values.front().size();
  std::vector<double> sums(labels - 1);
  for (const std::vector<double>& block : values) add_differences(block, sums);
  std::vector<double> bounds(sums);
  for (double& bound : bounds) bound -= kRelativeZero * reach_of(values);
  Tally tally{bounds};

  LabelPermutation result;
  const int64_t all = count_permutations(labels, values.size(), 10 * (draws + 1));
  result.exact = all > 0;
  result.permutations = result.exact ? all : draws;
  if (result.exact) {
    permute_all(values, 0, std::vector<double>(sums.size()), tally);
  } else {
    permute_some(values, seed, draws, tally);
  }
  const int64_t seen = result.exact ? 0 : 1;  // the +1 rule
  const auto total = static_cast<double>(result.permutations + seen);
  for (size_t a = 0; a < sums.size(); ++a) {
    result.statistic.push_back(sums[a] / static_cast<double>(values.size()));
    result.p_raw.push_back(static_cast<double>(tally.raw[a] + seen) / total);
    result.p_single_step.push_back(static_cast<double>(tally.largest[a] + seen) / total);
  }
  return result;
}

}  // namespace evensweep

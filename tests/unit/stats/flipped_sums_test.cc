#include "sweeps/stats/flipped_sums.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "common/base/rng.h"
#include "sweeps/stats/max_t.h"

namespace evensweep {
namespace {

FlipFamily drawn_family(size_t blocks, size_t arms, uint64_t seed) {
  Rng rng(seed, "flipped sums test");
  FlipFamily family{.blocks = blocks, .arms = arms, .numbers = {}};
  for (size_t i = 0; i < blocks * arms; ++i) family.numbers.push_back(rng.uniform() - 0.4);
  return family;
}

std::vector<double> bounds_of(const FlipFamily& family) {
  std::vector<double> bounds;
  for (size_t a = 0; a < family.arms; ++a) bounds.push_back(0.1 * static_cast<double>(a * family.blocks) / 3);
  return bounds;
}

// Every set of instructions, with few blocks, with the most that are exact, and with drawn sign vectors.
TEST(FlippedSums, AreTheSameWithAllInstructions) {
  for (const size_t blocks :
       {size_t{2}, size_t{9}, static_cast<size_t>(kExactMaxT), static_cast<size_t>(kExactMaxT) + 3})
    for (const SumOf sum : {SumOf::kSigned, SumOf::kSize}) {
      const FlipFamily family = drawn_family(blocks, 3, blocks);
      const FlipOptions plain{.sum = sum, .seed = 5, .instructions = Instructions::kPlain};
      const ReachCounts expected = count_reaching(family, bounds_of(family), plain);
      const double quantile = quantile_of_largest(family, 0.05, plain);
      for (const Instructions other : {Instructions::kAvx2, Instructions::kAvx512, Instructions::kBest}) {
        if (!has_instructions(other)) continue;
        FlipOptions options = plain;
        options.instructions = other;
        const ReachCounts counts = count_reaching(family, bounds_of(family), options);
        EXPECT_EQ(counts.vectors, expected.vectors);
        EXPECT_EQ(counts.any, expected.any) << blocks;
        EXPECT_EQ(counts.up_to, expected.up_to) << blocks;
        EXPECT_EQ(quantile_of_largest(family, 0.05, options), quantile) << blocks;
      }
    }
}

TEST(FlippedSums, HaveTheQuantileOfASortedList) {
  constexpr size_t kBlocks = 11, kArms = 4;
  const FlipFamily family = drawn_family(kBlocks, kArms, 1);
  for (const SumOf sum : {SumOf::kSigned, SumOf::kSize}) {
    std::vector<double> largest;
    for (uint64_t signs = 0; signs < uint64_t{1} << kBlocks; ++signs) {
      double most = -1e300;
      for (size_t a = 0; a < kArms; ++a) {
        double x = 0;
        for (size_t i = 0; i < kBlocks; ++i) x += (signs >> i & 1) != 0 ? -family.at(i, a) : family.at(i, a);
        most = std::max(most, sum == SumOf::kSize ? std::abs(x) : x);
      }
      largest.push_back(most);
    }
    std::sort(largest.begin(), largest.end(), std::greater<>());
    for (const double alpha : {0.0, 0.001, 0.05, 0.3, 0.999}) {
      const auto above = static_cast<size_t>(alpha * static_cast<double>(largest.size()));
      EXPECT_NEAR(quantile_of_largest(family, alpha, {.sum = sum}), largest[above], 1e-13) << alpha;
    }
  }
}

}  // namespace
}  // namespace evensweep

#include "common/base/rng.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <vector>

namespace evensweep {
namespace {

std::array<uint64_t, 3> first_three(Rng rng) { return {rng(), rng(), rng()}; }

// Made by a second implementation in Python, itself checked against the published vectors of SplitMix64 (seed 1234567)
// and xoshiro256++ (state 1, 2, 3, 4). They must never change: every split, order and initialisation hangs on them.
TEST(Rng, StreamsAreTheSameForEver) {
  using Three = std::array<uint64_t, 3>;
  EXPECT_EQ(first_three(Rng(0, "")), (Three{0xb8aa84c9d347e3f3, 0x7cc38a2fa6c86c87, 0x042311b20237176c}));
  EXPECT_EQ(first_three(Rng(7, "split")), (Three{0x1074bad0d45c075c, 0x74d688514c1fc089, 0x996ff283d73cea2c}));
  EXPECT_EQ(first_three(Rng(7, "order", {3})), (Three{0x5e6ba2bbf7b0d549, 0x3e8603f9bfd5840c, 0x0fcadf084197f56c}));
  EXPECT_EQ(first_three(Rng(UINT64_MAX, "init", {1, 2})),
            (Three{0x7db96ee4accdd69a, 0x82bbc0ed4e43e8f2, 0xe056c6e23a555112}));
}

TEST(Rng, UniformNumbersAreTheSameForEver) {
  Rng rng(7, "split");
  EXPECT_EQ(rng.uniform(), 0.06428115461709183);
  EXPECT_EQ(rng.uniform(), 0.456398506019581);
  EXPECT_EQ(rng.uniform(), 0.5993644306065452);
}

TEST(Rng, ShufflesAreTheSameForEver) {
  std::vector<int> items(10);
  std::iota(items.begin(), items.end(), 0);
  Rng(7, "order").shuffle(std::span(items));
  EXPECT_EQ(items, (std::vector<int>{5, 3, 1, 4, 2, 0, 6, 8, 7, 9}));
}

TEST(Rng, SeedPurposeAndIndicesEachMakeAStreamOfItsOwn) {
  std::set<uint64_t> first;
  size_t streams = 0;
  for (const uint64_t seed : {0, 1, 2})
    for (const char* purpose : {"", "a", "b", "ab"}) {
      first.insert(Rng(seed, purpose)());
      first.insert(Rng(seed, purpose, {0})());
      first.insert(Rng(seed, purpose, {1})());
      first.insert(Rng(seed, purpose, {0, 1})());
      first.insert(Rng(seed, purpose, {1, 0})());
      streams += 5;
    }
  EXPECT_EQ(first.size(), streams);
}

TEST(Rng, UniformIsInTheHalfOpenUnitInterval) {
  Rng rng(1, "uniform");
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double value = rng.uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.005);  // more than 5 standard errors
}

TEST(Rng, BelowStaysBelow) {
  EXPECT_TRUE(rc::check([](uint64_t seed, uint64_t any_bound) {
    const uint64_t bound = any_bound == 0 ? 1 : any_bound;
    Rng rng(seed, "below");
    for (int i = 0; i < 20; ++i) RC_ASSERT(rng.below(bound) < bound);
  }));
  Rng rng(1, "below");
  EXPECT_EQ(rng.below(1), 0U);
}

// Chi-squared with 5 degrees of freedom: 25.7 is exceeded by chance once in 10,000; the stream is fixed.
TEST(Rng, BelowIsEven) {
  Rng rng(1, "even");
  std::array<double, 6> count{};
  const double draws = 60'000;
  for (int i = 0; i < draws; ++i) ++count[rng.below(6)];
  double chi_squared = 0;
  for (const double n : count) chi_squared += (n - draws / 6) * (n - draws / 6) / (draws / 6);
  EXPECT_LT(chi_squared, 25.7);
}

// With 3/4 of the range as bound a plain remainder would give the lower third of the values twice as often.
TEST(Rng, BelowIsEvenForBoundsNearTheWholeRange) {
  const uint64_t bound = (uint64_t{1} << 63) + (uint64_t{1} << 62);
  Rng rng(1, "large");
  int lower_third = 0;
  for (int i = 0; i < 30'000; ++i) lower_third += rng.below(bound) < bound / 3 ? 1 : 0;
  EXPECT_NEAR(lower_third, 10'000, 500);
}

TEST(Rng, ShuffleKeepsTheItems) {
  EXPECT_TRUE(rc::check([](uint64_t seed, std::vector<int> items) {
    std::vector<int> shuffled = items;
    Rng(seed, "shuffle").shuffle(std::span(shuffled));
    std::sort(items.begin(), items.end());
    std::sort(shuffled.begin(), shuffled.end());
    RC_ASSERT(shuffled == items);
  }));
}

}  // namespace
}  // namespace evensweep

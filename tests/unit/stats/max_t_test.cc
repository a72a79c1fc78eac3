#include "sweeps/stats/max_t.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/rng.h"

namespace evensweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Side kSides[] = {Side::kGreater, Side::kLess, Side::kTwoSided};

using Counts = std::vector<std::vector<int>>;  // differences in units of 1/8, for each arm one a block

Counts some_counts(int most_blocks = 8) {
  const auto blocks = *rc::gen::inRange<size_t>(2, static_cast<size_t>(most_blocks) + 1);
  const auto arms = *rc::gen::inRange<size_t>(1, 5);
  const int size = *rc::gen::element(1, 3, 40);  // small ones: ties, zeros, arms without scatter
  return *rc::gen::container<Counts>(arms,
                                     rc::gen::container<std::vector<int>>(blocks, rc::gen::inRange(-size, size + 1)));
}

FamilyDifferences differences(const Counts& counts, double unit = 0.125) {
  FamilyDifferences arms;
  for (const auto& arm : counts) {
    arms.emplace_back();
    for (int k : arm) arms.back().push_back(k * unit);
  }
  return arms;
}

// t as a fraction in whole numbers, which orders as t does: S |S| / Q for the sum S and the sum of squares Q.
struct Fraction {
  int64_t over, under;
  friend bool operator>=(const Fraction& a, const Fraction& b) { return a.over * b.under >= b.over * a.under; }
};

Fraction statistic(const std::vector<int>& arm, uint64_t signs, Side side) {
  int64_t sum = 0, squares = 0;
  for (size_t i = 0; i < arm.size(); ++i) {
    sum += (signs >> i & 1) != 0 ? -arm[i] : arm[i];
    squares += arm[i] * arm[i];
  }
  if (side == Side::kLess) sum = -sum;
  if (side == Side::kTwoSided) sum = std::abs(sum);
  return {sum * std::abs(sum), std::max<int64_t>(1, squares)};
}

// The share of sign vectors under which some arm that `counts_in` takes reaches what `arm` has.
template <typename CountsIn>
double share_reaching(const Counts& counts, size_t arm, Side side, CountsIn counts_in) {
  const Fraction seen = statistic(counts[arm], 0, side);
  const uint64_t all = uint64_t{1} << counts[0].size();
  int64_t reached = 0;
  for (uint64_t signs = 0; signs < all; ++signs) {
    bool any = false;
    for (size_t other = 0; other < counts.size(); ++other)
      any |= counts_in(other) && statistic(counts[other], signs, side) >= seen;
    reached += any ? 1 : 0;
  }
  return static_cast<double>(reached) / static_cast<double>(all);
}

RC_GTEST_PROP(MaxT, AgreesWithBruteForceInWholeNumbers, ()) {
  const Counts counts = some_counts();
  for (const Side side : kSides) {
    const auto result = max_t_sign_flip(differences(counts), {.side = side});
    const auto at_most = [&](size_t a, size_t b) {
      return statistic(counts[b], 0, side) >= statistic(counts[a], 0, side);
    };
    for (size_t a = 0; a < counts.size(); ++a) {
      RC_ASSERT(result[a]->p_single_step == share_reaching(counts, a, side, [](size_t) { return true; }));
      double step_down = 0;  // over all steps up to this arm's, the rest of the family in each
      for (size_t b = 0; b < counts.size(); ++b)
        if (at_most(a, b))
          step_down = std::max(step_down, share_reaching(counts, b, side, [&](size_t c) { return at_most(c, b); }));
      RC_ASSERT(result[a]->p_step_down == step_down);
    }
  }
}

RC_GTEST_PROP(MaxT, OfOneArmIsItsSignFlipTest, ()) {
  const FamilyDifferences arms = differences({some_counts(kExactMaxT)[0]});
  const SignFlip alone = sign_flip(arms[0]);
  for (const Side side : kSides) {
    const MaxTArm arm = *max_t_sign_flip(arms, {.side = side})[0];
    const double p = *(side == Side::kGreater ? alone.p_greater
                       : side == Side::kLess  ? alone.p_less
                                              : alone.p_two_sided);
    RC_ASSERT(arm.p == p);
    RC_ASSERT(arm.p_single_step == p);
    RC_ASSERT(arm.p_step_down == p);
  }
}

RC_GTEST_PROP(MaxT, AnArmMoreNeverLowersAPNorNarrowsAnInterval, ()) {
  const FamilyDifferences more = differences(some_counts());
  const FamilyDifferences fewer(more.begin(), more.end() - 1);
  for (const Side side : kSides) {
    const auto before = max_t_sign_flip(fewer, {.side = side}), after = max_t_sign_flip(more, {.side = side});
    const auto narrow = simultaneous_intervals(fewer, 0.25, side), wide = simultaneous_intervals(more, 0.25, side);
    for (size_t a = 0; a < fewer.size(); ++a) {
      RC_ASSERT(after[a]->p_single_step >= before[a]->p_single_step);
      RC_ASSERT(after[a]->p_step_down >= before[a]->p_step_down);
      RC_ASSERT(after[a]->p == before[a]->p);
      RC_ASSERT(wide[a]->low <= narrow[a]->low && wide[a]->high >= narrow[a]->high);
    }
  }
}

RC_GTEST_PROP(MaxT, StepDownLiesBetweenAloneAndSingleStep, ()) {
  for (const Side side : kSides) {
    const auto untested = *rc::gen::inRange<int64_t>(0, 3);
    for (const auto& arm : max_t_sign_flip(differences(some_counts()), {.side = side, .untested = untested})) {
      RC_ASSERT(arm->p <= arm->p_step_down);
      RC_ASSERT(arm->p_step_down <= arm->p_single_step);
      RC_ASSERT(arm->p_single_step <= 1);
    }
  }
}

RC_GTEST_PROP(MaxT, DoesNotDependOnAnArmsScale, ()) {
  const FamilyDifferences arms = differences(some_counts());
  FamilyDifferences scaled(arms);
  for (size_t a = 0; a < arms.size(); ++a)
    for (double& x : scaled[a]) x *= std::pow(10.0, 40.0 * static_cast<double>(a) - 80);
  for (const Side side : kSides) {
    const auto result = max_t_sign_flip(arms, {.side = side}), other = max_t_sign_flip(scaled, {.side = side});
    for (size_t a = 0; a < arms.size(); ++a) {
      RC_ASSERT(result[a]->p_single_step == other[a]->p_single_step);
      RC_ASSERT(result[a]->p_step_down == other[a]->p_step_down);
    }
  }
}

RC_GTEST_PROP(MaxT, TurnsGreaterIntoLessWhenAllSignsAreFlipped, ()) {
  const Counts counts = some_counts();
  const FamilyDifferences arms = differences(counts), flipped = differences(counts, -0.125);
  const auto greater = max_t_sign_flip(arms, {.side = Side::kGreater});
  const auto less = max_t_sign_flip(flipped, {.side = Side::kLess});
  const auto two = max_t_sign_flip(arms, {.side = Side::kTwoSided});
  const auto two_flipped = max_t_sign_flip(flipped, {.side = Side::kTwoSided});
  for (size_t a = 0; a < arms.size(); ++a) {
    RC_ASSERT(greater[a]->p_step_down == less[a]->p_step_down);
    RC_ASSERT(greater[a]->statistic == -less[a]->statistic);
    RC_ASSERT(two[a]->p_step_down == two_flipped[a]->p_step_down);
  }
}

TEST(MaxT, CountsArmsThatCouldNotBeTestedLikeOnesOfTheirOwn) {
  const FamilyDifferences arms{{1, 2, 3, 4}, {1, -2, 3, -1}};
  const auto without = max_t_sign_flip(arms, {}), with = max_t_sign_flip(arms, {.untested = 2});
  EXPECT_DOUBLE_EQ(without[0]->p_step_down, 1.0 / 16);
  EXPECT_DOUBLE_EQ(with[0]->p_step_down, 3.0 / 16);
  EXPECT_EQ(with[1]->p_step_down, 1);
}

TEST(MaxT, LeavesOutWhatCannotBeTested) {
  const auto result = max_t_sign_flip({{1, 2, 3}, {1, 2}, {1, NAN, 3}, {}, {1, kInfinity, 0}}, {});
  ASSERT_EQ(result.size(), 5u);
  EXPECT_EQ(result[0]->p_step_down, 0.125);
  for (size_t a = 1; a < result.size(); ++a) EXPECT_FALSE(result[a]) << a;
  EXPECT_TRUE(max_t_sign_flip({}, {}).empty());
  EXPECT_FALSE(max_t_sign_flip({{}}, {})[0]);
  EXPECT_FALSE(simultaneous_intervals({{}, {NAN}}, 0.05)[1]);
}

TEST(MaxT, GivesArmsWithoutScatterAnInfiniteT) {
  const auto result = max_t_sign_flip({{0.3, 0.3, 0.3}, {0, 0, 0}, {-1, -1, -1}}, {});
  EXPECT_EQ(result[0]->statistic, kInfinity);
  EXPECT_EQ(result[1]->statistic, 0);
  EXPECT_EQ(result[2]->statistic, -kInfinity);
  EXPECT_EQ(result[0]->p_step_down, 0.25);  // the third arm goes as far when all signs are flipped
  EXPECT_EQ(result[1]->p_step_down, 1);
}

TEST(MaxT, UnstudentisedFavoursTheArmThatScattersWidely) {
  const FamilyDifferences arms{{1, 1.1, 0.9, 1, 1.05}, {30, -25, 40, -10, 20}};
  EXPECT_EQ(max_t_sign_flip(arms, {})[0]->p_single_step, 1.0 / 32);
  EXPECT_GT(max_t_sign_flip(arms, {.studentised = false})[0]->p_single_step, 0.3);
}

FamilyDifferences drawn_family(size_t arms, size_t blocks, double mean, Rng& rng) {
  FamilyDifferences family(arms, std::vector<double>(blocks));
  for (size_t i = 0; i < blocks; ++i) {
    const double shared = rng.uniform() - 0.5;
    for (auto& arm : family) arm[i] = mean + shared + rng.uniform() - 0.5;
  }
  return family;
}

TEST(MaxT, DrawsBeyondTheExactLimitAndNeverGivesZero) {
  const FamilyDifferences clear(3, std::vector<double>(kExactMaxT + 1, 1.0));
  EXPECT_EQ(max_t_sign_flip(clear, {})[0]->p_step_down, 1.0 / (kDrawnSignFlips + 1));
  Rng rng(1, "max t test");
  const FamilyDifferences one = drawn_family(1, kExactMaxT + 4, 0.05, rng);
  const MaxTArm arm = *max_t_sign_flip(one, {.seed = 3})[0];
  EXPECT_NEAR(arm.p_single_step, *sign_flip(one[0]).p_greater, 0.006);
  EXPECT_EQ(arm.p_single_step, max_t_sign_flip(one, {.seed = 3})[0]->p_single_step);
}

TEST(SimultaneousIntervals, MoveWithTheDifferences) {
  Rng rng(2, "max t test");
  const FamilyDifferences arms = drawn_family(4, 9, 0, rng);
  FamilyDifferences moved(arms);
  for (double& x : moved[1]) x = 4 * x + 3;
  const auto before = simultaneous_intervals(arms, 0.05), after = simultaneous_intervals(moved, 0.05);
  EXPECT_NEAR(after[1]->low, 4 * before[1]->low + 3, 1e-12);
  EXPECT_NEAR(after[1]->high, 4 * before[1]->high + 3, 1e-12);
  EXPECT_NEAR(after[0]->low, before[0]->low, 1e-12);
  EXPECT_GT(before[0]->high, paired_t(arms[0], 0.05).ci_high) << "wider than that of the arm alone";
}

TEST(SimultaneousIntervals, NeedEnoughBlocksForTheirLevel) {
  Rng rng(3, "max t test");
  EXPECT_EQ(simultaneous_intervals(drawn_family(3, 5, 1, rng), 0.05)[0]->low, -kInfinity);
  EXPECT_GT(simultaneous_intervals(drawn_family(3, 6, 1, rng), 0.05)[0]->low, -kInfinity);
  EXPECT_GT(simultaneous_intervals(drawn_family(3, 5, 1, rng), 0.05, Side::kGreater)[0]->low, -kInfinity);
  EXPECT_EQ(simultaneous_intervals({{2}}, 0.05)[0]->high, kInfinity);
  EXPECT_EQ(simultaneous_intervals({{0.3, 0.3, 0.3, 0.3, 0.3, 0.3}}, 0.05)[0]->high, 0.3) << "no scatter";
}

// 300 families of six arms, whatever their effect: 285 are expected to hold together, standard deviation 3.8; four of
// those are allowed.
TEST(SimultaneousIntervals, HoldTogetherAtTheirLevel) {
  for (const double effect : {0.0, 5.0}) {
    Rng rng(4, "max t test");
    int held = 0;
    for (int i = 0; i < 300; ++i) {
      bool all = true;
      for (const auto& interval : simultaneous_intervals(drawn_family(6, 8, effect, rng), 0.05))
        all &= interval->low <= effect && effect <= interval->high;
      held += all ? 1 : 0;
    }
    EXPECT_GE(held, 270) << effect;
    EXPECT_LT(held, 300) << effect;
  }
}

}  // namespace
}  // namespace evensweep

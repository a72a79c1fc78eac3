#include "sweeps/stats/datasets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sweeps/stats/studentised_range.h"

namespace evensweep {
namespace {

using Table = std::vector<std::vector<double>>;
using testing::HasSubstr;

// Few values, so that ties happen.
Table some_scores(size_t least_rows, size_t most_rows, size_t columns) {
  const auto rows = *rc::gen::inRange(least_rows, most_rows + 1);
  Table scores;
  for (size_t i = 0; i < rows; ++i) {
    std::vector<double> row;
    for (int x : *rc::gen::container<std::vector<int>>(columns, rc::gen::inRange(0, 6))) row.push_back(x / 7.0);
    scores.push_back(row);
  }
  return scores;
}

// The share of all permutations within the rows, one after the other, whose chi2 is at least that of `scores`.
double permute_by_hand(const Table& scores) {
  const double seen = friedman(scores)->chi2;
  Table at = scores;
  for (auto& row : at) std::sort(row.begin(), row.end());
  const Table first = at;
  int64_t all = 0, reached = 0;
  while (true) {
    ++all;
    reached += friedman(at)->chi2 >= seen - 1e-9 ? 1 : 0;
    size_t row = 0;
    while (row < at.size() && !std::next_permutation(at[row].begin(), at[row].end())) ++row;
    if (row == at.size()) break;
  }
  return static_cast<double>(reached) / static_cast<double>(all);
}

TEST(Friedman, GivesTheRanksOfAnExampleDoneByHand) {
  // Ranks 1 2 3, 1 2 3, 1 3 2, 2 1 3: sums 5, 8, 11, chi2 = 12 (9 + 0 + 9) / (4 * 3 * 4) = 4.5.
  const Table scores{{0.9, 0.8, 0.7}, {0.6, 0.5, 0.4}, {0.9, 0.2, 0.3}, {0.5, 0.7, 0.1}};
  const StatusOr<Friedman> test = friedman(scores);
  ASSERT_TRUE(test.ok());
  EXPECT_EQ(test->mean_ranks, (std::vector<double>{1.25, 2.0, 2.75}));
  EXPECT_DOUBLE_EQ(test->chi2, 4.5);
  EXPECT_DOUBLE_EQ(test->p_chi2, std::exp(-4.5 / 2));  // two degrees of freedom
  EXPECT_DOUBLE_EQ(test->kendall_w, 4.5 / 8);
  EXPECT_DOUBLE_EQ(test->f, 3 * 4.5 / (8 - 4.5));
  EXPECT_TRUE(test->permutation_exact);
  EXPECT_NEAR(test->p_permutation, 0.125, 1e-12);  // in the tables of Friedman's test
}

TEST(Friedman, IsCertainWhereAllDataSetsRankAlike) {
  const StatusOr<Friedman> test = friedman(Table{{1, 2, 3}, {4, 5, 6}, {0, 1, 9}});
  ASSERT_TRUE(test.ok());
  EXPECT_EQ(test->f, std::numeric_limits<double>::infinity());
  EXPECT_EQ(test->p_f, 0);
  EXPECT_DOUBLE_EQ(test->kendall_w, 1);
  EXPECT_NEAR(test->p_permutation, 1.0 / 36, 1e-12);  // but not more certain than three data sets allow
}

TEST(Friedman, SaysNothingWhereAllScoresAreTied) {
  const StatusOr<Friedman> test = friedman(Table{{1, 1, 1}, {2, 2, 2}});
  ASSERT_TRUE(test.ok());
  EXPECT_EQ(test->status, FriedmanStatus::kAllTied);
  EXPECT_TRUE(std::isnan(test->chi2));
  EXPECT_EQ(test->p_chi2, 1);
  EXPECT_EQ(test->p_f, 1);
  EXPECT_EQ(test->p_permutation, 1);
}

TEST(Friedman, TakesRoundingNoiseForATie) {
  const Table exact{{0.3, 0.3, 0.1}, {0.2, 0.1, 0.4}}, noisy{{0.1 + 0.2, 0.3, 0.1}, {0.2, 0.1, 0.4}};
  EXPECT_EQ(friedman(exact)->mean_ranks, friedman(noisy)->mean_ranks);
}

TEST(Friedman, RefusesTablesWithHolesAndNamesTheRow) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(friedman(Table{{1, 2}, {1, 2, 3}}).status().message(), HasSubstr("data set 2 has 3 scores"));
  EXPECT_THAT(friedman(Table{{1, 2}, {1, nan}}).status().message(), HasSubstr("data set 2"));
  EXPECT_FALSE(friedman(Table{}).ok());
  EXPECT_FALSE(friedman(Table{{1, 2}}).ok());
  EXPECT_FALSE(friedman(Table{{1}, {2}}).ok());
}

RC_GTEST_PROP(Friedman, CountsPermutationsAsOneWouldByHand, ()) {
  const Table scores = some_scores(2, 4, 3);
  RC_PRE(friedman(scores)->status == FriedmanStatus::kOk);
  RC_ASSERT(std::abs(friedman(scores)->p_permutation - permute_by_hand(scores)) < 1e-12);
}

RC_GTEST_PROP(Friedman, SeesRanksOnlyAndTreatsMethodsAlike, ()) {
  const Table scores = some_scores(2, 8, 4);
  Table other = scores;
  for (auto& row : other) {
    for (double& x : row) x = std::exp(3 * x);
    std::reverse(row.begin(), row.end());
  }
  const Friedman a = *friedman(scores), b = *friedman(other);
  RC_ASSERT(std::equal(a.mean_ranks.begin(), a.mean_ranks.end(), b.mean_ranks.rbegin()));
  RC_ASSERT(std::abs(std::accumulate(a.mean_ranks.begin(), a.mean_ranks.end(), 0.0) - 10) < 1e-12);
  RC_ASSERT(a.p_chi2 == b.p_chi2);
  RC_ASSERT(a.p_permutation > 0 && a.p_permutation <= 1);
}

TEST(Friedman, DrawsPermutationsThatAreTooManyToCount) {
  // Seven methods, no agreement at all: rows are rotations of each other.
  Table scores;
  for (size_t i = 0; i < 7; ++i) {
    std::vector<double> row(7);
    for (size_t j = 0; j < 7; ++j) row[j] = static_cast<double>((i + j) % 7);
    scores.push_back(row);
  }
  const StatusOr<Friedman> test = friedman(scores);
  ASSERT_TRUE(test.ok());
  EXPECT_FALSE(test->permutation_exact);
  EXPECT_EQ(test->p_permutation, 1);
  for (auto& row : scores) std::sort(row.begin(), row.end());
  EXPECT_DOUBLE_EQ(friedman(scores)->p_permutation, 1.0 / (kDrawnPermutations + 1));
}

TEST(StudentisedRange, OfTwoIsTheNormalDistribution) {
  for (double q : {0.1, 1.0, 2.0, 5.0, 12.0}) {
    const double exact = std::erfc(q / 2);
    EXPECT_NEAR(studentised_range_sf(q, 2) / exact, 1, 1e-11) << q;
  }
}

TEST(StudentisedRange, OfThreeHasAKnownMiddle) {
  // The mean range of three standard normal numbers is 3/sqrt(pi); it is also the integral of the tail.
  double mean = 0;
  for (int i = 0; i < 120; ++i) mean += studentised_range_sf(0.05 + 0.1 * i, 3) * 0.1;
  EXPECT_NEAR(mean, 3 / std::sqrt(std::acos(-1.0)), 1e-3);
}

RC_GTEST_PROP(StudentisedRange, QuantileAndTailInvertEachOther, ()) {
  const auto k = *rc::gen::inRange(2, 200);
  const double tail = std::pow(10.0, -*rc::gen::inRange(1, 250) / 10.0);
  const double q = studentised_range_upper(tail, k);
  RC_ASSERT(std::abs(studentised_range_sf(q, k) / tail - 1) < 1e-10);
  RC_ASSERT(studentised_range_upper(tail, k + 1) > q);
}

TEST(StudentisedRange, IsTotal) {
  EXPECT_EQ(studentised_range_sf(0, 3), 1);
  EXPECT_EQ(studentised_range_sf(-1, 3), 1);
  EXPECT_EQ(studentised_range_sf(std::numeric_limits<double>::infinity(), 3), 0);
  EXPECT_TRUE(std::isnan(studentised_range_sf(1, 1)));
  for (double tail : {0.0, 1.0, -0.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(std::isnan(studentised_range_upper(tail, 3))) << tail;
  }
}

RC_GTEST_PROP(Nemenyi, AgreesWithItsCriticalDifference, ()) {
  const Friedman test = *friedman(some_scores(2, 6, 4));
  const auto p = nemenyi_p(test);
  const double cd = nemenyi_cd(test, 0.05);
  for (size_t i = 0; i < 4; ++i) {
    RC_ASSERT(p[i][i] == 1);
    for (size_t j = 0; j < 4; ++j) {
      RC_ASSERT(p[i][j] == p[j][i]);
      RC_ASSERT((p[i][j] <= 0.05) == (std::abs(test.mean_ranks[i] - test.mean_ranks[j]) >= cd));
    }
  }
}

TEST(Control, IsComparedWithEveryOtherMethodOnce) {
  const Friedman test = *friedman(Table{{1, 2, 3}, {1, 3, 2}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}});
  const std::vector<ControlComparison> against = compare_with_control(test, 0);
  ASSERT_EQ(against.size(), 2u);
  EXPECT_EQ(against[0].method, 1);
  EXPECT_EQ(against[1].method, 2);
  EXPECT_GT(against[1].z, against[0].z);  // method 2 is ahead of method 1, and both are ahead of the control
  EXPECT_GT(against[0].z, 0);
  EXPECT_DOUBLE_EQ(against[1].p_holm, 2 * against[1].p);
  EXPECT_DOUBLE_EQ(against[0].p_holm, std::max(against[0].p, against[1].p_holm));
  EXPECT_DOUBLE_EQ(against[0].p_bonferroni, 2 * against[0].p);
  EXPECT_TRUE(compare_with_control(test, 3).empty());
  EXPECT_TRUE(compare_with_control(test, -1).empty());
}

TEST(Control, BonferroniAndDunnsDifferenceAgrees) {
  const Friedman test = *friedman(Table{{1, 2, 3}, {1, 3, 2}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}});
  for (const ControlComparison& one : compare_with_control(test, 0)) {
    const double off = test.mean_ranks[0] - test.mean_ranks[static_cast<size_t>(one.method)];
    EXPECT_EQ(one.p_bonferroni <= 0.05, off >= bonferroni_dunn_cd(test, 0.05)) << one.method;
  }
  EXPECT_LT(bonferroni_dunn_cd(test, 0.05), nemenyi_cd(test, 0.05));  // fewer comparisons, more power
}

}  // namespace
}  // namespace evensweep

#include "sweeps/stats/ranks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace evensweep {
namespace {

TEST(SignedRank, TiesDoNotDependOnRounding) {
  const std::vector<double> exact{0.3, 0.3, -0.1};
  const std::vector<double> rounded{0.1 + 0.2, 0.3, -0.1};
  EXPECT_EQ(signed_rank(exact, ZeroMethod::kDrop).exact.greater, signed_rank(rounded, ZeroMethod::kDrop).exact.greater);
}

TEST(SignedRank, OfNothingButZerosSaysNothing) {
  const std::vector<double> zeros(4, 0.0);
  for (const ZeroMethod method : {ZeroMethod::kDrop, ZeroMethod::kPratt, ZeroMethod::kSplit}) {
    EXPECT_EQ(signed_rank(zeros, method).exact.two_sided, 1);
    EXPECT_EQ(signed_rank(zeros, method).normal.two_sided, 1);
  }
  EXPECT_EQ(signed_rank({}, ZeroMethod::kDrop).exact.greater, 1);
}

TEST(SignedRankDistribution, IsSymmetricAndSumsToOne) {
  const std::vector<double> p = signed_rank_distribution(9);
  ASSERT_EQ(p.size(), 46u);
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-14);
  for (size_t w = 0; w < p.size(); ++w) EXPECT_EQ(p[w], p[p.size() - 1 - w]);
}

}  // namespace
}  // namespace evensweep

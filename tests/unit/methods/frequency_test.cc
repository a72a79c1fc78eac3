#include "sweeps/methods/frequency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numeric>

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(FrequencyWeights, AreInverseToClassSizes) {
  EXPECT_THAT(frequency_weights(std::vector<double>{1, 3}, -1), ElementsAre(1.5, 0.5));
}

TEST(SampleMeanOne, KeepsTheMeanWeightOfAnExample) {
  const std::vector<double> counts{10, 30};
  const auto w = with_sample_mean_one(std::vector<double>{3, 1}, counts);
  EXPECT_DOUBLE_EQ(w[0] * 10 + w[1] * 30, 40);
  EXPECT_DOUBLE_EQ(w[0] / w[1], 3);
}

RC_GTEST_PROP(ResampleQuota, SharesOutEveryRow, ()) {
  const auto sizes = *rc::gen::container<std::vector<int>>(6, rc::gen::inRange(1, 500));
  const std::vector<int64_t> counts(sizes.begin(), sizes.end());
  std::vector<double> weights;
  for (int w : *rc::gen::container<std::vector<int>>(6, rc::gen::inRange(1, 100))) weights.push_back(w / 10.0);
  const int64_t total = *rc::gen::inRange<int64_t>(0, 5000);
  const auto quota = resample_quota(counts, weights, total).value();
  RC_ASSERT(std::accumulate(quota.rows.begin(), quota.rows.end(), int64_t{0}) == total);
  for (size_t c = 0; c < 6; ++c) {
    RC_ASSERT(std::abs(static_cast<double>(quota.rows[c]) - quota.exact[c]) < 1);
    RC_ASSERT(quota.oversampled[c] >= counts[c]);
  }
}

TEST(ResampleQuota, RefusesWhatCannotBeShared) {
  const auto error = [](std::vector<int64_t> counts, std::vector<double> weights, int64_t total) {
    return std::string(resample_quota(counts, weights, total).status().message());
  };
  EXPECT_THAT(error({1, 0}, {1, 1}, 5), HasSubstr("class 1 has no training samples"));
  EXPECT_THAT(error({1, 1}, {0, 1}, 5), HasSubstr("class 0 has the weight 0"));
  EXPECT_THAT(error({1, 1}, {1, std::nan("")}, 5), HasSubstr("class 1 has the weight nan"));
  EXPECT_THAT(error({1}, {1, 1}, 5), HasSubstr("one weight"));
  EXPECT_THAT(error({1}, {1}, -5), HasSubstr("negative"));
}

}  // namespace
}  // namespace evensweep

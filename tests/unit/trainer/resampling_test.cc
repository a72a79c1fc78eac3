#include "agent/trainer/resampling.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace evensweep {
namespace {

const std::vector<uint16_t> kLabels{0, 1, 0, 1, 2, 0, 1, 0, 9};  // row 8 is no training row
const std::vector<uint32_t> kTrain{0, 1, 2, 3, 4, 5, 6, 7};

RC_GTEST_PROP(ResampledRows, HoldEachClassAsOftenAsAskedAndItsRowsAsEvenlyAsCanBe, ()) {
  const auto quota = *rc::gen::container<std::vector<int64_t>>(3, rc::gen::inRange<int64_t>(0, 20));
  const auto rows = resampled_rows(kTrain, kLabels, quota, *rc::gen::arbitrary<uint64_t>(), 0);
  std::map<uint32_t, int64_t> times;
  std::vector<int64_t> of_class(3);
  for (const uint32_t row : rows) {
    ++times[row];
    ++of_class.at(kLabels.at(row));
  }
  RC_ASSERT(of_class == quota);
  for (const uint32_t row : kTrain) {
    const int64_t there = std::count(kLabels.begin(), kLabels.end(), kLabels[row]);
    const int64_t least = quota[kLabels[row]] / there;
    RC_ASSERT(times[row] == least || times[row] == least + 1);
  }
}

TEST(ResampledRows, AreTheSameForTheSameSeedAndEpochAndOthersForAnother) {
  std::vector<uint32_t> train(200);
  std::iota(train.begin(), train.end(), 0U);
  const std::vector<uint16_t> labels(200, 0);
  const std::vector<int64_t> quota{100};
  const auto rows = [&](uint64_t seed, int64_t epoch) { return resampled_rows(train, labels, quota, seed, epoch); };
  EXPECT_EQ(rows(1, 2), rows(1, 2));
  EXPECT_NE(rows(1, 2), rows(1, 3));
  EXPECT_NE(rows(1, 2), rows(2, 2));
}

}  // namespace
}  // namespace evensweep

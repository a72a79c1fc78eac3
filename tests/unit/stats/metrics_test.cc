#include "sweeps/stats/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "sweeps/stats/effects.h"
#include "sweeps/stats/test_images.h"

namespace evensweep {
namespace {

using testing::HasSubstr;
using Counts = std::vector<int64_t>;

std::string error_of(const ConfusionMatrix& matrix) { return std::string(model_metrics(matrix).status().message()); }

TEST(ModelMetrics, OfACountedExample) {
  const ModelMetrics m = model_metrics(ConfusionMatrix{2, {8, 2, 6, 4}}).value();
  EXPECT_THAT(m.tpr, testing::ElementsAre(0.8, 0.4));
  EXPECT_NEAR(m.var, 0.04, 1e-15);
  // (C-1)/C^2 sum s(1-s)/(n-1) = 1/4 (0.16/9 + 0.24/9)
  EXPECT_NEAR(m.noise_bias, 0.4 / 36, 1e-15);
  EXPECT_NEAR(m.var_unbiased, 0.04 - 0.4 / 36, 1e-15);
  EXPECT_EQ(m.worst_class, 1);
  EXPECT_DOUBLE_EQ(m.accuracy, 0.6);
}

TEST(ModelMetrics, NamesTheClassWithTooFewExamples) {
  EXPECT_EQ(error_of({2, {8, 2, 0, 0}}), "class 1 has no test samples; Var(s) is undefined");
  EXPECT_THAT(error_of({2, {0, 1, 5, 5}}), HasSubstr("class 0 has one test sample"));
  EXPECT_THAT(error_of({2, {1, 2, 3}}), HasSubstr("not a square"));
  EXPECT_THAT(error_of({0, {}}), HasSubstr("not a square"));
  EXPECT_THAT(error_of({2, {5, -2, 3, 3}}), HasSubstr("negative"));
}

struct Sample {
  Counts correct, total;
};
Sample some_sample() {
  Sample s;
  const auto classes = *rc::gen::inRange<size_t>(2, 12);
  for (size_t c = 0; c < classes; ++c) {
    s.total.push_back(*rc::gen::inRange<int64_t>(2, 200));
    s.correct.push_back(*rc::gen::inRange<int64_t>(0, s.total.back() + 1));
  }
  return s;
}

RC_GTEST_PROP(ModelMetrics, VarianceDoesNotDependOnTheOrderOfClasses, ()) {
  const Sample s = some_sample();
  const ModelMetrics m = model_metrics(s.correct, s.total).value();
  const ModelMetrics back =
      model_metrics(Counts(s.correct.rbegin(), s.correct.rend()), Counts(s.total.rbegin(), s.total.rend())).value();
  RC_ASSERT(std::abs(m.var_unbiased - back.var_unbiased) < 1e-12);
  RC_ASSERT(m.worst_tpr == back.worst_tpr);
}

RC_GTEST_PROP(ModelMetrics, VarianceIsTheSameForHitsAndMisses, ()) {
  const Sample s = some_sample();
  Counts wrong;
  for (size_t c = 0; c < s.total.size(); ++c) wrong.push_back(s.total[c] - s.correct[c]);
  const ModelMetrics hits = model_metrics(s.correct, s.total).value();
  const ModelMetrics misses = model_metrics(wrong, s.total).value();
  RC_ASSERT(std::abs(hits.var - misses.var) < 1e-12);
  RC_ASSERT(std::abs(hits.noise_bias - misses.noise_bias) < 1e-12);
}

RC_GTEST_PROP(CompareOnTest, ChangesSignWhenTheModelsAreSwapped, ()) {
  const Sample a = some_sample();
  JointCounts counts;
  for (size_t c = 0; c < a.total.size(); ++c) {
    counts.both.push_back(a.correct[c]);
    counts.only_baseline.push_back(*rc::gen::inRange<int64_t>(0, 30));
    counts.only_rebalanced.push_back(*rc::gen::inRange<int64_t>(0, 30));
    counts.neither.push_back(a.total[c] - a.correct[c]);
  }
  const TestComparison t = compare_on_test(counts).value();
  std::swap(counts.only_baseline, counts.only_rebalanced);
  const TestComparison swapped = compare_on_test(counts).value();
  RC_ASSERT(t.d == -swapped.d);
  RC_ASSERT(t.d_unbiased == -swapped.d_unbiased);
  RC_ASSERT(std::abs(t.d_test_se - swapped.d_test_se) < 1e-12);
  RC_ASSERT(t.mcnemar_p == swapped.mcnemar_p);
}

TEST(CompareOnTest, RefusesListsOfDifferentLength) {
  EXPECT_FALSE(compare_on_test({{1, 2}, {1}, {1, 2}, {1, 2}}).ok());
}

TEST(CountConfusions, CountsRowsByTruthAndNamesTheFirstBadExample) {
  const ConfusionMatrix m = count_confusions(Counts{0, 0, 1}, Counts{0, 1, 1}, 2).value();
  EXPECT_EQ(m, (ConfusionMatrix{2, {1, 1, 0, 1}}));
  EXPECT_THAT(std::string(count_confusions(Counts{0, 2}, Counts{0, 1}, 2).status().message()), HasSubstr("example 1"));
  EXPECT_FALSE(count_confusions(Counts{0}, Counts{0, 1}, 2).ok());
  EXPECT_FALSE(count_confusions(Counts{-1}, Counts{0}, 2).ok());
}

TEST(AgreementMetrics, CountUndefinedAsZero) {
  const AgreementMetrics a = agreement_metrics({3, {2, 0, 0, 2, 0, 0, 0, 0, 0}}).value();
  EXPECT_THAT(a.recall, testing::ElementsAre(1, 0, 0));
  EXPECT_THAT(a.f1, testing::ElementsAre(testing::DoubleEq(2.0 / 3), 0, 0));
  EXPECT_EQ(a.matthews, 0);
}

RC_GTEST_PROP(ProportionIntervals, ContainWhatWasSeen, ()) {
  const auto total = *rc::gen::inRange<int64_t>(1, 500);
  const auto correct = *rc::gen::inRange<int64_t>(0, total + 1);
  const double share = static_cast<double>(correct) / static_cast<double>(total);
  const ProportionIntervals i = proportion_intervals(correct, total, 0.95);
  for (const Interval& interval : {i.wilson, i.clopper_pearson, i.wald})
    RC_ASSERT(interval.low <= share + 1e-12 && share - 1e-12 <= interval.high);
}

}  // namespace
}  // namespace evensweep

#include "sweeps/methods/dynamic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evensweep {
namespace {

using testing::Each;
using testing::ElementsAre;

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

std::vector<double> some_accuracies() {
  const auto classes = *rc::gen::inRange<size_t>(1, 20);
  std::vector<double> accuracy;
  for (int k : *rc::gen::container<std::vector<int>>(classes, rc::gen::inRange(0, 51))) accuracy.push_back(k / 50.0);
  return accuracy;
}

RC_GTEST_PROP(CdbWeights, SumToTheNumberOfClassesAndNeverGiveABetterClassMore, ()) {
  const auto accuracy = some_accuracies();
  const auto w = cdb_weights(accuracy, *rc::gen::inRange(0, 21) / 4.0);
  RC_ASSERT(std::abs(sum(w) - static_cast<double>(accuracy.size())) < 1e-9);
  for (size_t a = 0; a < w.size(); ++a)
    for (size_t b = 0; b < w.size(); ++b)
      if (accuracy[a] > accuracy[b]) RC_ASSERT(w[a] <= w[b]);
}

TEST(CdbWeights, AreOneForTauZeroAndWhereNothingIsDifficult) {
  EXPECT_THAT(cdb_weights(std::vector<double>{0.2, 1, 0.7}, 0), Each(1.0));
  EXPECT_THAT(cdb_weights(std::vector<double>{1, 1}, 2), Each(1.0));
}

TEST(CdbWeights, GoWithTheErrorRate) {
  EXPECT_THAT(cdb_weights(std::vector<double>{0.75, 0.25}, 1), ElementsAre(0.5, 1.5));
  EXPECT_TRUE(cdb_weights({}, 1).empty());
}

TEST(DynamicCdbTau, RisesWithTheImbalance) {
  EXPECT_NEAR(dynamic_cdb_tau(std::vector<double>{0.5, 0.5}), 1 / (1 + std::exp(-0.5 / 0.51)), 1e-15);
  EXPECT_LT(dynamic_cdb_tau(std::vector<double>{0.5, 0.5}), dynamic_cdb_tau(std::vector<double>{0.5, 0.1}));
  EXPECT_EQ(dynamic_cdb_tau(std::vector<double>{0, 1}), 1);
  EXPECT_EQ(dynamic_cdb_tau({}), 0.5);
}

TEST(RecallLoss, IsTheShareMissedWithAtLeastOneMiss) {
  const std::vector<int64_t> labels{0, 0, 0, 0, 1, 1}, predictions{0, 1, 1, 0, 1, 1};
  const RecallLoss loss = recall_loss(labels, predictions, 3);
  EXPECT_THAT(loss.missed, ElementsAre(0.5, 0, 0));
  EXPECT_THAT(loss.weights, ElementsAre(0.5, 0.5, 1));
}

RC_GTEST_PROP(GroupDro, KeepsSharesThatSumToOneAndFollowTheLosses, ()) {
  const auto accuracy = some_accuracies();
  std::vector<double> q(accuracy.size(), 1.0 / static_cast<double>(accuracy.size()));
  std::vector<double> losses;
  for (const double a : accuracy) losses.push_back(2000 * (1 - a));  // exp of the largest overflows
  const auto updated = group_dro_update(q, losses, *rc::gen::inRange(0, 11) / 10.0);
  RC_ASSERT(std::abs(sum(updated) - 1) < 1e-12);
  for (size_t a = 0; a < q.size(); ++a)
    for (size_t b = 0; b < q.size(); ++b)
      if (losses[a] > losses[b]) RC_ASSERT(updated[a] >= updated[b]);
}

TEST(GroupDro, LeavesTheSharesAloneForEtaZeroAndEqualLosses) {
  const std::vector<double> q{0.25, 0.75};
  EXPECT_EQ(group_dro_update(q, std::vector<double>{3, 1}, 0), q);
  EXPECT_EQ(group_dro_update(q, std::vector<double>{2, 2}, 0.5), q);
  EXPECT_TRUE(group_dro_update({}, {}, 1).empty());
}

}  // namespace
}  // namespace evensweep

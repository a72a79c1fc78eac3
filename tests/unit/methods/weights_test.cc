#include "sweeps/methods/weights.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evensweep {
namespace {

std::vector<double> some_tprs() {
  const auto classes = *rc::gen::inRange<size_t>(2, 30);
  std::vector<double> tpr;
  for (int k : *rc::gen::container<std::vector<int>>(classes, rc::gen::inRange(0, 201))) tpr.push_back(k / 200.0);
  return tpr;
}

std::vector<double> floors(size_t classes) { return std::vector<double>(classes, 0.0025); }
double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }
double some_gamma(int least) { return *rc::gen::inRange(least, 41) / 4.0; }

RC_GTEST_PROP(TprWeights, SumToTheNumberOfClassesAndAreFinite, ()) {
  const auto tpr = some_tprs();
  const auto w = tpr_weights(tpr, some_gamma(-40), floors(tpr.size())).weights;
  RC_ASSERT(std::abs(sum(w) - static_cast<double>(tpr.size())) < 1e-9);
  RC_ASSERT(std::all_of(w.begin(), w.end(), [](double x) { return std::isfinite(x) && x >= 0; }));
}

RC_GTEST_PROP(TprWeights, NeverGiveABetterClassMore, ()) {
  const auto tpr = some_tprs();
  const auto w = tpr_weights(tpr, some_gamma(0), floors(tpr.size())).weights;
  for (size_t a = 0; a < tpr.size(); ++a)
    for (size_t b = 0; b < tpr.size(); ++b)
      if (tpr[a] > tpr[b]) RC_ASSERT(w[a] <= w[b] + 1e-12);
}

RC_GTEST_PROP(TprWeights, FollowAPermutationOfTheClasses, ()) {
  const auto tpr = some_tprs();
  const std::vector<double> reversed(tpr.rbegin(), tpr.rend());
  const double gamma = some_gamma(-8);
  const auto w = tpr_weights(tpr, gamma, floors(tpr.size())).weights;
  auto back = tpr_weights(reversed, gamma, floors(tpr.size())).weights;
  std::reverse(back.begin(), back.end());
  for (size_t c = 0; c < w.size(); ++c) RC_ASSERT(std::abs(w[c] - back[c]) < 1e-9);
}

RC_GTEST_PROP(TprWeights, AreAllOneForGammaZeroAndForEqualTprs, ()) {
  const auto tpr = some_tprs();
  const std::vector<double> ones(tpr.size(), 1.0);
  RC_ASSERT(tpr_weights(tpr, 0, floors(tpr.size())).weights == ones);
  RC_ASSERT(tpr_weights(std::vector<double>(tpr.size(), tpr[0]), some_gamma(-8), floors(tpr.size())).weights == ones);
}

TEST(TprWeights, AreEquationFive) {
  const std::vector<double> tpr{0.5, 1.0};
  // mean 0.75: 1.5^2 and 0.75^2.
  const TprWeights w = tpr_weights(tpr, 2, floors(2));
  EXPECT_NEAR(w.raw[0], 2.25, 1e-14);
  EXPECT_NEAR(w.raw[1], 0.5625, 1e-14);
  EXPECT_NEAR(w.weights[0], 1.6, 1e-14);
}

RC_GTEST_PROP(EffectiveNumber, GivesRarerClassesMore, ()) {
  const auto sizes = *rc::gen::container<std::vector<int>>(5, rc::gen::inRange(1, 5000));
  const std::vector<double> counts(sizes.begin(), sizes.end());
  const double beta = 1 - std::pow(10.0, -*rc::gen::inRange(1, 9));
  const auto w = effective_number_weights(counts, beta).value();
  RC_ASSERT(std::abs(sum(w.weights) - 5) < 1e-9);
  for (size_t a = 0; a < 5; ++a) {
    RC_ASSERT(w.effective_number[a] <= counts[a] * (1 + 1e-9));
    for (size_t b = 0; b < 5; ++b)
      if (counts[a] < counts[b]) RC_ASSERT(w.weights[a] >= w.weights[b] - 1e-12);
  }
}

TEST(EffectiveNumber, TendsToInverseFrequencyAsBetaTendsToOne) {
  const std::vector<double> counts{10, 1000};
  const auto limit = effective_number_weights(counts, 1).value();
  EXPECT_DOUBLE_EQ(limit.raw[0], 0.1);
  const auto near = effective_number_weights(counts, 1 - 1e-12).value();
  EXPECT_NEAR(near.raw[0] / limit.raw[0], 1, 1e-9);
}

TEST(EffectiveNumber, NamesTheClassWithoutSamples) {
  const std::vector<double> counts{10, 0, 5};
  EXPECT_EQ(effective_number_weights(counts, 0.9).status().message(), "class 1 has no training samples");
}

TEST(NormalizeWeights, AreExactlyOneWhereAllAreEqual) {
  const std::vector<double> raw(7, 0.1);
  EXPECT_EQ(normalize_weights(raw), std::vector<double>(7, 1.0));
}

TEST(AugmentationProbabilities, AreLargestForTheWorstClass) {
  const std::vector<double> tpr{0.9, 0.6, 1, 0.8};
  const std::vector<double> half = augmentation_probabilities(tpr, 0.5);
  EXPECT_NEAR(half[0], 0.125, 1e-12);
  EXPECT_NEAR(half[1], 0.5, 1e-12);
  EXPECT_EQ(half[2], 0);
  EXPECT_NEAR(half[3], 0.25, 1e-12);
  const std::vector<double> cut = augmentation_probabilities(tpr, 3);
  EXPECT_NEAR(cut[0], 0.75, 1e-12);
  EXPECT_EQ(cut[1], 1);
  EXPECT_EQ(cut[3], 1);
  EXPECT_EQ(augmentation_probabilities(std::vector<double>{1, 1}, 1), (std::vector<double>{0, 0}));
  EXPECT_EQ(augmentation_probabilities(std::vector<double>{0, 0}, 1), (std::vector<double>{1, 1}));
}

}  // namespace
}  // namespace evensweep

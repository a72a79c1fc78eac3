#include "agent/trainer/loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace evensweep {
namespace {

at::Tensor logits_of_probabilities(const std::vector<double>& p) {
  return at::tensor(p, at::kDouble).log().unsqueeze(0);
}

TEST(Loss, WeightedCrossEntropyIsDividedByTheNumberOfExamples) {
  const at::Tensor logits = at::cat({logits_of_probabilities({0.7, 0.3}), logits_of_probabilities({0.2, 0.8})});
  const at::Tensor labels = at::tensor({0, 0}, at::kLong);
  const at::Tensor weights = at::tensor({1.5, 0.5}, at::kDouble);
  const double want = 1.5 * (-std::log(0.7) - std::log(0.2)) / 2;
  EXPECT_NEAR(batch_loss(logits, labels, weights, 0).item<double>(), want, 1e-14);
}

TEST(Loss, FocalFactorIsOneLessProbabilityToThePowerGamma) {
  const at::Tensor weights = at::tensor({1.5, 0.5}, at::kDouble);
  const at::Tensor labels = at::tensor({1}, at::kLong);
  const double want = 0.5 * std::pow(1 - 0.8, 2.5) * -std::log(0.8);
  EXPECT_NEAR(batch_loss(logits_of_probabilities({0.2, 0.8}), labels, weights, 2.5).item<double>(), want, 1e-14);
}

TEST(Loss, GradientOfFocalLossMatchesFiniteDifferences) {
  const at::Tensor weights = at::tensor({0.4, 1.1, 1.5}, at::kDouble);
  const at::Tensor labels = at::tensor({2, 0}, at::kLong);
  const at::Tensor start = at::tensor({0.3, -1.2, 0.8, 2.0, 0.1, -0.5}, at::kDouble).view({2, 3});
  for (const double gamma : {0.0, 0.3, 1.0, 2.0, 5.0}) {
    const at::Tensor logits = start.clone().requires_grad_();
    batch_loss(logits, labels, weights, gamma).backward();
    for (int64_t i = 0; i < 6; ++i) {
      const double h = 1e-6;
      at::Tensor above = start.clone(), below = start.clone();
      above.view({6})[i] += h;
      below.view({6})[i] -= h;
      const double slope =
          (batch_loss(above, labels, weights, gamma) - batch_loss(below, labels, weights, gamma)).item<double>() /
          (2 * h);
      EXPECT_NEAR(logits.grad().view({6})[i].item<double>(), slope, 1e-8) << "gamma " << gamma << ", logit " << i;
    }
  }
}

TEST(Loss, InOneOperationIsWhatItIsInParts) {
  const at::Tensor start = at::randn({37, 11}) * 4, labels = at::randint(11, {37}), weights = at::rand({11}) * 2;
  const at::Tensor one = start.clone().requires_grad_(), other = start.clone().requires_grad_();
  const at::Tensor got = batch_loss(one, labels, weights, 0);
  const at::Tensor want = loss_per_example(other, labels, weights, 0).mean();
  EXPECT_TRUE(at::allclose(got, want, 1e-6, 0));
  (got * 3).backward();
  (want * 3).backward();
  EXPECT_TRUE(at::allclose(one.grad(), other.grad(), 1e-5, 1e-7));
}

TEST(Loss, IsFiniteWithItsGradientForCertainExamplesAndAnyGamma) {
  const at::Tensor labels = at::tensor({0, 1}, at::kLong);
  const at::Tensor weights = at::ones({2});
  for (const double gamma : {0.0, 0.1, 0.5, 1.0, 2.0}) {
    const at::Tensor logits = at::tensor({200.F, -200.F, 200.F, -200.F}).view({2, 2}).requires_grad_();
    const at::Tensor each = loss_per_example(logits, labels, weights, gamma);
    each.sum().backward();
    EXPECT_EQ(each[0].item<float>(), 0.F) << "right and certain, gamma " << gamma;
    EXPECT_FLOAT_EQ(each[1].item<float>(), 400.F) << "wrong and certain, gamma " << gamma;
    EXPECT_TRUE(logits.grad().isfinite().all().item<bool>()) << "gamma " << gamma;
    EXPECT_FLOAT_EQ(logits.grad()[1][0].item<float>(), 1.F) << "a certain error pulls with its whole weight";
  }
}

TEST(Loss, AMarginIsTakenFromTheTrueClassAloneAndAllIsScaled) {
  const at::Tensor logits = at::tensor({1.0, 2.0, 3.0, 4.0}, at::kDouble).view({2, 2});
  const at::Tensor seen = with_margins(logits, at::tensor({1, 0}, at::kLong), at::tensor({0.5, 0.25}, at::kDouble), 10);
  EXPECT_TRUE(seen.equal(at::tensor({10.0, 17.5, 25.0, 40.0}, at::kDouble).view({2, 2}))) << seen;
}

TEST(Loss, SigmoidFocalLossIsBinaryCrossEntropyForGammaZero) {
  const at::Tensor logits = at::tensor({0.3, -1.2, 0.8}, at::kDouble).view({1, 3});
  const at::Tensor weights = at::tensor({1.0, 2.0, 1.0}, at::kDouble);
  const at::Tensor loss = sigmoid_focal_loss_per_example(logits, at::tensor({1}, at::kLong), weights, 0);
  const double want = 2 * (std::log1p(std::exp(0.3)) + std::log1p(std::exp(1.2)) + std::log1p(std::exp(0.8)));
  EXPECT_NEAR(loss.item<double>(), want, 1e-14);
}

TEST(Loss, SigmoidFocalLossIsFiniteForSureExamples) {
  const at::Tensor logits = at::tensor({800.0, -800.0, -800.0, 800.0}, at::kDouble).view({2, 2}).requires_grad_();
  const at::Tensor ones = at::ones({2}, at::kDouble);
  sigmoid_focal_loss_per_example(logits, at::tensor({0, 0}, at::kLong), ones, 0.5).sum().backward();
  EXPECT_TRUE(logits.grad().isfinite().all().item<bool>()) << logits.grad();
}

}  // namespace
}  // namespace evensweep

#include "agent/trainer/treated_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "agent/trainer/loss.h"
#include "sweeps/methods/dynamic.h"

namespace evensweep {
namespace {

const Execution kExecution;

at::Tensor logits_of(const std::vector<std::vector<double>>& probabilities) {
  std::vector<at::Tensor> rows;
  for (const auto& p : probabilities) rows.push_back(at::tensor(p, at::kFloat).log());
  return at::stack(rows);
}
at::Tensor labels_of(const std::vector<int64_t>& labels) { return at::tensor(labels, at::kLong); }

Treatment with_rule(const char* name, double strength) {
  Treatment treatment{.class_weights = {1, 1}};
  treatment.rule = WeightRule{.name = name, .strength = strength};
  return treatment;
}

// Two examples of each class. Losses: class 0 ln 2 and ln 4, class 1 ln 2 and ln 10.
at::Tensor batch() { return logits_of({{0.5, 0.5}, {0.25, 0.75}, {0.5, 0.5}, {0.9, 0.1}}); }
const std::vector<int64_t> kTruth{0, 0, 1, 1};

double loss_of(TreatedLoss& loss, int64_t epoch = 0) { return loss(batch(), labels_of(kTruth), epoch).item<double>(); }

TEST(TreatedLoss, WeighsFromTheEpochOnThatItIsTold) {
  Treatment treatment{.class_weights = {0.5, 1.5}};
  treatment.weights_from = 0.5;
  TreatedLoss loss(treatment, /*epochs=*/5, kExecution);  // 2.5 epochs are 3 whole ones
  const double first = std::log(2) + std::log(4), second = std::log(2) + std::log(10);
  EXPECT_NEAR(loss_of(loss, 2), (first + second) / 4, 1e-6);
  EXPECT_NEAR(loss_of(loss, 3), (0.5 * first + 1.5 * second) / 4, 1e-6);
  EXPECT_TRUE(loss.state().empty());
}

TEST(TreatedLoss, TakesMarginsFromScaledLogits) {
  Treatment treatment{.class_weights = {1, 1}};
  treatment.margin = MarginSpec{.margins = {0.5, 0.25}, .scale = 2};
  TreatedLoss loss(treatment, 1, kExecution);
  const at::Tensor seen = at::tensor({0.2F, 1.F, 0.6F, 0.7F}).view({2, 2});  // 2 (0.6 - 0.5), 2 * 0.5; ...
  const at::Tensor want = batch_loss(seen, labels_of({0, 1}), at::ones({2}), 0);
  const at::Tensor got = loss(at::tensor({0.6F, 0.5F, 0.3F, 0.6F}).view({2, 2}), labels_of({0, 1}), 0);
  EXPECT_NEAR(got.item<double>(), want.item<double>(), 1e-6);
}

TEST(TreatedLoss, CdbWeighsByTheLastValidation) {
  TreatedLoss loss(with_rule(kCdbRule, 1), 5, kExecution);
  const double first = std::log(2) + std::log(4), second = std::log(2) + std::log(10);
  EXPECT_NEAR(loss_of(loss), (first + second) / 4, 1e-6) << "nothing is known before the first evaluation";
  loss.finish_epoch({2, {9, 1, 3, 7}});  // errors 0.1 and 0.3
  EXPECT_NEAR(loss_of(loss, 1), (0.5 * first + 1.5 * second) / 4, 1e-6);
  TreatedLoss dynamic(with_rule(kDynamicCdbRule, 0), 5, kExecution);
  dynamic.finish_epoch({2, {9, 1, 3, 7}});
  const std::vector<double> accuracy{0.9, 0.7};
  const std::vector<double> w = cdb_weights(accuracy, dynamic_cdb_tau(accuracy));
  EXPECT_NEAR(loss_of(dynamic, 1), (w[0] * first + w[1] * second) / 4, 1e-6);
}

TEST(TreatedLoss, RecallLossWeighsByWhatTheBatchMisses) {
  TreatedLoss loss(with_rule(kRecallLossRule, 0), 5, kExecution);
  // Ties go to class 0: of class 0 the second is missed, of class 1 both.
  const double first = std::log(2) + std::log(4), second = std::log(2) + std::log(10);
  EXPECT_NEAR(loss_of(loss), (0.5 * first + second) / 4, 1e-6);
  EXPECT_TRUE(loss.state().empty());
}

TEST(TreatedLoss, GroupDroMovesItsSharesOnceALossIsAccepted) {
  TreatedLoss loss(with_rule(kGroupDroRule, 0.5), 5, kExecution);
  const std::vector<double> losses{(std::log(2) + std::log(4)) / 2, (std::log(2) + std::log(10)) / 2};
  const auto sum = [&](const std::vector<double>& q) { return q[0] * losses[0] + q[1] * losses[1]; };
  const std::vector<double> once = group_dro_update(std::vector<double>{0.5, 0.5}, losses, 0.5);
  EXPECT_NEAR(loss_of(loss), sum(once), 1e-6);
  EXPECT_NEAR(loss_of(loss), sum(once), 1e-6) << "the first loss was not accepted";
  loss.accept();
  EXPECT_NEAR(loss_of(loss), sum(group_dro_update(once, losses, 0.5)), 1e-6);
  EXPECT_NEAR(loss.state().at(0).tensor[1].item<double>(), once[1], 1e-6);
}

TEST(TreatedLoss, GroupDroLeavesOutAClassThatIsNotInTheBatch) {
  TreatedLoss loss(with_rule(kGroupDroRule, 0), 5, kExecution);
  const double got = loss(logits_of({{0.25, 0.75}}), labels_of({0}), 0).item<double>();
  EXPECT_NEAR(got, std::log(4) / 2, 1e-6);
}

TEST(TreatedLoss, GroupDroPassesOnThatALossIsNotFinite) {
  TreatedLoss loss(with_rule(kGroupDroRule, 0.1), 5, kExecution);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(loss(at::tensor({nan, 0.F}).view({1, 2}), labels_of({0}), 0).item<double>()));
}

}  // namespace
}  // namespace evensweep

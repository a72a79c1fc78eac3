#include "sweeps/methods/method.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "common/model/expand.h"

namespace evensweep {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Arm tpr_weighting(double gamma) { return {"tpr_weighting", {{"gamma", gamma}}, {}}; }
Arm effective_number(double beta, const std::string& counts) {
  return {"effective_number", {{"beta", beta}}, {{"counts", counts}}};
}
Arm placebo(double gamma) { return {"placebo", {{"gamma", gamma}}, {}}; }
Arm oversampling(double gamma) { return {"oversampling", {{"gamma", gamma}}, {}}; }
Arm logit_adjustment(double tau, const std::string& counts) {
  return {"logit_adjustment", {{"tau", tau}}, {{"counts", counts}}};
}
Arm focal(double gamma) { return {"focal", {{"gamma", gamma}}, {}}; }

// Two classes, ten validation examples each.
ConfusionMatrix two_classes(int64_t first_correct, int64_t second_correct) {
  return {2, {first_correct, 10 - first_correct, 10 - second_correct, second_correct}};
}

constexpr uint64_t kSeed = 3;
const std::vector<int64_t> kEqual{100, 100};
const std::vector<int64_t> kUnequal{100, 50};

std::string error_of(const Arm& arm, std::span<const int64_t> counts, const std::optional<ConfusionMatrix>& matrix) {
  const auto decision = decide(arm, counts, matrix, kSeed);
  return decision.ok() ? "" : std::string(decision.status().message());
}

TEST(KnownMethods, ListsTheBaselineFirstAndAcceptsWhatItDescribes) {
  ASSERT_GE(known_methods().size(), 4u);
  EXPECT_EQ(known_methods().front().name, kBaseline);
  for (const MethodDescription& method : known_methods()) {
    Arm arm{method.name, {}, {}};
    for (const auto& p : method.parameters)
      if (!p.usual) arm.parameters[p.name] = p.least;
    for (const auto& o : method.options)
      if (!o.left_out) arm.options[o.name] = o.values.back();
    EXPECT_TRUE(check_arm(arm).ok()) << method.name;
    EXPECT_TRUE(decide(arm, kEqual, two_classes(9, 5), kSeed).ok()) << method.name;
  }
}

TEST(CheckArm, NamesWhatIsWrong) {
  const auto message = [](const Arm& arm) { return std::string(check_arm(arm).message()); };
  EXPECT_THAT(message({"tpr_weigthing", {}, {}}), HasSubstr("did you mean tpr_weighting?"));
  EXPECT_THAT(message({"focal", {}, {}}), HasSubstr("needs the parameter gamma"));
  EXPECT_THAT(message(focal(-1)), HasSubstr("gamma = -1 is outside [0, 10]"));
  EXPECT_THAT(message(focal(std::numeric_limits<double>::quiet_NaN())), HasSubstr("gamma = nan"));
  EXPECT_THAT(message(effective_number(1, "train")), HasSubstr("[0, 1)"));
  EXPECT_THAT(message(effective_number(0.9, "test")), HasSubstr("must be train or tpr"));
  EXPECT_THAT(message({"focal", {{"gamma", 1}, {"beta", 1}}, {}}), HasSubstr("no parameter \"beta\""));
  EXPECT_THAT(message({"focal", {{"gamma", 1}}, {{"counts", "tpr"}}}), HasSubstr("no option \"counts\""));
}

TEST(NeedsBaseline, IsTrueForTreatmentsMadeFromTprs) {
  EXPECT_TRUE(needs_baseline(tpr_weighting(1)));
  EXPECT_TRUE(needs_baseline(effective_number(0.9, "tpr")));
  EXPECT_FALSE(needs_baseline(effective_number(0.9, "train")));
  EXPECT_TRUE(needs_baseline(placebo(1)));
  EXPECT_TRUE(needs_baseline(oversampling(1)));
  EXPECT_TRUE(needs_baseline(logit_adjustment(1, "tpr")));
  EXPECT_FALSE(needs_baseline(logit_adjustment(1, "train")));
  EXPECT_FALSE(needs_baseline(focal(2)));
  EXPECT_FALSE(needs_baseline({kBaseline, {}, {}}));
}

TEST(Decide, GivesTheBaselinePlainCrossEntropy) {
  const Decision decision = decide({kBaseline, {}, {}}, kUnequal, std::nullopt, kSeed).value();
  EXPECT_THAT(decision.treatment.class_weights, ElementsAre(1.0, 1.0));
  EXPECT_EQ(decision.treatment.focal_gamma, 0);
  EXPECT_THAT(decision.notes, IsEmpty());
}

TEST(Decide, WeightsByTpr) {
  // (mean/s)^1 is proportional to 1/s: 1/0.8 to 1/0.4 is 1 to 2.
  const Decision decision = decide(tpr_weighting(1), kEqual, two_classes(8, 4), kSeed).value();
  EXPECT_THAT(decision.treatment.class_weights,
              ElementsAre(testing::DoubleNear(2.0 / 3, 1e-11), testing::DoubleNear(4.0 / 3, 1e-11)));
  EXPECT_THAT(decision.notes, IsEmpty());
}

TEST(Decide, FavoursTheGoodClassWithNegativeGamma) {
  const Decision decision = decide(tpr_weighting(-1), kEqual, two_classes(8, 4), kSeed).value();
  EXPECT_GT(decision.treatment.class_weights[0], decision.treatment.class_weights[1]);
}

TEST(Decide, NotesFlooredAndClippedClasses) {
  const Decision decision = decide(tpr_weighting(2), kEqual, two_classes(8, 0), kSeed).value();
  EXPECT_THAT(decision.notes, Contains(HasSubstr("class 1: validation TPR 0 raised to 0.05")));
  EXPECT_THAT(decision.notes, Contains(HasSubstr("class 1: raw weight 64 cut to 10")));
}

TEST(Decide, WeighsAllEquallyWhenNothingIsRecognised) {
  const Decision decision = decide(tpr_weighting(2), kEqual, two_classes(0, 0), kSeed).value();
  EXPECT_THAT(decision.treatment.class_weights, ElementsAre(1.0, 1.0));
  EXPECT_THAT(decision.notes, Contains(HasSubstr("every validation TPR is 0")));
}

TEST(Decide, CountsClassesByTprWhereAsked) {
  const Decision by_train = decide(effective_number(0.99, "train"), kEqual, std::nullopt, kSeed).value();
  EXPECT_THAT(by_train.treatment.class_weights, Each(1.0));
  const Decision by_tpr = decide(effective_number(0.99, "tpr"), kEqual, two_classes(9, 3), kSeed).value();
  EXPECT_LT(by_tpr.treatment.class_weights[0], by_tpr.treatment.class_weights[1]);
  const Decision unknown = decide(effective_number(0.99, "tpr"), kEqual, two_classes(9, 0), kSeed).value();
  EXPECT_THAT(unknown.notes, Contains(HasSubstr("class 1: class size times validation TPR is below 1")));
}

TEST(Decide, PassesTheFocalGammaOn) {
  const Decision decision = decide(focal(2), kUnequal, std::nullopt, kSeed).value();
  EXPECT_THAT(decision.treatment.class_weights, Each(1.0));
  EXPECT_EQ(decision.treatment.focal_gamma, 2);
}

TEST(Decide, DealsTheTprWeightsOutByChanceInThePlacebo) {
  const std::vector<int64_t> counts(6, 50);
  ConfusionMatrix validation{6, std::vector<int64_t>(36)};
  for (size_t c = 0; c < 6; ++c) {
    validation.counts[c * 7] = 10 + 5 * static_cast<int64_t>(c);
    validation.counts[c * 6 + (c + 1) % 6] = 40 - 5 * static_cast<int64_t>(c);
  }
  const auto weights = [&](const Arm& arm, uint64_t seed) {
    return decide(arm, counts, validation, seed).value().treatment.class_weights;
  };
  const std::vector<double> own = weights(tpr_weighting(1), 1);
  EXPECT_THAT(weights(placebo(1), 1), testing::UnorderedElementsAreArray(own));
  EXPECT_NE(weights(placebo(1), 1), own);
  EXPECT_EQ(weights(placebo(1), 1), weights(placebo(1), 1));
  EXPECT_NE(weights(placebo(1), 1), weights(placebo(1), 2));
  const auto order_of = [](const std::vector<double>& w) { return std::max_element(w.begin(), w.end()) - w.begin(); };
  EXPECT_EQ(order_of(weights(placebo(1), 1)), order_of(weights(placebo(2), 1))) << "one permutation for each seed";
}

TEST(Decide, AddsLogPriorsToTheLogits) {
  const Decision by_train = decide(logit_adjustment(2, "train"), kUnequal, std::nullopt, kSeed).value();
  EXPECT_THAT(by_train.treatment.logit_offsets, ElementsAre(testing::DoubleNear(2 * std::log(2.0 / 3), 1e-11),
                                                            testing::DoubleNear(2 * std::log(1.0 / 3), 1e-11)));
  EXPECT_THAT(by_train.treatment.class_weights, Each(1.0));
  // 100 * 0.8 against 100 * 0.2.
  const Decision by_tpr = decide(logit_adjustment(1, "tpr"), kEqual, two_classes(8, 2), kSeed).value();
  EXPECT_THAT(by_tpr.treatment.logit_offsets,
              ElementsAre(testing::DoubleNear(std::log(0.8), 1e-11), testing::DoubleNear(std::log(0.2), 1e-11)));
}

TEST(Decide, DrawsMoreRowsOfAClassThatIsRecognisedLess) {
  // Weights 2/3 and 4/3 on 100 rows each.
  const Decision equal = decide(oversampling(1), kEqual, two_classes(8, 4), kSeed).value();
  EXPECT_THAT(equal.treatment.epoch_rows, ElementsAre(67, 133));
  EXPECT_THAT(equal.treatment.class_weights, Each(1.0));
  EXPECT_THAT(equal.notes, Contains(HasSubstr("rows of each class in an epoch: 67, 133")));
  const Decision unequal = decide(oversampling(1), kUnequal, two_classes(8, 4), kSeed).value();
  EXPECT_THAT(unequal.treatment.epoch_rows, ElementsAre(75, 75));
}

TEST(Decide, MakesRowsByTheQuotasOfOversampling) {
  const Arm smote{"smote", {{"gamma", 1}}, {}};
  const Decision decision = decide(smote, {{100, 3}}, two_classes(8, 2), kSeed).value();
  EXPECT_EQ(decision.treatment.epoch_rows,
            decide(oversampling(1), {{100, 3}}, two_classes(8, 2), kSeed).value().treatment.epoch_rows);
  EXPECT_EQ(decision.treatment.smote_neighbours, 5);
  EXPECT_THAT(decision.notes, Contains(HasSubstr("class 1: has 3 rows, so only 2 neighbours")));
  const Decision single = decide(smote, {{100, 1}}, two_classes(8, 2), kSeed).value();
  EXPECT_THAT(single.notes, Contains(HasSubstr("class 1: its only row is repeated")));
  const Decision none = decide({"smote", {{"gamma", 0}}, {}}, kEqual, two_classes(8, 2), kSeed).value();
  EXPECT_EQ(none.treatment, unit_treatment(2));
}

TEST(Decide, GivesSmallClassesLargeMarginsAndWeightsThemLater) {
  const Arm arm{"ldam_drw", {{"margin", 0.5}, {"start", 0.8}}, {{"counts", "train"}}};
  const std::vector<int64_t> counts{1600, 100};
  const Treatment treatment = decide(arm, counts, std::nullopt, kSeed).value().treatment;
  EXPECT_THAT(treatment.margin->margins, ElementsAre(testing::DoubleNear(0.25, 1e-11), 0.5));  // 16^(-1/4) = 1/2
  EXPECT_EQ(treatment.margin->scale, 30);
  EXPECT_EQ(treatment.weights_from, 0.8);
  EXPECT_LT(treatment.class_weights[0], treatment.class_weights[1]);
  EXPECT_FALSE(known_identity(arm, kEqual)) << "cosines and a margin are there for equal classes too";
  const Treatment equal = decide(arm, kEqual, std::nullopt, kSeed).value().treatment;
  EXPECT_THAT(equal.margin->margins, Each(0.5));
  EXPECT_EQ(equal.weights_from, 0) << "nothing begins where nothing is weighted";
  const Arm never{"ldam_drw", {{"margin", 0.5}, {"start", 1}}, {{"counts", "train"}}};
  EXPECT_THAT(decide(never, counts, std::nullopt, kSeed).value().treatment.class_weights, Each(1.0));
}

TEST(Decide, LeavesDynamicWeightsToTheTrainer) {
  const auto rule_of = [](const Arm& arm) { return decide(arm, kEqual, std::nullopt, kSeed).value().treatment.rule; };
  EXPECT_EQ(rule_of({"cdb", {{"tau", 2}}, {}}), (WeightRule{.name = kCdbRule, .strength = 2}));
  EXPECT_EQ(rule_of({"cdb_dynamic", {}, {}}), (WeightRule{.name = kDynamicCdbRule, .strength = 0}));
  EXPECT_EQ(rule_of({"recall_loss", {}, {}}), (WeightRule{.name = kRecallLossRule, .strength = 0}));
  EXPECT_EQ(rule_of({"group_dro", {{"eta", 0.01}}, {}}), (WeightRule{.name = kGroupDroRule, .strength = 0.01}));
}

TEST(Decide, AugmentationAsksForViewsByClass) {
  const auto arm = [](const char* view) { return Arm{"augmentation", {{"a", 0.5}}, {{"view", view}}}; };
  const Treatment noise = decide(arm("noise"), kEqual, two_classes(9, 6), kSeed).value().treatment;
  EXPECT_EQ(noise.augmentation, (ClassAugmentation{.probabilities = {0.125, 0.5}, .sigma = 0.1}));
  EXPECT_THAT(noise.class_weights, Each(1.0));
  EXPECT_EQ(decide(arm("flip_crop"), kEqual, two_classes(9, 6), kSeed).value().treatment.augmentation,
            (ClassAugmentation{.probabilities = {0.125, 0.5}, .flip = true, .crop_padding = 4}));
  EXPECT_TRUE(decide(arm("swap"), kEqual, two_classes(9, 6), kSeed).value().treatment.augmentation->swap);
  const Decision nothing = decide(arm("noise"), kEqual, two_classes(10, 10), kSeed).value();
  EXPECT_EQ(nothing.treatment, unit_treatment(2));
  EXPECT_THAT(nothing.notes, Contains(HasSubstr("nothing is augmented")));

  EXPECT_THAT(std::string(check_arm({"augmentation", {{"a", 1}}, {}}).message()), HasSubstr("needs the option view"));
  EXPECT_THAT(std::string(check_arm({"augmentation", {{"a", 1}, {"sigma", 1}}, {{"view", "flip"}}}).message()),
              HasSubstr("sigma has no effect with the view flip"));
}

TEST(Decide, SmoteInFeaturesBeginsLate) {
  Arm arm{"smote", {{"gamma", 1}}, {{"space", "features"}}};
  EXPECT_THAT(std::string(check_arm(arm).message()), HasSubstr("give a start_epoch above 0"));
  arm.parameters["start_epoch"] = 2;
  const Treatment treatment = decide(arm, kUnequal, two_classes(8, 4), kSeed).value().treatment;
  EXPECT_TRUE(treatment.smote_features);
  EXPECT_EQ(treatment.start_epoch, 2);
  EXPECT_EQ(treatment.smote_neighbours, 5);
}

TEST(CheckArmIn, RefusesWhatIsNotDefinedForTheData) {
  const auto why = [](DatasetFormat format, const Arm& arm) {
    Sweep sweep;
    sweep.dataset.format = format;
    return std::string(check_arm_in(arm, sweep).message());
  };
  const auto augmentation = [](const char* view) { return Arm{"augmentation", {{"a", 1}}, {{"view", view}}}; };
  EXPECT_THAT(why(DatasetFormat::kCsv, augmentation("flip")), HasSubstr("does not fit a table"));
  EXPECT_THAT(why(DatasetFormat::kCifar10, augmentation("swap")), HasSubstr("not of images"));
  EXPECT_EQ(why(DatasetFormat::kCifar10, augmentation("all")), "");
  EXPECT_EQ(why(DatasetFormat::kCsv, augmentation("noise")), "");
  EXPECT_THAT(why(DatasetFormat::kText, augmentation("noise")), HasSubstr("use view: swap"));
  EXPECT_EQ(why(DatasetFormat::kText, augmentation("swap")), "");
  EXPECT_EQ(why(DatasetFormat::kCifar10, {"smote", {{"gamma", 1}}, {}}), "");
  EXPECT_THAT(why(DatasetFormat::kText, {"smote", {{"gamma", 1}}, {}}), HasSubstr("use space: features"));
}

TEST(Decide, GivesTheBaselinesTreatmentWhereNoRowMoves) {
  const Decision decision = decide(oversampling(0.001), {{10, 10}}, two_classes(9, 8), kSeed).value();
  EXPECT_EQ(decision.treatment, unit_treatment(2));
  EXPECT_THAT(decision.notes, Contains(HasSubstr("keeps its number of rows")));
}

TEST(Decide, SaysWhatIsMissing) {
  const std::vector<int64_t> lacking{10, 0};
  EXPECT_THAT(error_of(effective_number(0.9, "train"), lacking, std::nullopt),
              testing::EndsWith("class 1 has no training samples"));
  EXPECT_THAT(error_of(effective_number(0.9, "tpr"), lacking, two_classes(5, 5)),
              testing::EndsWith("class 1 has no training samples"));
  EXPECT_THAT(error_of(tpr_weighting(1), kEqual, std::nullopt), HasSubstr("train the baseline first"));
  EXPECT_THAT(error_of(tpr_weighting(1), kEqual, ConfusionMatrix{2, {5, 5, 0, 0}}),
              HasSubstr("tpr_weighting(gamma=1): class 1 has no validation samples"));
  EXPECT_THAT(error_of(tpr_weighting(1), kEqual, ConfusionMatrix{2, {5, 5, 0}}), HasSubstr("not a square"));
  EXPECT_THAT(error_of(tpr_weighting(1), kEqual, ConfusionMatrix{2, {5, 5, -1, 3}}), HasSubstr("negative"));
  EXPECT_THAT(error_of(tpr_weighting(1), {{1, 2, 3}}, two_classes(5, 5)), HasSubstr("2 classes, the data 3"));
  EXPECT_THAT(error_of(focal(1), {}, std::nullopt), HasSubstr("no classes"));
}

// Whatever is said to be an identity in advance must be exactly the baseline's treatment, or its run key would differ.
TEST(KnownIdentity, IsExactlyTheTreatmentOfTheBaseline) {
  const std::vector<int64_t> three{70, 70, 70};
  const ConfusionMatrix validation{3, {7, 2, 1, 1, 5, 4, 3, 3, 4}};
  const Treatment baseline = decide({kBaseline, {}, {}}, three, std::nullopt, kSeed).value().treatment;
  for (const Arm& arm : {tpr_weighting(0), focal(0), effective_number(0, "tpr"), effective_number(0, "train"),
                         effective_number(0.999, "train"), placebo(0), oversampling(0), logit_adjustment(0, "tpr"),
                         logit_adjustment(0, "train"), logit_adjustment(1, "train"), Arm{"cdb", {{"tau", 0}}, {}}}) {
    ASSERT_TRUE(known_identity(arm, three).has_value()) << arm_name(arm);
    const Decision decision = decide(arm, three, validation, kSeed).value();
    EXPECT_EQ(decision.treatment, baseline) << arm_name(arm);
    EXPECT_THAT(decision.notes, Contains(*known_identity(arm, three)));
  }
}

TEST(KnownIdentity, IsNotClaimedWhereTheTreatmentDiffers) {
  EXPECT_FALSE(known_identity(tpr_weighting(1), kEqual));
  EXPECT_FALSE(known_identity(focal(0.5), kEqual));
  EXPECT_FALSE(known_identity(placebo(1), kEqual));
  EXPECT_FALSE(known_identity(oversampling(1), kEqual));
  EXPECT_FALSE(known_identity(logit_adjustment(1, "tpr"), kEqual));
  EXPECT_FALSE(known_identity(logit_adjustment(1, "train"), kUnequal));
  EXPECT_FALSE(known_identity(effective_number(0.999, "tpr"), kEqual));
  EXPECT_FALSE(known_identity(effective_number(0.999, "train"), kUnequal));
}

}  // namespace
}  // namespace evensweep

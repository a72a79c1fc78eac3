// Combinations, and what any method can be told: when it begins, how often it is repeated, what weights sum to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "sweeps/methods/method.h"

namespace evensweep {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr uint64_t kSeed = 3;
const std::vector<int64_t> kUnequal{100, 50};
const ConfusionMatrix kValidation{2, {8, 2, 6, 4}};

Decision decided(const Arm& arm) {
  const auto decision = decide(arm, kUnequal, kValidation, kSeed);
  EXPECT_TRUE(decision.ok()) << decision.status();
  return decision.ok() ? *decision : Decision{};
}

std::string why_not(const std::vector<std::string>& methods) {
  return std::string(combine_methods(methods).status().message());
}

const Arm kWeighting{"tpr_weighting", {{"gamma", 2}}, {}};
const Arm kWeightedFocal{"tpr_weighting+focal", {{"tpr_weighting.gamma", 2}, {"focal.gamma", 1.5}}, {}};

TEST(Combination, DecidesEveryPart) {
  const Treatment treatment = decided(kWeightedFocal).treatment;
  EXPECT_EQ(treatment.class_weights, decided(kWeighting).treatment.class_weights);
  EXPECT_EQ(treatment.focal_gamma, 1.5);
  EXPECT_TRUE(needs_baseline(kWeightedFocal));

  const Arm three{"tpr_weighting+logit_adjustment+oversampling",
                  {{"tpr_weighting.gamma", 2}, {"logit_adjustment.tau", 1}, {"oversampling.gamma", 1}},
                  {{"logit_adjustment.counts", "train"}}};
  const Decision all = decided(three);
  EXPECT_EQ(all.treatment.class_weights, treatment.class_weights);
  EXPECT_EQ(all.treatment.logit_offsets,
            decided({"logit_adjustment", {{"tau", 1}}, {{"counts", "train"}}}).treatment.logit_offsets);
  EXPECT_EQ(all.treatment.epoch_rows, decided({"oversampling", {{"gamma", 1}}, {}}).treatment.epoch_rows);
  EXPECT_THAT(all.notes, Contains(HasSubstr("rows of each class")));
}

TEST(Combination, HasOneNameWhateverTheOrder) {
  EXPECT_EQ(combine_methods({"focal", "tpr_weighting"})->name, "tpr_weighting+focal");
  EXPECT_THAT(std::string(check_arm({"focal+tpr_weighting", {}, {}}).message()),
              HasSubstr("is written tpr_weighting+focal"));
  EXPECT_FALSE(needs_baseline({"focal+effective_number", {}, {{"effective_number.counts", "train"}}}));
}

// Every pair of methods: either it decides, or there is a sentence that says why not.
TEST(Combination, IsDefinedForMethodsThatTouchDifferentThings) {
  int defined = 0;
  for (const MethodDescription& first : known_methods()) {
    for (const MethodDescription& second : known_methods()) {
      const auto both = combine_methods({first.name, second.name});
      if (!both.ok()) {
        EXPECT_THAT(std::string(both.status().message()),
                    testing::AnyOf(HasSubstr("both set"), HasSubstr("of its own"), HasSubstr("with itself")));
        continue;
      }
      ++defined;
      Arm arm{both->name, {}, {}};
      for (const auto& p : both->parameters)
        if (!p.usual) arm.parameters[p.name] = 0.5;
      for (const auto& o : both->options)
        if (!o.left_out) arm.options[o.name] = o.values.back();
      EXPECT_NE(decided(arm).treatment, unit_treatment(2)) << arm_name(arm);
    }
  }
  EXPECT_GE(defined, 40);
  EXPECT_EQ(why_not({"focal", "effective_number"}), "");
  EXPECT_THAT(why_not({"tpr_weighting", "cdb"}), HasSubstr("tpr_weighting and cdb both set the class weights"));
  EXPECT_THAT(why_not({"oversampling", "smote"}), HasSubstr("both set the rows of an epoch"));
  EXPECT_THAT(why_not({"twin", "focal"}), HasSubstr("twin is a training of its own"));
  EXPECT_THAT(why_not({"focal", "focal"}), HasSubstr("with itself"));
  EXPECT_THAT(why_not({"focal", "tpr_wieghting"}), HasSubstr("did you mean tpr_weighting?"));
}

TEST(Combination, IsAnIdentityOnlyIfAllItsPartsAre) {
  Arm arm = kWeightedFocal;
  arm.parameters["focal.gamma"] = 0;
  EXPECT_FALSE(known_identity(arm, kUnequal));
  arm.parameters["tpr_weighting.gamma"] = 0;
  EXPECT_THAT(known_identity(arm, kUnequal).value_or(""), HasSubstr("; "));
  EXPECT_EQ(decided(arm).treatment, unit_treatment(2));
}

TEST(StartEpoch, IsInTheTreatmentUnlessThatDoesNothing) {
  Arm arm = kWeighting;
  arm.parameters["start_epoch"] = 5;
  EXPECT_EQ(decided(arm).treatment.start_epoch, 5);
  arm.parameters["gamma"] = 0;
  EXPECT_EQ(decided(arm).treatment, unit_treatment(2));
  EXPECT_THAT(std::string(check_arm({"ldam_drw", {{"margin", 0.5}, {"start", 0}, {"start_epoch", 1}}, {}}).message()),
              HasSubstr("no parameter \"start_epoch\""));
  arm.parameters["start_epoch"] = 1.5;
  EXPECT_THAT(std::string(check_arm(arm).message()), HasSubstr("not a whole number"));
}

TEST(StartEpoch, ThatNeverComesIsRefused) {
  Sweep sweep;
  sweep.training.epochs = 5;
  Arm arm = kWeighting;
  arm.parameters["start_epoch"] = 4;
  EXPECT_TRUE(check_arm_in(arm, sweep).ok());
  arm.parameters["start_epoch"] = 5;
  EXPECT_THAT(std::string(check_arm_in(arm, sweep).message()), HasSubstr("the method would never begin"));
}

TEST(Rounds, AreOfMethodsThatUseTprs) {
  EXPECT_EQ(rounds_of(kWeighting), 1);
  Arm arm = kWeighting;
  arm.parameters["rounds"] = 3;
  EXPECT_TRUE(check_arm(arm).ok());
  EXPECT_EQ(rounds_of(arm), 3);
  EXPECT_EQ(decided(arm).treatment, decided(kWeighting).treatment) << "a round's treatment does not tell its number";
  EXPECT_THAT(std::string(check_arm({"focal", {{"gamma", 1}, {"rounds", 2}}, {}}).message()), HasSubstr("rounds"));
  const Arm by_size{"effective_number", {{"beta", 0.9}, {"rounds", 2}}, {{"counts", "train"}}};
  EXPECT_THAT(std::string(check_arm(by_size).message()), HasSubstr("rounds has no effect"));
}

TEST(Normalization, GivesTheExamplesTheMeanWeightOne) {
  Arm arm = kWeighting;
  const std::vector<double> by_class = decided(arm).treatment.class_weights;
  EXPECT_NEAR(by_class[0] + by_class[1], 2, 1e-11);
  arm.options["normalization"] = "sample_mean";
  const std::vector<double> by_sample = decided(arm).treatment.class_weights;
  EXPECT_NEAR(100 * by_sample[0] + 50 * by_sample[1], 150, 1e-9);
  EXPECT_NEAR(by_sample[0] / by_sample[1], by_class[0] / by_class[1], 1e-11);
  EXPECT_FALSE(check_arm({"focal", {{"gamma", 1}}, {{"normalization", "sum"}}}).ok()) << "it has no weights";
}

TEST(Controls, VaryTheRunAndLeaveTheTreatmentAlone) {
  for (const char* name : {"twin", "reseed", "same_cost"}) {
    const Decision decision = decided({name, {}, {}});
    EXPECT_EQ(decision.treatment, unit_treatment(2)) << name;
    EXPECT_NE(decision.variation, Variation()) << name;
    EXPECT_FALSE(known_identity({name, {}, {}}, kUnequal)) << name;
    EXPECT_FALSE(needs_baseline({name, {}, {}})) << name;
  }
  EXPECT_EQ(decided({"same_cost", {}, {}}).variation.trainings, 2);
  EXPECT_EQ(decided({"same_cost", {{"trainings", 4}}, {}}).variation.trainings, 4);
  const auto seed_of = [](uint64_t seed) {
    return decide({"reseed", {}, {}}, kUnequal, std::nullopt, seed)->variation.training_seed;
  };
  EXPECT_EQ(seed_of(1), seed_of(1));
  EXPECT_NE(seed_of(1), seed_of(2));
}

TEST(Controls, AreThoseThatSayThatTheyAre) {
  for (const MethodDescription& method : known_methods()) {
    const bool described = method.meaning.starts_with("control: ");
    EXPECT_EQ(is_control({method.name, {}, {}}), described) << method.name;
  }
}

TEST(WithoutUsual, KeepsNamesShort) {
  const MethodDescription method = *combine_methods({"tpr_weighting"});
  Arm arm = kWeighting;
  arm.parameters["rounds"] = 1;
  arm.parameters["start_epoch"] = 0;
  arm.options["normalization"] = "sum";
  EXPECT_EQ(without_usual(arm, method), kWeighting);
  arm.parameters["rounds"] = 2;
  EXPECT_EQ(arm_name(without_usual(arm, method)), "tpr_weighting(gamma=2, rounds=2)");
}

}  // namespace
}  // namespace evensweep

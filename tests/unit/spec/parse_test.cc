#include <gmock/gmock.h>

#include "sweeps/spec/load.h"
#include "tests/unit/spec/sweep_text.h"

namespace evensweep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Sweep parsed(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const DraftOrErrors result = parse_sweep_file(text, "a.yaml", overrides);
  EXPECT_THAT(result.errors, IsEmpty());
  return result.draft ? result.draft->sweep : Sweep();
}

std::vector<std::string> arms_of(const std::string& methods) {
  std::vector<std::string> names;
  for (const Arm& arm : parsed(with(kGoodSweep, "  - method: tpr_weighting\n    gamma: [1, 2]\n", methods)).arms)
    names.push_back(arm_name(arm));
  return names;
}

TEST(ParseSweep, ModelsBringTheirUsualSizes) {
  const auto model = [](const std::string& line) { return parsed(with(kGoodSweep, "model: mlp", line)).model; };
  const auto image_model = [](const std::string& line) {
    return parsed(with(kGoodImages, "model: resnet20", line)).model;
  };
  const ModelSpec usual = model("model: resmlp");
  EXPECT_EQ(usual.width, 128);
  EXPECT_EQ(usual.blocks, 2);
  EXPECT_THAT(usual.hidden, ElementsAre());
  const ModelSpec own = model("model: {name: resmlp, width: 64, blocks: 3, dropout: 0.25}");
  EXPECT_EQ(own.width, 64);
  EXPECT_EQ(own.blocks, 3);
  EXPECT_EQ(own.dropout, 0.25);
  EXPECT_EQ(image_model("model: resnet9").width, 64);
  EXPECT_EQ(image_model("model: {name: resnet9, width: 16}").width, 16);
  EXPECT_EQ(image_model("model: resnet18").name, "resnet18");
}

TEST(ParseSweep, AUsersModelIsNamedByItsFile) {
  const DraftOrErrors result =
      parse_sweep_file(with(kGoodSweep, "model: mlp", "model: {torchscript: nets/a.pt}"), "a.yaml");
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.draft->sweep.model.name, kTorchscript);
  EXPECT_EQ(result.draft->sweep.model.file->path, "nets/a.pt");
  EXPECT_THAT(result.draft->file_places, ElementsAre("a.yaml:5:9", "a.yaml:6:22"));
}

TEST(ParseSweep, ThreadsMayBeLeftToTheMachine) {
  EXPECT_EQ(parsed(kGoodSweep, {"training.threads=auto"}).training.threads, kAutoThreads);
  for (const std::string wrong : {"training.threads=0", "training.threads=some"}) {
    const std::vector<std::string> overrides = {wrong};
    EXPECT_FALSE(parse_sweep_file(kGoodSweep, "a.yaml", overrides).errors.empty()) << wrong;
  }
}

TEST(ParseSweep, DefaultsAreThoseOfTheManual) {
  const Sweep sweep = parsed(kGoodSweep);
  EXPECT_EQ(sweep.name, "example");
  EXPECT_EQ(sweep.dataset.name, "a");
  EXPECT_EQ(sweep.dataset.columns.label, "label");
  EXPECT_THAT(sweep.dataset.columns.features, IsEmpty());
  EXPECT_EQ(sweep.dataset.split.validation_fraction, 0.1);
  EXPECT_EQ(sweep.dataset.split.test_fraction, 0.1);
  EXPECT_FALSE(sweep.dataset.split.seed.has_value());
  EXPECT_EQ(sweep.model.name, "mlp");
  EXPECT_THAT(sweep.model.hidden, ElementsAre(128));
  EXPECT_EQ(sweep.training.epochs, 5);
  EXPECT_EQ(sweep.training.batch_size, 128);
  EXPECT_EQ(sweep.training.optimizer.name, "sgd");
  EXPECT_EQ(sweep.training.optimizer.lr, 0.1);
  EXPECT_EQ(sweep.training.optimizer.momentum, 0.9);
  EXPECT_EQ(sweep.training.optimizer.weight_decay, 0);
  EXPECT_EQ(sweep.training.schedule.name, "constant");
  EXPECT_EQ(sweep.training.precision, "fp32");
  EXPECT_EQ(sweep.training.threads, 1);
  EXPECT_THAT(sweep.seeds, ElementsAre(0, 1, 2));
  EXPECT_EQ(sweep.analysis.alpha, 0.05);
  EXPECT_EQ(sweep.analysis.correction, "max_t");
  EXPECT_EQ(sweep.resources.device, "auto");
}

TEST(ParseSweep, EveryKeyArrives) {
  const Sweep sweep = parsed(R"(
version: 1
name: All-keys_1.0
dataset:
  name: pictures
  format: cifar10
  train: [one.bin, two.bin]
  validation: three.bin
  split: {train: 0.75, test: 0.25, seed: 18446744073709551615}
model: {name: mlp, hidden: [64, 32], dropout: 0.5}
training:
  epochs: 7
  batch_size: 32
  optimizer: sgd
  lr: 5e-2
  momentum: 0.8
  nesterov: true
  weight_decay: 1e-4
  schedule: {name: one_cycle, warmup_fraction: 0.2, min_factor: 0.01}
  augmentation: {flip: true, crop: 4}
  precision: bf16
  threads: 2
seeds: {count: 2, start: 40}
methods: [baseline, {method: focal, gamma: 2}]
analysis: {alpha: 0.01, correction: none, accuracy_margin: 0, primary: focal(gamma=2)}
resources: {device: cuda, slots: 4, memory_mib: 2000, labels: {gpu: a100}, priority: 5}
)");
  EXPECT_EQ(sweep.resources.memory_mib, 2000);
  EXPECT_EQ(sweep.resources.labels, (std::map<std::string, std::string>{{"gpu", "a100"}}));
  EXPECT_EQ(sweep.resources.priority, 5);
  EXPECT_EQ(sweep.dataset.name, "pictures");
  EXPECT_EQ(sweep.dataset.format, DatasetFormat::kCifar10);
  ASSERT_EQ(sweep.dataset.train_files.size(), 2U);
  EXPECT_EQ(sweep.dataset.train_files[1].path, "two.bin");
  EXPECT_EQ(sweep.dataset.validation_files[0].path, "three.bin");
  EXPECT_EQ(sweep.dataset.split.validation_fraction, 0);
  EXPECT_EQ(sweep.dataset.split.test_fraction, 0.25);
  EXPECT_EQ(sweep.dataset.split.seed, UINT64_MAX);
  EXPECT_THAT(sweep.model.hidden, ElementsAre(64, 32));
  EXPECT_EQ(sweep.model.dropout, 0.5);
  EXPECT_EQ(sweep.training.batch_size, 32);
  EXPECT_EQ(sweep.training.optimizer.lr, 0.05);
  EXPECT_EQ(sweep.training.optimizer.momentum, 0.8);
  EXPECT_TRUE(sweep.training.optimizer.nesterov);
  EXPECT_EQ(sweep.training.optimizer.weight_decay, 1e-4);
  EXPECT_EQ(sweep.training.schedule.name, "one_cycle");
  EXPECT_EQ(sweep.training.schedule.warmup_fraction, 0.2);
  EXPECT_EQ(sweep.training.schedule.min_factor, 0.01);
  EXPECT_TRUE(sweep.training.augmentation.flip);
  EXPECT_EQ(sweep.training.augmentation.crop_padding, 4);
  EXPECT_EQ(sweep.training.precision, "bf16");
  EXPECT_EQ(sweep.training.threads, 2);
  EXPECT_THAT(sweep.seeds, ElementsAre(40, 41));
  ASSERT_EQ(sweep.arms.size(), 1U);
  EXPECT_EQ(sweep.analysis.alpha, 0.01);
  EXPECT_EQ(sweep.analysis.correction, "none");
  EXPECT_EQ(sweep.analysis.accuracy_margin, 0);
  EXPECT_EQ(sweep.analysis.primary, "focal(gamma=2)");
  EXPECT_EQ(sweep.resources.device, "cuda");
  EXPECT_EQ(sweep.resources.slots, 4);
}

TEST(ParseSweep, AdamHasItsOwnUsualRateAndNoMomentum) {
  const Sweep sweep = parsed(with(kGoodSweep, "epochs: 5", "epochs: 5\n  optimizer: adam"));
  EXPECT_EQ(sweep.training.optimizer.lr, 0.001);
  EXPECT_EQ(sweep.training.optimizer.momentum, 0);
}

TEST(ParseSweep, SeedsAreACountAListOrARange) {
  const auto seeds = [](const char* text) {
    return parsed(with(kGoodSweep, "seeds: 3", std::string("seeds: ") + text)).seeds;
  };
  EXPECT_THAT(seeds("2"), ElementsAre(0, 1));
  EXPECT_THAT(seeds("[7, 3, 18446744073709551615]"), ElementsAre(7, 3, UINT64_MAX));
  EXPECT_THAT(seeds("{from: 5, to: 7}"), ElementsAre(5, 6, 7));
  EXPECT_THAT(seeds("{count: 3}"), ElementsAre(0, 1, 2));
}

TEST(ParseSweep, GridsAreProductsInTheOrderOfTheFile) {
  EXPECT_THAT(
      arms_of(
          "  - {method: effective_number, beta: [0.9, 0.5], counts: [tpr, train]}\n  - {method: focal, gamma: 1}\n"),
      ElementsAre("effective_number(beta=0.9, counts=tpr)", "effective_number(beta=0.9, counts=train)",
                  "effective_number(beta=0.5, counts=tpr)", "effective_number(beta=0.5, counts=train)",
                  "focal(gamma=1)"));
}

TEST(ParseSweep, AnOptionThatIsNotGivenIsItsDefault) {
  EXPECT_THAT(arms_of("  - {method: effective_number, beta: 0.9}\n"),
              ElementsAre("effective_number(beta=0.9, counts=train)"));
}

TEST(ParseSweep, ACombinationIsAListWithAMapForEachOfItsMethods) {
  EXPECT_THAT(arms_of("  - method: [focal, tpr_weighting]\n"
                      "    tpr_weighting: {gamma: [1, 2]}\n"
                      "    focal: {gamma: {min: 1, max: 2, steps: 2}}\n"
                      "    start_epoch: [0, 2]\n"
                      "    exclude: [{start_epoch: 2, focal: {gamma: 1}}, {start_epoch: 0, focal: {gamma: 2}}]\n"
                      "    include: [{tpr_weighting: {gamma: 3}, focal: {gamma: 3}}]\n"),
              ElementsAre("tpr_weighting+focal(focal.gamma=1, tpr_weighting.gamma=1)",
                          "tpr_weighting+focal(focal.gamma=2, start_epoch=2, tpr_weighting.gamma=1)",
                          "tpr_weighting+focal(focal.gamma=1, tpr_weighting.gamma=2)",
                          "tpr_weighting+focal(focal.gamma=2, start_epoch=2, tpr_weighting.gamma=2)",
                          "tpr_weighting+focal(focal.gamma=3, tpr_weighting.gamma=3)"));
  EXPECT_THAT(arms_of("  - method: [tpr_weighting]\n    gamma: 1\n"), ElementsAre("tpr_weighting(gamma=1)"));
}

TEST(ParseSweep, WhatSaysNoMoreThanItsAbsenceIsNotInTheName) {
  EXPECT_THAT(
      arms_of("  - {method: tpr_weighting, gamma: 1, rounds: [1, 3], normalization: [sum, sample_mean]}\n"
              "  - twin\n"
              "  - {method: same_cost, trainings: [2, 3]}\n"),
      ElementsAre("tpr_weighting(gamma=1)", "tpr_weighting(gamma=1, normalization=sample_mean)",
                  "tpr_weighting(gamma=1, rounds=3)", "tpr_weighting(gamma=1, rounds=3, normalization=sample_mean)",
                  "twin", "same_cost", "same_cost(trainings=3)"));
}

TEST(ParseSweep, GridsHoldCleanNumbers) {
  EXPECT_THAT(
      arms_of("  - {method: focal, gamma: {min: 0.1, max: 0.5, steps: 5}}\n"),
      ElementsAre("focal(gamma=0.1)", "focal(gamma=0.2)", "focal(gamma=0.3)", "focal(gamma=0.4)", "focal(gamma=0.5)"));
  EXPECT_THAT(
      arms_of("  - {method: focal, gamma: {min: 0.001, max: 10, steps: 5, scale: log}}\n"),
      ElementsAre("focal(gamma=0.001)", "focal(gamma=0.01)", "focal(gamma=0.1)", "focal(gamma=1)", "focal(gamma=10)"));
  EXPECT_THAT(arms_of("  - {method: focal, gamma: {values: [1e0, +2, .5]}}\n"),
              ElementsAre("focal(gamma=1)", "focal(gamma=2)", "focal(gamma=0.5)"));
  EXPECT_THAT(arms_of("  - {method: tpr_weighting, gamma: [-0.0]}\n"), ElementsAre("tpr_weighting(gamma=0)"));
}

TEST(ParseSweep, DrawsAreAFunctionOfTheirSeed) {
  const auto draws = [](const char* more) {
    return arms_of(std::string("  - {method: focal, gamma: {distribution: log_uniform, min: 0.1, max: 10, count: 4") +
                   more + "}}\n");
  };
  EXPECT_EQ(draws("").size(), 4U);
  EXPECT_EQ(draws(""), draws(", seed: 0"));
  EXPECT_NE(draws(""), draws(", seed: 1"));
}

TEST(ParseSweep, ExcludeAndIncludeChangeTheGrid) {
  EXPECT_THAT(
      arms_of("  - method: effective_number\n    beta: [0.5, 0.9]\n    counts: [train, tpr]\n"
              "    exclude: [{beta: 0.5}, {beta: 0.9, counts: train}]\n    include: [{beta: 0.99, counts: train}]\n"),
      ElementsAre("effective_number(beta=0.9, counts=tpr)", "effective_number(beta=0.99, counts=train)"));
  EXPECT_THAT(
      arms_of("  - {method: effective_number, counts: tpr, include: [{beta: 0.5}, {beta: 0.9, counts: train}]}\n"),
      ElementsAre("effective_number(beta=0.5, counts=tpr)", "effective_number(beta=0.9, counts=train)"));
  EXPECT_THAT(arms_of("  - {method: focal, include: [{gamma: 1}, {gamma: 5}]}\n"),
              ElementsAre("focal(gamma=1)", "focal(gamma=5)"));
}

TEST(ParseSweep, PrimaryIsAnArmByNameOrByItsParameters) {
  const auto primary = [](const char* text) {
    return parsed(std::string(kGoodSweep) + "  - {method: effective_number, beta: 0.9}\nanalysis: {primary: " + text +
                  "}\n")
        .analysis.primary;
  };
  EXPECT_EQ(primary("tpr_weighting(gamma=2)"), "tpr_weighting(gamma=2)");
  EXPECT_EQ(primary("{method: tpr_weighting, gamma: 2.0}"), "tpr_weighting(gamma=2)");
  EXPECT_EQ(primary("{method: effective_number, beta: 0.9}"), "effective_number(beta=0.9, counts=train)");
}

TEST(ParseSweep, ReadsSelectionAndStopping) {
  const auto analysis = [](const std::string& text) {
    return parsed(with(kGoodSweep, "seeds: 3", "seeds: 12\nanalysis: " + text)).analysis;
  };
  const AnalysisSpec plain = analysis("{selection: {seeds: 2}, stopping: {rule: group_sequential}}");
  ASSERT_TRUE(plain.selection && plain.stopping);
  EXPECT_THAT(plain.selection->seeds, ElementsAre(1'000'000, 1'000'001));
  EXPECT_EQ(plain.selection->keep, 5);
  EXPECT_FALSE(plain.selection->racing);
  EXPECT_EQ(plain.correction, "holm");
  EXPECT_THAT(plain.stopping->looks, ElementsAre(3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_EQ(plain.stopping->spending, "obrien_fleming");
  EXPECT_EQ(plain.stopping->futility, 0.1);
  const AnalysisSpec full = analysis(
      "{correction: none, selection: {seeds: {from: 20, to: 22}, keep: 3, racing: true}, "
      "stopping: {rule: e_process, looks: [6, 12], futility: 0, scale: 0.0004}}");
  EXPECT_THAT(full.selection->seeds, ElementsAre(20, 21, 22));
  EXPECT_TRUE(full.selection->racing);
  EXPECT_EQ(full.correction, "none");
  EXPECT_THAT(full.stopping->looks, ElementsAre(6, 12));
  EXPECT_EQ(full.stopping->scale, 0.0004);
  EXPECT_FALSE(analysis("{alpha: 0.05}").stopping);
}

TEST(ParseSweep, AnchorsAndAliasesStandForTheirValue) {
  EXPECT_THAT(
      arms_of("  - {method: tpr_weighting, gamma: &strengths [1, 2]}\n  - {method: focal, gamma: *strengths}\n"),
      ElementsAre("tpr_weighting(gamma=1)", "tpr_weighting(gamma=2)", "focal(gamma=1)", "focal(gamma=2)"));
}

TEST(ParseSweep, CsvColumnsAndSplit) {
  const Sweep sweep = parsed(with(kGoodSweep, "path: a.csv",
                                  "path: [a.csv, b.csv]\n  columns: {label: y, features: [x1, x2]}\n"
                                  "  split: {train: 0.6, validation: 0.3, test: 0.1, seed: block}"));
  EXPECT_EQ(sweep.dataset.train_files.size(), 2U);
  EXPECT_EQ(sweep.dataset.columns.label, "y");
  EXPECT_THAT(sweep.dataset.columns.features, ElementsAre("x1", "x2"));
  EXPECT_EQ(sweep.dataset.split.validation_fraction, 0.3);
  EXPECT_FALSE(sweep.dataset.split.seed.has_value());
}

TEST(ParseSweep, ColumnsOfNamesAndMissingValues) {
  const DatasetSpec data = parsed(with(kGoodSweep, "path: a.csv",
                                       "path: a.csv\n  balanced: true\n  columns:\n    names: [x, job, label]\n"
                                       "    categorical: [job]\n    encoding: embedding\n"
                                       "    missing: {values: [\"\", NA, \"?\", -999], numeric: median}"))
                               .dataset;
  EXPECT_EQ(data.columns,
            (CsvColumns{.label = "label",
                        .features = {},
                        .categorical = {"job"},
                        .encoding = "embedding",
                        .missing = {.values = {"", "NA", "?", "-999"}, .numeric = "median", .categorical = "own_level"},
                        .names = {"x", "job", "label"}}));
  EXPECT_TRUE(data.split.balanced);
  const MissingSpec missing =
      parsed(with(kGoodSweep, "path: a.csv", "path: a.csv\n  columns: {missing: {values: [NA]}}"))
          .dataset.columns.missing;
  EXPECT_EQ(missing.numeric, "mean");
  EXPECT_EQ(missing.categorical, "error") << "there are no names";
}

TEST(ParseSweep, OverridesReplaceAndAddValues) {
  const Sweep sweep =
      parsed(kGoodSweep, {"training.epochs=9", "seeds=[4, 5]", "methods.0.gamma=3", "analysis.alpha=0.1",
                          "model={name: mlp, hidden: 8}", "model.dropout=0.25", "training.lr=1", "training.lr=0.5"});
  EXPECT_EQ(sweep.training.epochs, 9);
  EXPECT_THAT(sweep.seeds, ElementsAre(4, 5));
  ASSERT_EQ(sweep.arms.size(), 1U);
  EXPECT_EQ(sweep.arms[0].parameters.at("gamma"), 3);
  EXPECT_EQ(sweep.analysis.alpha, 0.1);
  EXPECT_THAT(sweep.model.hidden, ElementsAre(8));
  EXPECT_EQ(sweep.model.dropout, 0.25);
  EXPECT_EQ(sweep.training.optimizer.lr, 0.5);
}

TEST(ParseSweep, AnOverrideMendsAnErrorOfTheFile) {
  EXPECT_EQ(parsed(with(kGoodSweep, "epochs: 5", "epochs: 0"), {"training.epochs=1"}).training.epochs, 1);
}

TEST(ParseSweep, FilePlacesAreInTheOrderOfTheFiles) {
  const DraftOrErrors result = parse_sweep_file(kGoodImages, "a.yaml");
  ASSERT_TRUE(result.draft);
  EXPECT_THAT(result.draft->file_places, ElementsAre("a.yaml:5:10", "a.yaml:6:9"));
}

}  // namespace
}  // namespace evensweep

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/model/examples.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

TEST(IsControl, KnowsControlsAndCombinationsWithThem) {
  const auto control = [](const char* method) {
    return is_control({.method = method, .parameters = {}, .options = {}});
  };
  for (const char* method : {"placebo", "twin", "reseed", "same_cost", "placebo+focal", "focal+placebo"})
    EXPECT_TRUE(control(method)) << method;
  for (const char* method : {"baseline", "tpr_weighting", "tpr_weighting+focal", "twins", ""})
    EXPECT_FALSE(control(method)) << method;
}

TEST(ArmName, TellsMethodParametersAndOptions) {
  EXPECT_EQ(arm_name({.method = "baseline", .parameters = {}, .options = {}}), "baseline");
  EXPECT_EQ(arm_name({.method = "tpr_weighting", .parameters = {{"gamma", 2}}, .options = {}}),
            "tpr_weighting(gamma=2)");
  EXPECT_EQ(arm_name({.method = "effective_number", .parameters = {{"beta", 0.999}}, .options = {{"counts", "tpr"}}}),
            "effective_number(beta=0.999, counts=tpr)");
  EXPECT_NE(arm_name({.method = "m", .parameters = {{"g", 0.1}}, .options = {}}),
            arm_name({.method = "m", .parameters = {{"g", 0.1 + 1e-17 * 2}}, .options = {}}));
}

TEST(Sweep, ReadsBackAsTheSame) {
  const Json json = to_json(example_sweep());
  const StatusOr<Sweep> read = parse_sweep(json.dump());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(to_json(*read), json);
  EXPECT_EQ(read->arms, example_sweep().arms);
  EXPECT_EQ(read->seeds, example_sweep().seeds);
}

TEST(Sweep, WhatReadingCountedIsKeptButNoPartOfItsIdentity) {
  Sweep sweep = example_sweep();
  sweep.data_facts = {{"texts cut", 3}, {"rows left out", 0}};
  const StatusOr<Sweep> read = parse_sweep(to_json(sweep).dump());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->data_facts, sweep.data_facts);
  EXPECT_EQ(sweep_id(sweep), sweep_id(example_sweep()));
}

TEST(Sweep, WhatMayBeAbsentReadsBackAsAbsent) {
  Sweep sweep = example_sweep();
  sweep.analysis.primary.reset();
  sweep.resources.slots.reset();
  const StatusOr<Sweep> read = parse_sweep(to_json(sweep).dump());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->analysis.primary, std::nullopt);
  EXPECT_EQ(read->resources.slots, std::nullopt);
}

TEST(Sweep, KeepsTheCorrectionThatItWasStoredWith) {
  Sweep sweep = example_sweep();
  for (const char* correction : {"max_t", "holm", "none"}) {
    sweep.analysis.correction = correction;
    const StatusOr<Sweep> read = parse_sweep(to_json(sweep).dump());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->analysis.correction, correction);
    EXPECT_EQ(sweep_id(*read), sweep_id(sweep));
  }
}

TEST(Sweep, KeepsWhatItsRunsNeed) {
  Sweep sweep = example_sweep();
  sweep.resources.memory_mib = 4096;
  sweep.resources.labels = {{"gpu", "a100"}, {"site", "b"}};
  sweep.resources.priority = -3;
  const StatusOr<Sweep> read = parse_sweep(to_json(sweep).dump());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->resources.memory_mib, 4096);
  EXPECT_EQ(read->resources.labels, sweep.resources.labels);
  EXPECT_EQ(read->resources.priority, -3);
}

TEST(SweepId, IsTheSameOnAnotherMachine) {
  Sweep sweep = example_sweep();
  sweep.dataset.train_files[0].path = "/elsewhere/digits.csv";
  sweep.resources = {.device = "cuda", .slots = 8, .labels = {{"gpu", "a100"}}, .priority = 2};
  EXPECT_EQ(sweep_id(sweep), sweep_id(example_sweep()));
  EXPECT_EQ(sweep_id(sweep).str().size(), 64U);
}

TEST(SweepId, KnowsAModelsFileByItsContent) {
  Sweep sweep = example_sweep();
  sweep.model = {.name = kTorchscript, .file = DataFile{.path = "net.pt", .sha256 = std::string(64, 'c')}};
  const StatusOr<Sweep> read = parse_sweep(to_json(sweep).dump());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(to_json(*read), to_json(sweep));
  EXPECT_EQ(read->model.file->path, "net.pt");
  const SweepId own = sweep_id(sweep);
  sweep.model.file->path = "/elsewhere/other.pt";
  EXPECT_EQ(sweep_id(sweep), own);
  sweep.model.file->sha256 = std::string(64, 'd');
  EXPECT_NE(sweep_id(sweep), own);
}

TEST(SweepId, ChangesWithWhatIsCompared) {
  const auto id_after = [](auto change) {
    Sweep sweep = example_sweep();
    change(sweep);
    return sweep_id(sweep);
  };
  const SweepId own = sweep_id(example_sweep());
  EXPECT_NE(own, id_after([](Sweep& s) { s.seeds.pop_back(); }));
  EXPECT_NE(own, id_after([](Sweep& s) { s.arms.pop_back(); }));
  EXPECT_NE(own, id_after([](Sweep& s) { s.analysis.alpha = 0.01; }));
  EXPECT_NE(own, id_after([](Sweep& s) { s.dataset.train_files[0].sha256 = std::string(64, 'b'); }));
  EXPECT_NE(own, id_after([](Sweep& s) { s.name = "other"; }));
}

struct BadSweep {
  const char* place;
  Json value;
  const char* message;
};

class BadSweepDocument : public ::testing::TestWithParam<BadSweep> {};

TEST_P(BadSweepDocument, IsRefusedWithItsPlace) {
  const std::string text = changed(to_json(example_sweep()), GetParam().place, GetParam().value);
  const Status status = parse_sweep(text).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadSweepDocument,
    ::testing::Values(BadSweep{"/extra", 1, "sweep: has the unknown key"},
                      BadSweep{"/seeds", Json::array(), "sweep.seeds: must not be empty"},
                      BadSweep{"/seeds", Json::array({1, 1}), "sweep.seeds: must differ"},
                      BadSweep{"/seeds", Json::array({-1}), "sweep.seeds: must be whole numbers"},
                      BadSweep{"/seeds", Json::array({0.5}), "sweep.seeds: must be whole numbers"},
                      BadSweep{"/arms/1", to_json(example_sweep().arms[0]), "sweep.arms: must differ"},
                      BadSweep{"/arms/0/parameters/gamma", "2", "sweep.arms.parameters: gamma must be a number"},
                      BadSweep{"/arms/1/options/counts", 2, "sweep.arms.options: counts must be text"},
                      BadSweep{"/classes/names", Json::array({"one"}), "sweep.classes: needs at least 2 classes"},
                      BadSweep{"/classes/test", Json::array({1, 2, 3}), "sweep.classes: needs at least 2 classes"},
                      BadSweep{"/classes/train/0", -1, "sweep.classes.train: must be a list of whole numbers"},
                      BadSweep{"/dataset/train_files/0/sha256", "x",
                               "sweep.dataset.train_files.sha256: must be a SHA-256"},
                      BadSweep{"/analysis/alpha", 2, "sweep.analysis.alpha: is out of range"},
                      BadSweep{"/resources/device", "tpu", "sweep.resources.device: is not a known word"},
                      BadSweep{"/resources/slots", 0, "sweep.resources.slots: must be between"},
                      BadSweep{"/resources/memory_mib", 0, "sweep.resources.memory_mib: must be between"},
                      BadSweep{"/resources/labels", Json{{"a b", "c"}}, "sweep.resources.labels: must map"},
                      BadSweep{"/resources/priority", 1001, "sweep.resources.priority: must be between"}));

TEST(AnalysisPlan, HasOneHashForOnePlan) {
  const Sweep sweep = example_sweep();
  EXPECT_EQ(plan_hash(sweep).size(), 64);
  Sweep other = sweep;
  other.name = "another";
  other.training.epochs = 99;
  other.resources.slots = 7;
  EXPECT_EQ(plan_hash(other), plan_hash(sweep)) << "none of it decides the analysis";
  const auto differs = [&](auto change) {
    Sweep changed = sweep;
    change(changed);
    return plan_hash(changed) != plan_hash(sweep);
  };
  EXPECT_TRUE(differs([](Sweep& s) { s.arms.pop_back(); }));
  EXPECT_TRUE(differs([](Sweep& s) { std::swap(s.seeds[0], s.seeds[1]); }));
  EXPECT_TRUE(differs([](Sweep& s) { s.analysis.alpha = 0.01; }));
  EXPECT_TRUE(differs([](Sweep& s) { s.analysis.primary.reset(); }));
  EXPECT_TRUE(differs([](Sweep& s) { s.analysis.selection = SelectionSpec{.seeds = {9}}; }));
}

TEST(AnalysisPlan, IsNotInTheSweepWhereItAsksForNothing) {
  const Json analysis = to_json(example_sweep())["analysis"];
  EXPECT_FALSE(analysis.contains("selection"));
  EXPECT_FALSE(analysis.contains("stopping"));
}

TEST(AnalysisPlan, OfSelectionAndStoppingComesBackAsItWas) {
  Sweep sweep = example_sweep();
  sweep.analysis.correction = "holm";
  sweep.analysis.selection = SelectionSpec{.seeds = {100, 101}, .keep = 1, .racing = true};
  sweep.analysis.stopping = StoppingSpec{.looks = {2, 3}, .futility = 0.05};
  EXPECT_EQ(to_json(parse_sweep(to_json(sweep).dump()).value()), to_json(sweep));
  sweep.analysis.stopping->looks = {2};
  EXPECT_EQ(parse_sweep(to_json(sweep).dump()).status().message(),
            "sweep.analysis: stopping.looks must end with the number of seeds");
  sweep.analysis.stopping->looks = {3, 3};
  EXPECT_FALSE(parse_sweep(to_json(sweep).dump()).ok());
  sweep.analysis.stopping = StoppingSpec{.looks = {3}};
  sweep.analysis.selection->seeds = {0};
  EXPECT_EQ(parse_sweep(to_json(sweep).dump()).status().message(), "sweep.seeds: must differ");
}

}  // namespace
}  // namespace evensweep

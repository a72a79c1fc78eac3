#include "sweeps/spec/load.h"

#include <gmock/gmock.h>

#include "common/base/hash.h"
#include "common/model/json.h"
#include "tests/support/places.h"
#include "tests/unit/dataset/temporary_folder.h"
#include "tests/unit/spec/sweep_text.h"

namespace evensweep {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr char kData[] = "x,label\n1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n7,a\n8,b\n";
const std::string kSweeps = source_dir() + "/sweeps";
const std::string kSharedData = source_dir() + "/../shared/data";

std::string error_of(const StatusOr<Sweep>& sweep) { return std::string(sweep.status().message()); }

class Load : public ::testing::Test {
 protected:
  StatusOr<Sweep> load(std::string_view text, std::vector<std::string> overrides = {}) {
    return load_sweep(folder_.write("a.yaml", text),
                      {.data_folders = {folder_.path()}, .overrides = std::move(overrides)});
  }

  TemporaryFolder folder_;
};

TEST_F(Load, FindsHashesAndCounts) {
  folder_.write("a.csv", kData);
  const auto sweep = load(kGoodSweep);
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  ASSERT_EQ(sweep->dataset.train_files.size(), 1U);
  EXPECT_EQ(sweep->dataset.train_files[0].path, folder_.path() + "/a.csv");
  EXPECT_EQ(sweep->dataset.train_files[0].sha256, sha256_hex(kData));
  EXPECT_THAT(sweep->classes.names, ElementsAre("a", "b"));
  EXPECT_THAT(sweep->classes.train, ElementsAre(2, 2));
  EXPECT_THAT(sweep->classes.validation, Each(1));
  EXPECT_THAT(sweep->classes.test, Each(1));
}

TEST_F(Load, TheSweepIsTheSameWhereverItsFilesAre) {
  folder_.write("a.csv", kData);
  const TemporaryFolder other;
  other.write("a.csv", kData);
  const auto here = load(kGoodSweep);
  const auto there = load_sweep(folder_.path() + "/a.yaml", {.data_folders = {other.path()}, .overrides = {}});
  ASSERT_TRUE(here.ok() && there.ok());
  EXPECT_EQ(sweep_id(*here), sweep_id(*there));
}

TEST_F(Load, OverridesChangeTheSweep) {
  folder_.write("a.csv", kData);
  const auto sweep = load(kGoodSweep, {"training.epochs=1"});
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  EXPECT_EQ(sweep->training.epochs, 1);
  EXPECT_NE(sweep_id(*sweep), sweep_id(*load(kGoodSweep)));
}

TEST_F(Load, AllErrorsAreInOneMessage) {
  const auto sweep = load(with(with(kGoodSweep, "epochs: 5", "epochs: 0"), "seeds: 3", "seeds: []"));
  const std::string path = folder_.path() + "/a.yaml";
  EXPECT_EQ(sweep.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error_of(sweep), path + ":8:11: training.epochs: \"0\" is not a whole number from 1 to 1000000\n" + path +
                                 ":9:8: seeds: the list is empty; put something in or remove the key");
}

TEST_F(Load, AllMissingFilesAreInOneMessage) {
  const auto sweep = load(kGoodImages);
  const std::string path = folder_.path() + "/a.yaml";
  const std::string rest = " in " + folder_.path() + "; put it there, or name its folder with --data or EVENSWEEP_DATA";
  EXPECT_EQ(sweep.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(error_of(sweep),
            path + ":5:10: no data file \"a.bin\"" + rest + "\n" + path + ":6:9: no data file \"b.bin\"" + rest);
}

TEST_F(Load, FilesOfEqualContentAreRefused) {
  folder_.write("a.bin", std::string(3073, '\1'));
  folder_.write("b.bin", std::string(3073, '\1'));
  EXPECT_EQ(error_of(load(kGoodImages)),
            folder_.path() +
                "/a.yaml:6:9: \"b.bin\" holds the same bytes as \"a.bin\"; rows must not be both "
                "trained and tested on, nor counted twice");
}

TEST_F(Load, ErrorsOfTheDataNameTheDataFile) {
  folder_.write("a.csv", "x,label\n1,a\nq,b\n");
  EXPECT_EQ(error_of(load(kGoodSweep)),
            folder_.path() +
                "/a.csv:3:1: \"q\" in column \"x\" is not a number; correct it, name the column in "
                "columns.categorical, or leave it out of columns.features");
}

TEST_F(Load, SelectionNeedsTwoValidationExamplesOfEachClass) {
  folder_.write("a.csv", kData);
  EXPECT_EQ(error_of(load(kGoodSweep, {"analysis={selection: {seeds: 2}}"})),
            "analysis.selection: class \"a\" has 1 validation example, and arms are selected by validation data; give "
            "validation a larger share, or leave selection out");
  EXPECT_TRUE(
      load(kGoodSweep, {"analysis={selection: {seeds: 2}}", "dataset.split={train: 0.25, validation: 0.5, test: 0.25}"})
          .ok());
}

TEST_F(Load, AMissingSweepFileIsNamed) {
  EXPECT_EQ(error_of(load_sweep("/no/such.yaml", {})), "cannot read /no/such.yaml: No such file or directory");
}

TEST(ReadySweeps, DigitsHasSevenArmsOfThreeMethods) {
  const auto sweep = load_sweep(kSweeps + "/digits.yaml", {.data_folders = {kSweeps}, .overrides = {}});
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  std::vector<std::string> names;
  for (const Arm& arm : sweep->arms) names.push_back(arm_name(arm));
  EXPECT_THAT(names, ElementsAre("tpr_weighting(gamma=0.5)", "tpr_weighting(gamma=1)", "tpr_weighting(gamma=2)",
                                 "effective_number(beta=0.99, counts=tpr)", "effective_number(beta=0.999, counts=tpr)",
                                 "focal(gamma=1)", "focal(gamma=2)"));
  EXPECT_EQ(sweep->seeds.size(), 10U);
  EXPECT_EQ(sweep->classes.names.size(), 10U);
  EXPECT_EQ(sweep->analysis.primary, "tpr_weighting(gamma=1)");
  EXPECT_EQ(sweep->training.threads, 1);
}

TEST(ReadySweeps, TheOthersAreGood) {
  for (const char* name : {"cifar10-small", "letters", "satimage"}) {
    const auto sweep = load_sweep(kSweeps + "/" + name + ".yaml", {.data_folders = {kSharedData}, .overrides = {}});
    if (absl::IsNotFound(sweep.status())) GTEST_SKIP() << sweep.status();
    ASSERT_TRUE(sweep.ok()) << sweep.status();
    EXPECT_EQ(sweep->name, name);
  }
}

TEST(ReadySweeps, Cifar10LacksNothingButItsFiles) {
  const auto sweep = load_sweep(kSweeps + "/cifar10.yaml", {.data_folders = {"/no/such"}, .overrides = {}});
  EXPECT_EQ(sweep.status().code(), absl::StatusCode::kNotFound) << sweep.status();
}

}  // namespace
}  // namespace evensweep

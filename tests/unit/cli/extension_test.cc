#include "cli/extension.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/json.h"
#include "sweeps/spec/load.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFile = R"(version: 1
name: digits
dataset: {format: csv, path: data/digits.csv, split: {train: 0.6, validation: 0.2, test: 0.2}}
model: {name: mlp, hidden: [16]}
training: {epochs: 3, batch_size: 64, lr: 0.05, threads: 1}
seeds: 2
methods:
  - {method: tpr_weighting, gamma: [0.5, 1]}
)";

class ExtensionTest : public testing::Test {
 protected:
  ExtensionTest() {
    known_.file.text = kFile;
    Draft draft = *parse_sweep_file(kFile, "digits.yaml").draft;
    known_.sweep = draft.sweep;
    known_.sweep.dataset.train_files.at(0).sha256 = std::string(64, 'a');  // on the machine that submitted it
    known_.sweep.classes = {.names = {"0", "1"}, .train = {6, 6}, .validation = {2, 2}, .test = {2, 2}};
  }
  StatusOr<Extension> extended(const std::vector<std::string>& overrides) const {
    return extend_sweep(known_, overrides, {});
  }
  SweepDefinition known_;
};

TEST_F(ExtensionTest, NeedsNoDataOnThisMachine) {
  const StatusOr<Extension> larger = extended({"seeds=5", "methods.0.gamma=[0.5, 1, 2]"});
  ASSERT_TRUE(larger.ok()) << larger.status();
  EXPECT_FALSE(larger->other_data);
  EXPECT_EQ(larger->sweep.seeds.size(), 5);
  EXPECT_EQ(larger->sweep.arms.size(), 3);
  EXPECT_EQ(larger->sweep.dataset.train_files.at(0).sha256, std::string(64, 'a'));
  EXPECT_EQ(larger->sweep.classes.names, known_.sweep.classes.names);
  EXPECT_EQ(larger->file.text, kFile);
  EXPECT_EQ(larger->file.overrides, (std::vector<std::string>{"seeds=5", "methods.0.gamma=[0.5, 1, 2]"}));
}

TEST_F(ExtensionTest, OfTheSameIsTheSame) { EXPECT_EQ(sweep_id(extended({})->sweep), sweep_id(known_.sweep)); }

TEST_F(ExtensionTest, KeepsWhatWasOverriddenBefore) {
  known_.file.overrides = {"seeds=4", "training.epochs=7"};
  const StatusOr<Extension> larger = extended({"seeds=6"});
  ASSERT_TRUE(larger.ok()) << larger.status();
  EXPECT_EQ(larger->sweep.seeds.size(), 6);
  EXPECT_EQ(larger->sweep.training.epochs, 7);
}

TEST_F(ExtensionTest, KeepsTheThreadsThatWereDecidedOn) {
  known_.file.overrides = {"training.threads=auto"};
  known_.sweep.training.threads = 6;
  EXPECT_EQ(extended({"seeds=6"})->sweep.training.threads, 6);
  EXPECT_EQ(extended({"training.threads=2"})->sweep.training.threads, 2);
}

TEST_F(ExtensionTest, KeepsThePriorityThatWasGivenWithIt) {
  known_.sweep.resources.priority = 7;
  EXPECT_EQ(extended({"seeds=6"})->sweep.resources.priority, 7);
  EXPECT_EQ(extended({"resources.priority=2"})->sweep.resources.priority, 2);
}

TEST_F(ExtensionTest, LooksForOtherDataWhereTheyAreAskedFor) {
  const Status missing = extended({"dataset.path=data/other.csv"}).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("other.csv"));
  EXPECT_FALSE(extended({"dataset.split.seed=3"}).ok()) << "other class counts are not known without the data";
}

TEST_F(ExtensionTest, SaysWhatIsWrongWithAnOverride) {
  const Status wrong = extended({"seed=5"}).status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(wrong.message()), HasSubstr("override seed=5"));
  known_.file.text.clear();
  EXPECT_EQ(extended({"seeds=5"}).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace evensweep

#include "agent/link/spool.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "common/base/file.h"
#include "tests/unit/agent/run_specs.h"

namespace evensweep {
namespace {

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evensweep_spool.XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~SpoolTest() override { std::filesystem::remove_all(dir_); }

  std::string dir_;
};

TEST_F(SpoolTest, GivesBackWhatWasWrittenUntilItIsForgotten) {
  Spool spool(dir_ + "/spool");
  ASSERT_TRUE(spool.load().ok());
  const AttemptId won = lease_of_seed(1).attempt, lost = lease_of_seed(2, 7).attempt;
  ASSERT_TRUE(spool.write({won, Succeeded{small_result()}}).ok());
  ASSERT_TRUE(spool.write({lost, Failure{FailureClass::kDiverged, "loss is not finite", "tail\xff\n"}}).ok());
  const auto content = Spool(dir_ + "/spool").load();
  ASSERT_TRUE(content.ok());
  ASSERT_EQ(content->ended.size(), 2u);
  EXPECT_TRUE(content->remarks.empty());
  const auto end_of = [&](const AttemptId& attempt) {
    return *std::ranges::find(content->ended, attempt, &Update::attempt);
  };
  EXPECT_EQ(std::get<Succeeded>(end_of(won).what).result_json, small_result());
  EXPECT_EQ(std::get<Failure>(end_of(lost).what).failure, FailureClass::kDiverged);
  ASSERT_TRUE(spool.forget(won).ok());
  ASSERT_TRUE(spool.forget(won).ok());
  const auto less = spool.load();
  ASSERT_EQ(less->ended.size(), 1u);
  EXPECT_EQ(less->ended[0].attempt, lost);
}

TEST_F(SpoolTest, SetsAsideWhatItCannotRead) {
  Spool spool(dir_);
  ASSERT_TRUE(spool.write({lease_of_seed(1).attempt, Succeeded{small_result()}}).ok());
  const std::string half = read_file(dir_ + "/" + lease_of_seed(1).attempt.run.str() + ".1.json")->substr(0, 100);
  ASSERT_TRUE(write_file_atomically(dir_ + "/half.json", half).ok());
  ASSERT_TRUE(write_file_atomically(dir_ + "/zeros.json", std::string(64, '\0')).ok());
  ASSERT_TRUE(write_file_atomically(dir_ + "/entry.json.tmp.77", "of a crash").ok());
  const auto content = spool.load();
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->ended.size(), 1u);
  EXPECT_EQ(content->remarks.size(), 2u);
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/half.json.unreadable"));
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/entry.json.tmp.77"));
  EXPECT_TRUE(spool.load()->remarks.empty());
}

TEST_F(SpoolTest, DoesNotTakeAnEntryUnderAnothersName) {
  Spool spool(dir_);
  const std::string path = dir_ + "/" + lease_of_seed(1).attempt.run.str();
  ASSERT_TRUE(spool.write({lease_of_seed(1).attempt, Succeeded{small_result()}}).ok());
  std::filesystem::rename(path + ".1.json", path + ".2.json");
  const auto content = spool.load();
  EXPECT_TRUE(content->ended.empty());
  EXPECT_EQ(content->remarks.size(), 1u);
}

}  // namespace
}  // namespace evensweep

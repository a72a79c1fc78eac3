#include "agent/link/run_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "common/base/file.h"

namespace evensweep {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

const AttemptId kFirst{RunKey(std::string(64, 'a')), 1}, kSecond{RunKey(std::string(64, 'a')), 2},
    kOther{RunKey(std::string(64, 'b')), 1};

class RunLogsTest : public testing::Test {
 protected:
  RunLogsTest() {
    std::string pattern = (fs::temp_directory_path() / "evensweep_logs.XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    reopen();
  }
  ~RunLogsTest() override {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  void reopen() {
    logs_ = std::make_unique<RunLogs>(dir_ + "/logs");
    ASSERT_TRUE(logs_->open().ok());
  }
  // Of a run that is no longer young.
  void add(const AttemptId& attempt, const std::string& text) {
    logs_->add(attempt, text);
    logs_->keep(attempt);
  }
  std::string told(const AttemptId& attempt, size_t most = 32 << 10) {
    std::string text;
    for (const Update& update : logs_->take_lines(most))
      if (update.attempt == attempt) text += std::get<LogLines>(update.what).text;
    return text;
  }

  std::string dir_;
  std::unique_ptr<RunLogs> logs_;
};

TEST_F(RunLogsTest, KeepsWhatWasWrittenAndTellsItOnce) {
  add(kFirst, "one\ntw");
  EXPECT_EQ(told(kFirst), "one\n") << "the second line may go on";
  add(kFirst, "o\n");
  add(kSecond, "other\n");
  EXPECT_EQ(told(kFirst), "two\n");
  EXPECT_EQ(told(kFirst), "");
  EXPECT_FALSE(logs_->has_lines());
  EXPECT_EQ(*read_file(logs_->path_of(kFirst)), "one\ntwo\n");
  EXPECT_THAT(logs_->attempts_of(kFirst.run), ElementsAre(kFirst, kSecond));
  EXPECT_THAT(logs_->attempts_of(kOther.run), IsEmpty());
}

TEST_F(RunLogsTest, ForgetsWhatAShortRunWroteUnlessItIsToBeKept) {
  logs_->add(kFirst, "one\n");
  logs_->add(kOther, "other\n");
  logs_->age();
  EXPECT_EQ(told(kFirst), "");
  logs_->remove(kFirst);
  logs_->keep(kOther);  // it failed
  EXPECT_EQ(told(kOther), "other\n");
  EXPECT_EQ(*read_file(logs_->path_of(kOther)), "other\n");
  EXPECT_FALSE(fs::exists(logs_->path_of(kFirst)));
  EXPECT_FALSE(logs_->has_lines());
}

TEST_F(RunLogsTest, KeepsWhatALongRunWrote) {
  logs_->add(kFirst, "one\n");
  for (int tick = 0; tick < 3; ++tick) {
    EXPECT_FALSE(fs::exists(logs_->path_of(kFirst)));
    logs_->age();
  }
  EXPECT_EQ(*read_file(logs_->path_of(kFirst)), "one\n");
  logs_->add(kFirst, "two\n");
  EXPECT_EQ(told(kFirst), "one\ntwo\n");
  logs_->add(kOther, std::string(100 << 10, 'x'));
  EXPECT_TRUE(fs::exists(logs_->path_of(kOther))) << "too much for memory";
}

TEST_F(RunLogsTest, TellsALineThatNeverEnds) {
  add(kFirst, "50 % ");
  EXPECT_EQ(told(kFirst), "50 % ");
  EXPECT_FALSE(logs_->has_lines());
}

TEST_F(RunLogsTest, TellsTheNewestOfAFloodAndHowMuchItLeavesOut) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
  add(kFirst, text);
  const std::string lines = told(kFirst, 200);
  EXPECT_LE(lines.size(), 200U);
  EXPECT_TRUE(lines.starts_with("[")) << lines;
  EXPECT_NE(lines.find(" bytes are left out here]\nline "), std::string::npos) << lines;
  EXPECT_TRUE(lines.ends_with("line 998\nline 999\n")) << lines;
  EXPECT_FALSE(logs_->has_lines());
  for (int i = 0; i < 100; ++i) add(kOther, std::string(64 << 10, 'x'));
  add(kFirst, "quiet\n");
  size_t all = 0;
  for (const Update& update : logs_->take_lines(1000)) {
    all += std::get<LogLines>(update.what).text.size();
    if (update.attempt != kFirst) continue;
    EXPECT_EQ(std::get<LogLines>(update.what).text, "quiet\n") << "gets its share";
  }
  EXPECT_LE(all, 1000U);
}

TEST_F(RunLogsTest, TellsTextWhateverBytesCome) {
  add(kFirst, "caf\xc3\xa9 \xff\x1b[31m\n");
  EXPECT_EQ(told(kFirst), "caf\xc3\xa9 ??[31m\n");
}

TEST_F(RunLogsTest, KeepsTheEndOfALongLog) {
  std::string text;
  for (int i = 0; text.size() < 3 * RunLogs::kMostBytes; ++i) {
    std::string lines;
    for (int j = 0; j < 1000; ++j) lines += "line " + std::to_string(1000 * i + j) + "\n";
    add(kFirst, lines);
    text += lines;
    EXPECT_LE(fs::file_size(logs_->path_of(kFirst)), RunLogs::kMostBytes);
  }
  const std::string kept = *read_file(logs_->path_of(kFirst));
  EXPECT_GE(kept.size(), RunLogs::kMostBytes / 2 - 20);
  EXPECT_TRUE(kept.starts_with("line ")) << "begins with a line";
  EXPECT_TRUE(text.ends_with(kept));
}

TEST_F(RunLogsTest, FindsWhatAnEarlierProcessLeft) {
  add(kFirst, "one\n");
  const std::string run(64, 'c');
  for (const std::string& name : {std::string("readme"), std::string("x.1.log"), run + ".log", run + ".x1.log"})
    std::ofstream(dir_ + "/logs/" + name) << "?";
  reopen();
  EXPECT_THAT(logs_->attempts_of(kFirst.run), ElementsAre(kFirst));
  EXPECT_THAT(logs_->attempts_of(RunKey(std::string(64, 'c'))), IsEmpty());
  EXPECT_FALSE(logs_->has_lines()) << "nobody waits for it any more";
  add(kFirst, "two\n");
  EXPECT_EQ(*read_file(logs_->path_of(kFirst)), "one\ntwo\n");
  logs_->remove(kFirst);
  EXPECT_FALSE(fs::exists(logs_->path_of(kFirst)));
  EXPECT_THAT(logs_->attempts_of(kFirst.run), IsEmpty());
}

}  // namespace
}  // namespace evensweep

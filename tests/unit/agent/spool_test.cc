#include "agent/link/spool.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "agent/link/spool_records.h"
#include "agent/link/spool_writer.h"
#include "common/base/file.h"
#include "common/model/json.h"
#include "tests/unit/agent/run_specs.h"

namespace evensweep {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// Fails at the n-th operation of a kind, having appended but a part.
struct Faults {
  int append_fails_at = 0, sync_fails_at = 0, truncate_fails_at = 0;  // counted from 1; 0: never
  size_t part = 0;                                                    // bytes that a failing append leaves
  int appends = 0, syncs = 0, truncates = 0;
};

class FaultyLog final : public LogFile {
 public:
  FaultyLog(std::unique_ptr<LogFile> file, Faults& faults) : file_(std::move(file)), faults_(faults) {}
  Status append(std::string_view bytes) override {
    if (++faults_.appends != faults_.append_fails_at) return file_->append(bytes);
    file_->append(bytes.substr(0, faults_.part)).IgnoreError();
    return absl::ResourceExhaustedError("no space left");
  }
  Status sync() override {
    return ++faults_.syncs == faults_.sync_fails_at ? absl::InternalError("i/o error") : file_->sync();
  }
  Status truncate(uint64_t size) override {
    return ++faults_.truncates == faults_.truncate_fails_at ? absl::InternalError("i/o error") : file_->truncate(size);
  }

 private:
  std::unique_ptr<LogFile> file_;
  Faults& faults_;
};

Update won(uint64_t seed) { return {lease_of_seed(seed).attempt, Succeeded{small_result(), seed}}; }

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evensweep_spool.XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~SpoolTest() override { std::filesystem::remove_all(dir_); }

  std::string log() const { return dir_ + "/log"; }
  OpenLogFile faulty() {
    return [this](const std::string& path) -> StatusOr<std::unique_ptr<LogFile>> {
      EV_ASSIGN_OR_RETURN(std::unique_ptr<LogFile> file, open_log_file(path));
      return std::make_unique<FaultyLog>(std::move(file), faults_);
    };
  }
  // What a new process finds.
  Spool::Content found() {
    auto content = Spool(dir_).load();
    EXPECT_TRUE(content.ok()) << content.status();
    return content.ok() ? *std::move(content) : Spool::Content{};
  }
  std::set<AttemptId> attempts_found() {
    std::set<AttemptId> attempts;
    for (const Update& end : found().ended) attempts.insert(end.attempt);
    return attempts;
  }

  std::string dir_;
  Faults faults_;
};

TEST_F(SpoolTest, GivesBackWhatWasWrittenUntilItIsForgotten) {
  Spool spool(dir_);
  ASSERT_THAT(spool.load()->ended, IsEmpty());
  const Update lost{lease_of_seed(2, 7).attempt, Failure{FailureClass::kDiverged, "loss is not finite", "tail\xff\n"}};
  ASSERT_TRUE(spool.write({won(1), lost}, {}).ok());
  const Spool::Content content = found();
  ASSERT_THAT(content.ended, SizeIs(2));
  EXPECT_THAT(content.remarks, IsEmpty());
  const auto end_of = [&](const AttemptId& attempt) {
    return *std::ranges::find(content.ended, attempt, &Update::attempt);
  };
  EXPECT_EQ(std::get<Succeeded>(end_of(won(1).attempt).what).result_json, small_result());
  EXPECT_EQ(std::get<Succeeded>(end_of(won(1).attempt).what).peak_memory_bytes, 1u);
  EXPECT_EQ(std::get<Failure>(end_of(lost.attempt).what).failure, FailureClass::kDiverged);
  ASSERT_TRUE(spool.write({}, {won(1).attempt, won(1).attempt}).ok());
  EXPECT_EQ(attempts_found(), std::set{lost.attempt});
  ASSERT_TRUE(spool.write({won(3)}, {lost.attempt}).ok());
  EXPECT_EQ(attempts_found(), std::set{won(3).attempt});
}

TEST_F(SpoolTest, ATornEndIsDroppedWhereverItIsTorn) {
  Spool spool(dir_);
  ASSERT_TRUE(spool.write({won(1)}, {}).ok());
  const std::string first = *read_file(log());
  ASSERT_TRUE(spool.write({won(2)}, {}).ok());
  const std::string whole = *read_file(log());
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_TRUE(write_file_atomically(log(), whole.substr(0, size)).ok());
    Spool torn(dir_);
    const auto content = torn.load();
    ASSERT_TRUE(content.ok());
    ASSERT_THAT(content->remarks, IsEmpty()) << size;
    ASSERT_EQ(content->ended.size(), size >= first.size() ? 1u : 0u) << size;
    ASSERT_TRUE(torn.write({won(3)}, {}).ok());  // and it goes on from there
    ASSERT_EQ(attempts_found().size(), size >= first.size() ? 2u : 1u) << size;
  }
}

TEST_F(SpoolTest, ADamagedByteCostsNoMoreThanItsRecord) {
  ASSERT_TRUE(Spool(dir_).write({won(1), won(2), won(3)}, {}).ok());
  const std::string whole = *read_file(log());
  for (size_t at = 0; at < whole.size(); at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directory(dir_);
    ASSERT_TRUE(write_file_atomically(log(), damaged).ok());
    const Spool::Content content = found();
    ASSERT_GE(content.ended.size(), 2u) << at;
    for (const std::string& remark : content.remarks) EXPECT_THAT(remark, testing::HasSubstr("log.unreadable"));
    ASSERT_EQ(std::filesystem::exists(log() + ".unreadable"), !content.remarks.empty());
    ASSERT_THAT(found().remarks, IsEmpty()) << at;  // it is said once
    ASSERT_EQ(attempts_found().size(), content.ended.size()) << at;
  }
}

TEST_F(SpoolTest, AfterAWriteThatFailedTheNextOneGoesOn) {
  const size_t record = spool_record(won(2)).size();
  for (const size_t part : {size_t{0}, size_t{1}, size_t{12}, record / 2, record})
    for (const bool truncate_fails : {false, true}) {
      std::filesystem::remove(log());
      faults_ = {.append_fails_at = 2, .truncate_fails_at = truncate_fails ? 1 : 0, .part = part};
      Spool spool(dir_, faulty());
      ASSERT_TRUE(spool.write({won(1)}, {}).ok());
      EXPECT_EQ(spool.write({won(2)}, {}).code(), absl::StatusCode::kResourceExhausted);
      if (truncate_fails) {
        EXPECT_FALSE(spool.write({won(2)}, {}).ok());
      }
      ASSERT_TRUE(spool.write({won(3)}, {}).ok());
      EXPECT_EQ(attempts_found(), (std::set{won(1).attempt, won(3).attempt}));
      EXPECT_THAT(found().remarks, IsEmpty());
    }
}

TEST_F(SpoolTest, WhatWasNotSyncedWasNotWritten) {
  faults_ = {.sync_fails_at = 1};
  Spool spool(dir_, faulty());
  EXPECT_FALSE(spool.write({won(1)}, {}).ok());
  ASSERT_TRUE(spool.write({won(2)}, {}).ok());
  EXPECT_EQ(attempts_found(), std::set{won(2).attempt});
}

TEST_F(SpoolTest, ALogOfWhatIsForgottenIsShortened) {
  Spool spool(dir_);
  const std::string large(200000, 'x');
  uint64_t most = 0;
  ASSERT_TRUE(spool.write({won(1000)}, {}).ok());
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Update end{lease_of_seed(seed).attempt, Failure{FailureClass::kDiverged, "m", large}};
    ASSERT_TRUE(spool.write({end}, {}).ok());
    ASSERT_TRUE(spool.write({}, {end.attempt}).ok());
    most = std::max(most, spool.log_bytes());
  }
  EXPECT_LT(most, uint64_t{5} << 20);
  EXPECT_EQ(attempts_found(), std::set{won(1000).attempt});
}

// An entry of the form before the log, written by hand.
std::string old_entry(const Update& end) {
  return Json({{"run", end.attempt.run.str()}, {"attempt", end.attempt.number}, {"result", small_result()}}).dump();
}

TEST_F(SpoolTest, EntriesOfTheOldFormMoveIntoTheLog) {
  const std::string name = dir_ + "/" + won(1).attempt.run.str();
  ASSERT_TRUE(write_file_atomically(name + ".1.json", old_entry(won(1))).ok());
  ASSERT_TRUE(write_file_atomically(name + ".2.json", old_entry(won(1))).ok());  // not under its own name
  ASSERT_TRUE(write_file_atomically(dir_ + "/half.json", old_entry(won(2)).substr(0, 100)).ok());
  ASSERT_TRUE(write_file_atomically(dir_ + "/zeros.json", std::string(64, '\0')).ok());
  ASSERT_TRUE(write_file_atomically(dir_ + "/entry.json.tmp.77", "of a crash").ok());
  const Spool::Content content = found();
  EXPECT_THAT(content.ended, SizeIs(1));
  EXPECT_THAT(content.remarks, SizeIs(3));
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/half.json.unreadable"));
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/entry.json.tmp.77"));
  EXPECT_FALSE(std::filesystem::exists(name + ".1.json"));
  EXPECT_EQ(attempts_found(), std::set{won(1).attempt});
  EXPECT_THAT(found().remarks, IsEmpty());
}

TEST_F(SpoolTest, TheWriterTellsOfEachEndAndTriesAgainWhatFailed) {
  faults_ = {.append_fails_at = 1, .part = 5};
  std::vector<SpoolWriter::Written> told;  // complete once the writer is gone
  {
    SpoolWriter writer(
        Spool(dir_, faulty()),
        [&](std::vector<SpoolWriter::Written> written) { std::ranges::move(written, std::back_inserter(told)); },
        Duration(1));
    for (uint64_t seed = 0; seed < 50; ++seed) writer.write(won(seed));
    writer.forget(won(7).attempt);
  }
  ASSERT_THAT(told, SizeIs(50));
  EXPECT_EQ(told[0].error, "no space left");
  const std::set<AttemptId> attempts = attempts_found();
  EXPECT_FALSE(attempts.contains(won(7).attempt));
  // A batch that fails as the writer closes stays unwritten: it was told so.
  for (const SpoolWriter::Written& one : told)
    EXPECT_TRUE(!one.error.empty() || one.attempt == won(7).attempt || attempts.contains(one.attempt));
}

}  // namespace
}  // namespace evensweep

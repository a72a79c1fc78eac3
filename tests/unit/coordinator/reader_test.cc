// What pages ask of the store: sums, groups and lists, over a connection that only reads.

#include "coordinator/store/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "coordinator/store/sqlite_store.h"
#include "tests/unit/coordinator/store_example.h"
#include "tests/unit/coordinator/temporary_state.h"

namespace evensweep::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ReaderTest : public testing::Test {
 protected:
  ReaderTest() : store_(SqliteStore::open(state_.path()).value()) {
    commit(example_.records(), 1000);
    reader_ = StoreReader::open(state_.path()).value();
  }
  void commit(const std::vector<Record>& records, int64_t at) { ASSERT_TRUE(store_->commit(records, at).ok()); }
  static RunFinished finish(RunId run, double spread, double seconds) {
    return {.run = run, .result_json = result_text(), .spread = spread, .seconds = seconds};
  }

  TemporaryState state_;
  StoreExample example_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<StoreReader> reader_;
};

TEST_F(ReaderTest, SumsUpWhatArmsGainOverTheirBaselines) {
  // The baselines of both seeds have spreads 5 and 8; the first arm's runs 3 and 2: it gains 2 and 6.
  commit({finish(StoreExample::kBaseline, 5, 0), finish(StoreExample::kSecond, 8, 4), example_.numbered(3),
          example_.numbered(4), TrialResolved{.trial = example_.trial(1, 0), .run = 3, .notes = {}},
          TrialResolved{.trial = example_.trial(1, 1), .run = 4, .notes = {}}, finish(3, 3, 1), finish(4, 2, 2)},
         2000);
  const SweepFigures figures = reader_->figures(example_.id).value();
  ASSERT_THAT(figures.arms, SizeIs(3));
  EXPECT_EQ(figures.arms[0].finished, 2);
  EXPECT_EQ(figures.arms[0].pairs, 2);
  EXPECT_DOUBLE_EQ(figures.arms[0].mean, 6.5);
  EXPECT_EQ(figures.arms[1].finished, 2);
  EXPECT_EQ(figures.arms[1].pairs, 2);
  EXPECT_DOUBLE_EQ(figures.arms[1].mean, 4);
  EXPECT_DOUBLE_EQ(*figures.arms[1].sd, std::sqrt(8.0));
  EXPECT_EQ(figures.arms[2].failed, 1);
  EXPECT_EQ(figures.arms[2].pairs, 0);
  EXPECT_EQ(figures.arms[2].sd, std::nullopt);
  EXPECT_DOUBLE_EQ(figures.seconds, 7);
  EXPECT_THAT(figures.latest_seconds, ElementsAre(0, 1, 2, 4));
}

TEST_F(ReaderTest, GroupsFailuresByWhatTheySay) {
  const std::vector<FailureGroup> groups = reader_->failures(example_.id, 10).value();
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[0].message, "exit code 1");
  EXPECT_EQ(groups[0].failure, FailureClass::kTrainerError);
  EXPECT_EQ(groups[0].trials, 1);
  EXPECT_THAT(groups[0].agents, ElementsAre("agent"));
  EXPECT_EQ(groups[0].arm, 2);
  EXPECT_EQ(groups[0].seed, 0);
  EXPECT_EQ(groups[1].message, "no TPR");
  EXPECT_EQ(groups[1].failure, FailureClass::kBadInput);
  EXPECT_THAT(groups[1].agents, IsEmpty()) << "it has no run";
  EXPECT_THAT(reader_->failures(example_.id, 1).value(), SizeIs(1));
}

TEST_F(ReaderTest, ListsTheLatestAttempts) {
  commit({AttemptGranted{.run = StoreExample::kSecond, .number = 2, .agent = AgentId("b")}}, 5000);
  const std::vector<PastAttempt> all = reader_->history(example_.id, 100).value();
  ASSERT_THAT(all, SizeIs(5));
  EXPECT_EQ(all.back().agent, "b");
  EXPECT_EQ(all.back().granted_at, 5000);
  EXPECT_EQ(all.back().ended_at, std::nullopt);
  EXPECT_EQ(all.back().arm, 0);
  EXPECT_EQ(all.back().seed, 1);
  EXPECT_EQ(std::ranges::count(all, std::optional(FailureClass::kTrainerError), &PastAttempt::failure), 2);
  EXPECT_THAT(reader_->history(example_.id, 2).value(), SizeIs(2));
}

TEST_F(ReaderTest, TellsWhoDidWhatNewestFirst) {
  commit({Audited{.who = "token a", .what = "pause", .subject = "s", .outcome = "done"}}, 10);
  commit({Audited{.who = "token b", .what = "drain", .subject = "m", .outcome = "done"}}, 20);
  const std::vector<AuditRow> rows = reader_->audit(std::nullopt, 10).value();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].who, "token b");
  EXPECT_EQ(rows[0].at, 20);
  EXPECT_EQ(rows[1].what, "pause");
  const std::vector<AuditRow> older = reader_->audit(rows[0].number, 10).value();
  ASSERT_THAT(older, SizeIs(1));
  EXPECT_EQ(older[0].who, "token a");
}

TEST_F(ReaderTest, GivesTheResultOfATrial) {
  EXPECT_TRUE(reader_->result(example_.id, 0, 0).value().has_value());
  EXPECT_FALSE(reader_->result(example_.id, 0, 1).value().has_value()) << "it is under way";
  EXPECT_FALSE(reader_->result(example_.id, 1, 0).value().has_value()) << "it has no run";
}

TEST_F(ReaderTest, KnowsNoSweepThatIsNotStored) {
  EXPECT_TRUE(absl::IsNotFound(reader_->figures(SweepId("other")).status()));
  EXPECT_TRUE(absl::IsNotFound(reader_->failures(SweepId("other"), 1).status()));
}

}  // namespace
}  // namespace evensweep::coordinator

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "common/base/file.h"
#include "common/base/hash.h"
#include "tests/unit/table/read_text.h"

namespace evensweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr char kCounts[] =
    "method,gamma,counts,seed,class,correct,total\n"
    "baseline,,,7,cat,8,10\n"
    "baseline,,,7,dog,19,20\n"
    "w,2,tpr,7,dog,18,20\n"
    "w,2,tpr,7,cat,9,10\n"
    "w,0.50,,3,cat,10,12\n"
    "w,0.5,,3,dog,11,12\n";

const TableRun& run_at(const ResultsTable& table, size_t arm, size_t seed) {
  for (const TableRun& run : table.runs)
    if (run.arm == arm && run.seed == seed) return run;
  ADD_FAILURE() << "no run of arm " << arm << " at seed " << seed;
  return table.runs.front();
}

TEST(TableReader, ReadsCounts) {
  const StatusOr<ResultsTable> table = read_text(kCounts);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->source.form, "counts");
  EXPECT_EQ(table->source.rows, 6);
  EXPECT_EQ(table->source.sha256, sha256_hex(kCounts));
  EXPECT_THAT(table->classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(table->seeds, ElementsAre(7, 3));
  ASSERT_EQ(table->arms.size(), 2u);
  EXPECT_EQ(table->arms[0], (Arm{"w", {{"gamma", 2}}, {{"counts", "tpr"}}}));
  EXPECT_EQ(table->arms[1], (Arm{"w", {{"gamma", 0.5}}, {}}));
  EXPECT_EQ(table->runs.size(), 3u);
  EXPECT_THAT(run_at(*table, 1, 0).counts.correct, ElementsAre(9, 18));
  EXPECT_THAT(run_at(*table, 1, 0).counts.total, ElementsAre(10, 20));
  EXPECT_FALSE(run_at(*table, 1, 0).counts.confusions) << "counts tell nothing of confusions";
}

TEST(TableReader, ReadsTheWideForm) {
  const StatusOr<ResultsTable> table = read_text(
      "seed,class,baseline_correct,baseline_total,rebalanced_correct,rebalanced_total,method\n"
      "0,b,8,10,9,10,x\n0,a,7,9,6,9,x\n0,a,7,9,5,9,y\n0,b,8,10,10,10,y\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->source.form, "wide counts");
  EXPECT_THAT(table->classes, ElementsAre("b", "a")) << "in the order of the table";
  EXPECT_EQ(table->runs.size(), 3u);
  EXPECT_THAT(run_at(*table, 0, 0).counts.correct, ElementsAre(8, 7));
  EXPECT_THAT(run_at(*table, 2, 0).counts.correct, ElementsAre(10, 5));
}

TEST(TableReader, ReadsPredictions) {
  const StatusOr<ResultsTable> table = read_text(
      "method,seed,label,prediction\n"
      "baseline,0,10,10\nbaseline,0,10,9\nbaseline,0,9,9\nbaseline,0,9,9\n"
      "m,0,9,10\nm,0,10,10\nm,0,9,9\nm,0,10,10\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->source.form, "predictions");
  EXPECT_THAT(table->classes, ElementsAre("9", "10")) << "numbers in the order of numbers";
  EXPECT_THAT(run_at(*table, 0, 0).counts.confusions, Optional(ConfusionMatrix{2, {2, 0, 1, 1}}));
  EXPECT_THAT(run_at(*table, 1, 0).counts.confusions, Optional(ConfusionMatrix{2, {1, 1, 0, 2}}));
  EXPECT_THAT(run_at(*table, 0, 0).counts.correct, ElementsAre(2, 1));
}

TEST(TableReader, ReadsRfc4180) {
  const char* text =
      "\xEF\xBB\xBFmethod,\"the, \"\"kind\"\"\",seed,class,correct,total\r\n"
      "baseline,,0,\"a,\nb\",8,10\r\n"
      "baseline, \"\" ,0, c\"d ,8,10\r\n"
      "m,\"x\ny\",0,\"a,\nb\",8.0,10\r\n"
      "m,\"x\ny\",0,\"c\"\"d\",8,10.00\r\n\r\n";
  for (const size_t piece : {size_t{1}, size_t{5}, size_t{1000}}) {
    const StatusOr<ResultsTable> table = read_text(text, piece);
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_THAT(table->classes, ElementsAre("a,\nb", "c\"d"));
    ASSERT_EQ(table->arms.size(), 1u);
    EXPECT_EQ(table->arms[0], (Arm{"m", {}, {{"the, \"kind\"", "x\ny"}}}));
  }
}

TEST(TableReader, LinesAreThoseOfTheFile) {
  const StatusOr<ResultsTable> table = read_text(
      "method,seed,class,correct,total\n"
      "baseline,0,\"a\n\nb\",8,10\n"
      "baseline,0,c,8,x\n");
  EXPECT_THAT(std::string(table.status().message()), HasSubstr("t.csv:5:16: "));
}

TEST(TableReader, ALastLineNeedsNoLineFeed) {
  std::string text = kCounts;
  text.pop_back();
  EXPECT_TRUE(read_text(text).ok());
}

TEST(TableReader, ManyClassesKeepCountsAlone) {
  std::string text = "method,seed,label,prediction\n";
  for (const char* method : {"baseline", "m"})
    for (int i = 0; i < 2 * 150; ++i)
      text += std::string(method) + ",0,c" + std::to_string(i / 2) + ",c" + std::to_string(i % 150) + "\n";
  const StatusOr<ResultsTable> table = read_text(text);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->classes.size(), 150u);
  EXPECT_FALSE(table->runs[0].counts.confusions);
  EXPECT_EQ(table->runs[0].counts.total[149], 2);
}

TEST(TableReader, SaysWhatFileCannotBeRead) {
  const std::string path = ::testing::TempDir() + "evensweep_table_" + std::to_string(::getpid()) + ".csv";
  EXPECT_EQ(read_table(path).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(read_table(path).status().message()), HasSubstr(path));
  ASSERT_TRUE(write_file_atomically(path, kCounts).ok());
  EXPECT_TRUE(read_table(path).ok());
  std::filesystem::remove(path);
}

TEST(ResultsOf, IsASweepWithoutARecipe) {
  const StatusOr<ResultsTable> table = read_text(kCounts);
  ASSERT_TRUE(table.ok()) << table.status();
  const StatusOr<SweepResults> results = results_of(*table, {.alpha = 0.1});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(results->sweep.name, "t");
  EXPECT_EQ(results->sweep.analysis.alpha, 0.1);
  EXPECT_THAT(results->sweep.classes.test, ElementsAre()) << "the test sets of the two seeds differ";
  EXPECT_EQ(results->trials.size(), 6u) << "baseline and two methods at two seeds";
  EXPECT_EQ(results->runs.size(), 3u);
  EXPECT_EQ(results->table->rows, 6);
}

TEST(ResultsOf, TheIdIsThatOfTableAndAnalysis) {
  const StatusOr<ResultsTable> table = read_text(kCounts);
  ASSERT_TRUE(table.ok()) << table.status();
  ResultsTable elsewhere = *table;
  elsewhere.source.path = "/elsewhere/u.csv";
  const SweepId id = results_of(*table, {})->id;
  EXPECT_EQ(results_of(elsewhere, {})->id, id);
  EXPECT_NE(results_of(*table, {.alpha = 0.1})->id, id);
  elsewhere.source.sha256 = "other";
  EXPECT_NE(results_of(elsewhere, {})->id, id);
}

}  // namespace
}  // namespace evensweep

// Every way in which a table can be wrong, and the one line that says so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/table/read_text.h"

namespace evensweep {
namespace {

struct BadTable {
  const char* name;
  std::string text;
  const char* message;
};

void PrintTo(const BadTable& bad, std::ostream* out) { *out << bad.name; }

constexpr char kHeader[] = "method,gamma,seed,class,correct,total\n";
constexpr char kBaselineRows[] = "baseline,,0,cat,8,10\nbaseline,,0,dog,9,10\n";  // lines 2 and 3

std::string counts(const std::string& rows) { return std::string(kHeader) + kBaselineRows + rows; }
std::string predictions(const std::string& rows) { return "method,seed,label,prediction\n" + rows; }
std::string wide(const std::string& rows) {
  return "method,gamma,seed,class,baseline_correct,baseline_total,rebalanced_correct,rebalanced_total\n" + rows;
}

std::vector<BadTable> bad_headers() {
  return {
      {"empty file", "", "t.csv: the file is empty; it needs a header line and rows"},
      {"byte order mark alone", "\xEF\xBB\xBF", "t.csv: the file is empty; it needs a header line and rows"},
      {"header alone", kHeader, "t.csv:2: no rows below the header line; add results"},
      {"no result columns", "method,seed\nbaseline,0\n",
       "t.csv:1:1: no columns for results; a table needs method, seed and either class, correct, total or label, "
       "prediction (docs/analysing-your-own-results.md)"},
      {"no seed", "method,class,correct,total\n",
       "t.csv:1:1: no column \"seed\", which a table of counts needs; add it"},
      {"misspelt total", "method,seed,class,correct,totl\n",
       "t.csv:1:1: no column \"total\", which a table of counts needs; did you mean \"totl\"?"},
      {"half of the wide form", "method,seed,class,baseline_correct,rebalanced_correct,rebalanced_total\n",
       "t.csv:1:1: no column \"baseline_total\", which a table of wide counts needs; add it"},
      {"no prediction", "method,seed,label\n",
       "t.csv:1:1: no column \"prediction\", which a table of predictions needs; add it"},
      {"two forms", "method,seed,class,correct,total,label\n",
       "t.csv:1:1: the column \"label\" belongs to a table of predictions, but this is one of counts; delete or rename "
       "it"},
      {"a column twice", "method,seed,seed,class,correct,total\n",
       "t.csv:1:13: the column \"seed\" is there twice; rename one"},
      {"an index column", ",method,seed,class,correct,total\n",
       "t.csv:1:1: column 1 has no name; name it, or delete it (pandas: to_csv(..., index=False))"},
      {"an open quote in the header", "method,\"seed\n",
       "t.csv:1:8: a quoted name that does not end with a quote; close it"},
  };
}

std::vector<BadTable> bad_counts() {
  return {
      {"correct above total", counts("a,1,0,cat,11,10\n"),
       "t.csv:4:11: 11 correct of 10; no more than all can be correct"},
      {"negative", counts("a,1,0,cat,-1,10\n"),
       "t.csv:4:11: \"-1\" in column \"correct\" is negative; counts of test examples are whole numbers of at least 0"},
      {"negative zero", counts("a,1,0,cat,-0,10\n"),
       "t.csv:4:11: \"-0\" in column \"correct\" is not a whole number; counts of test examples are whole numbers of "
       "at "
       "least 0"},
      {"fraction", counts("a,1,0,cat,0.8,10\n"),
       "t.csv:4:11: \"0.8\" in column \"correct\" is not a whole number; counts of test examples are whole numbers of "
       "at "
       "least 0"},
      {"NaN", counts("a,1,0,cat,8,nan\n"),
       "t.csv:4:13: \"nan\" in column \"total\" is not finite; counts of test examples are whole numbers of at least "
       "0"},
      {"infinite", counts("a,1,0,cat,8,1e999\n"),
       "t.csv:4:13: \"1e999\" in column \"total\" is not finite; counts of test examples are whole numbers of at least "
       "0"},
      {"far too many", counts("a,1,0,cat,8,99999999999999999999\n"),
       "t.csv:4:13: \"99999999999999999999\" in column \"total\" is more than any test set has; counts of test "
       "examples "
       "are whole numbers of at least 0"},
      {"a word", counts("a,1,0,cat,eight,10\n"),
       "t.csv:4:11: \"eight\" in column \"correct\" is not a number; counts of test examples are whole numbers of at "
       "least 0"},
      {"empty count", counts("a,1,0,cat,,10\n"),
       "t.csv:4:11: \"\" in column \"correct\" is empty; counts of test examples are whole numbers of at least 0"},
      {"a class without examples", counts("a,1,0,cat,0,0\n"),
       "t.csv:4:13: no test example of class \"cat\"; two test examples of each class are the least that a variance "
       "can "
       "be estimated from"},
      {"a class with one example", counts("a,1,0,cat,0,1\n"),
       "t.csv:4:13: one test example of class \"cat\"; two test examples of each class are the least that a variance "
       "can be estimated from"},
      {"duplicate", counts("a,1,0,cat,8,10\na,1.0,0,dog,9,10\na,1,0,cat,8,10\n"),
       "t.csv:6:1: a(gamma=1) at seed 0, class \"cat\" is there already, in line 4; keep one of them"},
      {"missing class", counts("a,1,0,cat,8,10\n"),
       "t.csv:4: a(gamma=1) at seed 0, which begins here, has no row of class \"dog\" (first met in line 3); every "
       "seed "
       "of every method needs all classes"},
      {"totals differ", counts("a,1,0,cat,8,10\na,1,0,dog,9,12\n"),
       "t.csv:5: a(gamma=1) at seed 0 has 12 test examples of class \"dog\", but baseline at seed 0 has 10 (line 3); "
       "all "
       "methods of a seed must be tested on the same examples"},
      {"one class", std::string(kHeader) + "baseline,,0,cat,8,10\na,1,0,cat,8,10\n",
       "t.csv:2: every row has the class \"cat\"; at least two classes are needed"},
      {"wide baseline differs",
       wide("a,1,0,cat,8,10,9,10\na,1,0,dog,8,10,9,10\na,2,0,cat,7,10,9,10\na,2,0,dog,8,10,9,10\n"),
       "t.csv:4:11: the baseline has 7 of 10 here, but 8 of 10 in line 2; a seed has one baseline"},
      {"wide totals differ", wide("a,1,0,cat,8,10,9,11\na,1,0,dog,8,10,9,10\n"),
       "t.csv:2: a(gamma=1) at seed 0 has 11 test examples of class \"cat\", but baseline at seed 0 has 10 (line 2); "
       "all "
       "methods of a seed must be tested on the same examples"},
  };
}

std::vector<BadTable> bad_rows() {
  return {
      {"short row", counts("a,1,0,cat,8\n"),
       "t.csv:4:12: the row ends after 5 of 6 cells; every row needs as many as the header"},
      {"long row", counts("a,1,0,cat,8,10,7\n"),
       "t.csv:4:16: more than 6 cells; every row needs as many as the header"},
      {"empty line", counts("\na,1,0,cat,8,10\n"), "t.csv:4: an empty line between rows; delete it"},
      {"open quote", counts("a,1,0,\"cat,8,10\na,1,0,dog,9,10\n"),
       "t.csv:4:7: a quoted cell that does not end with a quote; close it"},
      {"endless quote", counts("a,1,0,\"cat" + std::string(1 << 17, 'x')),
       "t.csv:4: a row of more than 64 KiB; is a quote not closed in it, or is this no CSV file?"},
      {"no baseline", std::string(kHeader) + "a,1,0,cat,8,10\na,1,0,dog,9,10\n",
       "t.csv:3: no row has the method \"baseline\"; without its results there is nothing to compare with"},
      {"misspelt baseline", std::string(kHeader) + "Baseline,,0,cat,8,10\nBaseline,,0,dog,9,10\n",
       "t.csv:3: no row has the method \"baseline\", is it \"Baseline\"?; without its results there is nothing to "
       "compare "
       "with"},
      {"baseline alone", counts(""), "t.csv:3: no method besides the baseline; there is nothing to compare"},
      {"baseline with a hyperparameter", std::string(kHeader) + "baseline,2,0,cat,8,10\n",
       "t.csv:2:1: a baseline with hyperparameters, baseline(gamma=2); leave them empty, or name the method otherwise"},
      {"baseline rows in the wide form", wide("baseline,,0,cat,8,10,9,10\n"),
       "t.csv:2:1: a row of the method \"baseline\", which has columns of its own in this table; delete the row"},
      {"NaN as hyperparameter", counts("a,nan,0,cat,8,10\n"),
       "t.csv:4:3: \"nan\" in column \"gamma\" is not a finite number; leave the cell empty where a method has no such "
       "hyperparameter"},
      {"two arms of one name", counts("a,1,0,cat,8,10\na(gamma=1),,0,cat,8,10\n"),
       "t.csv:5:1: another method with other hyperparameters reads \"a(gamma=1)\" as well; rename one"},
      {"no method", counts(",1,0,cat,8,10\n"), "t.csv:4:1: an empty cell in column \"method\"; fill it in"},
      {"a seed that is none", counts("a,1,first,cat,8,10\n"),
       "t.csv:4:5: \"first\" in column \"seed\" is not a whole number of at least 0; number the seeds"},
      {"a class that is no text", counts("a,1,0,\xff,8,10\n"),
       "t.csv:4:7: \"\\xff\" in column \"class\" is not UTF-8 text; convert the file"},
      {"unknown label", predictions("baseline,0,1,1\nbaseline,0,2,2\na,0,1,1\na,0,2,3\n"),
       "t.csv:5: the prediction \"3\" is the label of no row; write labels and predictions alike"},
      {"one example of a class",
       predictions("baseline,0,1,1\nbaseline,0,1,2\nbaseline,0,2,2\na,0,1,1\na,0,1,1\na,0,2,2\n"),
       "t.csv:2: baseline at seed 0, which begins here, has one example of class \"2\"; two are the least that a "
       "variance can be estimated from"},
      {"another number of predictions",
       predictions(
           "baseline,0,1,1\nbaseline,0,1,2\nbaseline,0,2,2\nbaseline,0,2,2\na,0,1,1\na,0,1,1\na,0,2,2\na,0,2,2\n"
           "a,0,2,2\n"),
       "t.csv:8: a at seed 0 has 3 test examples of class \"2\", but baseline at seed 0 has 2 (line 4); all methods of "
       "a "
       "seed must be tested on the same examples"},
  };
}

class BadTables : public ::testing::TestWithParam<BadTable> {};

TEST_P(BadTables, GiveOneClearLine) {
  for (const size_t piece : {size_t{1} << 20, size_t{1}, size_t{7}}) {
    const StatusOr<ResultsTable> table = read_text(GetParam().text, piece);
    ASSERT_FALSE(table.ok());
    EXPECT_EQ(table.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(table.status().message(), GetParam().message);
  }
}

INSTANTIATE_TEST_SUITE_P(Headers, BadTables, ::testing::ValuesIn(bad_headers()));
INSTANTIATE_TEST_SUITE_P(Counts, BadTables, ::testing::ValuesIn(bad_counts()));
INSTANTIATE_TEST_SUITE_P(Rows, BadTables, ::testing::ValuesIn(bad_rows()));

TEST(BadTable, AColumnThatIsNoHyperparameterIsNamed) {
  std::string text = "method,example,seed,label,prediction\n";
  for (int i = 0; i < 1200; ++i) text += "a," + std::to_string(i) + ",0,1,1\n";
  const StatusOr<ResultsTable> table = read_text(text);
  EXPECT_EQ(table.status().message(),
            "t.csv:1002:1: more than 1000 methods with different hyperparameters; a column that is no hyperparameter "
            "must not be in the table: is \"example\" one?");
}

TEST(BadTable, AnUnknownPrimaryComparison) {
  const StatusOr<ResultsTable> table = read_text(counts("a,1,0,cat,8,10\na,1,0,dog,9,10\n"));
  ASSERT_TRUE(table.ok()) << table.status();
  AnalysisSpec analysis;
  analysis.primary = "a(gama=1)";
  EXPECT_EQ(results_of(*table, analysis).status().message(),
            "the primary comparison \"a(gama=1)\" is no method of the table; did you mean \"a(gamma=1)\"?");
  analysis.primary = "a(gamma=1)";
  EXPECT_TRUE(results_of(*table, analysis).ok());
}

}  // namespace
}  // namespace evensweep

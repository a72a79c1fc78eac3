#include "common/dataset/survey.h"

#include <gmock/gmock.h>

#include "common/dataset/catalogue.h"
#include "common/dataset/inspect.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TableSurvey survey_of(std::string_view text) {
  StatusOr<TableSurvey> survey = survey_csv("a.csv", text);
  EXPECT_TRUE(survey.ok()) << survey.status();
  return survey.ok() ? *std::move(survey) : TableSurvey();
}

std::string kinds(const TableSurvey& survey) {
  std::string words;
  for (const ColumnSurvey& column : survey.columns)
    words += (words.empty() ? "" : " ") + std::string(kind_word(column.kind));
  return words;
}

constexpr char kPeople[] =
    "id,age,job,size,land,note,income\n"
    "1,31,clerk,1.5,x,,low\n"
    "2,?,smith,2,x,,high\n"
    "3,45,clerk,3,x,NA,low\n"
    "4,50,NA,2.5,x,,high\n";

TEST(SurveyCsv, TellsWhatColumnsHold) {
  const TableSurvey survey = survey_of(kPeople);
  EXPECT_TRUE(survey.header);
  EXPECT_EQ(survey.rows, 4);
  EXPECT_EQ(kinds(survey), "identifier number category number constant empty category");
  EXPECT_EQ(survey.columns[1].missing, 1);
  EXPECT_THAT(survey.columns[1].missing_words, ElementsAre("?"));
  EXPECT_EQ(survey.columns[1].least, 31);
  EXPECT_EQ(survey.columns[1].most, 50);
  EXPECT_EQ(survey.columns[2].distinct, 2);
}

TEST(SurveyCsv, MostlyNumbersAreMixed) {
  std::string text = "x,label\n4 cm,a\n";
  for (int i = 0; i < 20; ++i) text += std::to_string(i * i) + (i % 2 == 0 ? ",a\n" : ",b\n");
  const TableSurvey survey = survey_of(text);
  EXPECT_EQ(survey.columns[0].kind, ColumnKind::kMixed);
  EXPECT_EQ(survey.columns[0].odd_cell, "\"4 cm\" in line 2");
}

TEST(SurveyCsv, SeesWhetherThereIsAHeader) {
  EXPECT_FALSE(survey_of("T,2,8\nI,5,12\n").header);
  EXPECT_FALSE(survey_of("a,b,a\nb,b,a\n").header) << "names of columns differ";
  EXPECT_TRUE(survey_of("0,1,label\n5.1,3.5,a\n").header) << "columns that are counted";
  EXPECT_THAT(survey_of("T,2,8\nI,5,12\n").columns[2].name, "c3");
}

TEST(SurveyCsv, BadFilesAreOneLine) {
  const auto error = [](std::string_view text) { return std::string(survey_csv("a.csv", text).status().message()); };
  EXPECT_EQ(error("a;b\n1;2\n"), "a.csv:1:2: \";\" between the cells; separate them with commas");
  EXPECT_EQ(error("a\n1\n"), "a.csv:1:1: only one column; a data set needs a label and features");
  EXPECT_EQ(error("a,b\n1\n"), "a.csv:2:1: 1 cells, but 2 in the first line; every row needs as many");
  EXPECT_EQ(error("a,b\n"), "a.csv:2:1: no rows below the header line; add data");
  EXPECT_EQ(error("a,b\ncaf\xe9,1\n"),
            "a.csv:2:1: not UTF-8; convert the file (iconv -f latin1 -t utf-8, for example)");
}

TEST(ProposeDataset, ReadsWhatSaysSomething) {
  const auto spec = propose_dataset(survey_of(kPeople), "people.csv", "income");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->name, "people");
  EXPECT_EQ(spec->columns,
            (CsvColumns{.label = "income",
                        .features = {"age", "job", "size"},
                        .categorical = {"job"},
                        .encoding = "one_hot",
                        .missing = {.values = {"?", "NA"}, .numeric = "median", .categorical = "own_level"},
                        .names = {}}));
}

TEST(ProposeDataset, FindsTheLabel) {
  const auto label = [](std::string_view text, const std::string& given = "") {
    const auto spec = propose_dataset(survey_of(text), "a.csv", given);
    return spec.ok() ? spec->columns.label : std::string(spec.status().message());
  };
  EXPECT_EQ(label("x,Class,y2\n1,a,3\n5,b,9\n"), "Class");
  EXPECT_EQ(label("x,kind\n1,a\n5,b\n"), "kind");
  EXPECT_EQ(label("T,2.5\nI,5.5\nT,8\n"), "c1");
  EXPECT_EQ(label("x,kind\n1.5,2\n5.5,1\n"), "kind");
  EXPECT_EQ(label("x,y2,z\n1,2,3\n"), "a.csv: no column looks like the classes; name it with --label");
  EXPECT_EQ(label("x,kind\n1,a\n5,b\n", "kidn"), "a.csv: no column \"kidn\" for the labels; did you mean \"kind\"?");
}

TEST(ChooseLabel, SaysWhy) {
  const auto why = [](std::string_view text, const char* given = "") {
    const auto choice = choose_label(survey_of(text), "a.csv", given);
    return choice.ok() ? choice->name + ": " + choice->why : std::string(choice.status().message());
  };
  EXPECT_EQ(why("x,Class\n1,a\n2,b\n"), "Class: its name is a usual one for them");
  EXPECT_EQ(why(kPeople), "income: it is the last column and has 2 different names");
  EXPECT_EQ(why(kPeople, "job"), "job: ");
  EXPECT_EQ(why(kPeople, "jib"), "a.csv: no column \"jib\" for the labels; did you mean \"job\"?");
}

TEST(Inspect, CountsWhatMakesResultsLookBetter) {
  Dataset data;
  data.rows = 6;
  data.width = 2;
  data.features = {1, 0, 1, 0, 1, 0, 2, 1, 3, 0, 2, 1};
  data.labels = {0, 0, 1, 1, 0, 1};
  data.class_names = {"a", "b"};
  data.feature_names = {"x", "job"};
  data.levels = {{}, {"clerk", "smith"}};
  const DatasetInspection found = inspect(data, {.train = {0, 4}, .validation = {1, 3}, .test = {2, 5}});
  EXPECT_EQ(found.duplicates, 2) << "row 1 as row 0, row 5 as row 3";
  EXPECT_EQ(found.contradictions, 1) << "row 2 as row 0 but for the label";
  EXPECT_EQ(found.validation_leaks, 1);
  EXPECT_EQ(found.test_leaks, 1);
  ASSERT_EQ(found.unseen.size(), 1U);
  EXPECT_EQ(found.unseen[0].column, "job");
  EXPECT_EQ(found.unseen[0].validation, 1);
  EXPECT_EQ(found.unseen[0].test, 1);
}

TEST(Catalogue, NamesAreFoundOrSuggested) {
  ASSERT_TRUE(find_known_dataset("satimage").ok());
  EXPECT_EQ(find_known_dataset("satimag").status().message(),
            "no data set \"satimag\" is known; did you mean \"satimage\"? evensweep data ls lists them");
  ASSERT_NE(known_dataset_of_file("cifar10/test_batch.bin"), nullptr);
  EXPECT_EQ(known_dataset_of_file("other.csv"), nullptr);
  for (const KnownDataset& dataset : known_datasets()) {
    EXPECT_FALSE(dataset.files.empty());
    EXPECT_EQ(dataset.originals.empty(), dataset.making == Making::kNone) << dataset.name;
    for (const KnownFile& file : dataset.files) EXPECT_EQ(file.sha256.size(), 64U) << file.path;
    for (const Original& original : dataset.originals) EXPECT_EQ(original.sha256.size(), 64U) << original.url;
  }
}

TEST(SatimageCsv, IsMadeOfBothParts) {
  std::string row, cells;
  for (int i = 0; i < 36; ++i) row += std::to_string(i) + " ", cells += std::to_string(i) + ",";
  const auto csv = satimage_csv(row + "7\n", row + "1\n" + row + "4\n");
  ASSERT_TRUE(csv.ok()) << csv.status();
  EXPECT_TRUE(csv->starts_with("b1_tl,b2_tl,b3_tl,b4_tl,b1_tm,"));
  EXPECT_TRUE(csv->ends_with("b4_br,label\n" + cells + "very_damp_grey_soil\n" + cells + "red_soil\n" + cells +
                             "damp_grey_soil\n"));
  EXPECT_EQ(satimage_csv(row + "7\n", row + "6\n").status().message(), "sat.tst:1:1: not 36 whole numbers and a class");
  EXPECT_EQ(satimage_csv("1 2\n", "").status().message(), "sat.trn:1:1: not 36 whole numbers and a class");
}

}  // namespace
}  // namespace evensweep

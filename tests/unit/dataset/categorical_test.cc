// Columns of names, missing values, and files without a header line.
#include <gmock/gmock.h>

#include <cmath>

#include "common/dataset/dataset.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::NanSensitiveFloatEq;

class Categorical : public ::testing::Test {
 protected:
  DatasetSpec spec(std::string_view text) {
    DatasetSpec made = csv_spec(folder_.write("a.csv", text));
    made.columns.categorical = {"colour"};
    return made;
  }
  Dataset load(const DatasetSpec& of) {
    StatusOr<Dataset> dataset = load_dataset(of);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return dataset.ok() ? *std::move(dataset) : Dataset();
  }
  // What is wrong, the path of the file left out.
  std::string error(const DatasetSpec& of) {
    const auto dataset = load_dataset(of);
    EXPECT_EQ(dataset.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(dataset.status().message()), path = of.train_files[0].path;
    return message.starts_with(path) ? message.substr(path.size()) : message;
  }

  TemporaryFolder folder_;
};

TEST_F(Categorical, NamesBecomeTheirPlacesInTheOrderOfTheirBytes) {
  const Dataset data = load(spec("colour,x,label\nred,1,a\nblue,2,b\n\"red\",3,a\n10,4,b\n"));
  EXPECT_THAT(data.levels, ElementsAre(ElementsAre("10", "blue", "red"), IsEmpty()));
  EXPECT_THAT(data.features, ElementsAre(2, 1, 1, 2, 2, 3, 0, 4));
}

TEST_F(Categorical, NamesOfAllFilesAreKnown) {
  DatasetSpec both = spec("colour,label\nred,a\nred,b\n");
  both.test_files = {{folder_.write("b.csv", "colour,label\nblue,a\n"), ""}};
  const Dataset data = load(both);
  EXPECT_THAT(data.levels, ElementsAre(ElementsAre("blue", "red")));
  EXPECT_THAT(data.features, ElementsAre(1, 1, 0));
}

TEST_F(Categorical, DeclaredMissingCellsAreTakenAsSuch) {
  DatasetSpec with = spec("colour,x,label\n?,1,a\nred,NA,b\n\"\",,b\n");
  with.columns.missing = {.values = {"?", "NA", ""}, .numeric = "mean", .categorical = "own_level"};
  const Dataset data = load(with);
  EXPECT_THAT(data.levels, ElementsAre(ElementsAre("", "red"), IsEmpty())) << "one name for all that is missing";
  EXPECT_THAT(data.facts, ElementsAre(DataFact{"missing numbers filled in", 2}, DataFact{"missing names", 2}));
  const float none = NAN;
  EXPECT_THAT(data.features,
              ElementsAre(Eq(0), Eq(1), Eq(1), NanSensitiveFloatEq(none), Eq(0), NanSensitiveFloatEq(none)));
}

TEST_F(Categorical, ANumberMayBeDeclaredMissingToo) {
  DatasetSpec with = spec("x,label\n-999,a\n-99,b\n");
  with.columns.categorical.clear();
  with.columns.missing = {.values = {"-999"}, .numeric = "median", .categorical = "error"};
  EXPECT_THAT(load(with).features, ElementsAre(NanSensitiveFloatEq(NAN), -99));
}

TEST_F(Categorical, TheLabelIsNeverMissing) {
  DatasetSpec with = spec("colour,label\nred,?\nred,\n");
  with.columns.missing = {.values = {"?", ""}, .numeric = "mean", .categorical = "own_level"};
  EXPECT_EQ(error(with), ":3:5: no label in column \"label\"; fill it in or delete the row")
      << "? is a class like any other word";
}

TEST_F(Categorical, WhatIsMissingWhereItMustNotBeIsRefused) {
  DatasetSpec with = spec("colour,x,label\nred,?,a\n?,1,b\n");
  with.columns.missing = {.values = {"?"}, .numeric = "error", .categorical = "own_level"};
  EXPECT_EQ(error(with),
            ":2:5: \"?\" in column \"x\" says that the number is missing; set columns.missing.numeric to mean or "
            "median, or delete the row");
  with.columns.missing = {.values = {"?"}, .numeric = "mean", .categorical = "error"};
  EXPECT_EQ(error(with),
            ":3:1: \"?\" in column \"colour\" says that the name is missing; set columns.missing.categorical to "
            "own_level, or delete the row");
}

TEST_F(Categorical, UndeclaredCellsAreOneErrorWithTheirPlace) {
  EXPECT_EQ(error(spec("colour,label\nred,a\n,b\n")),
            ":3:1: an empty cell in column \"colour\"; fill it in, delete the row, or declare empty cells missing "
            "(columns.missing.values)");
  EXPECT_EQ(error(spec("colour,label\nred,a\ncaf\xe9,b\n")),
            ":3:1: the name \"caf\\xe9\" is not UTF-8; convert the file");
  EXPECT_EQ(error(spec("colour,label\nred,a\nx\x1by,b\n")),
            ":3:1: a control character in the name \"x\\x1by\"; the file must be plain text (UTF-8)");
}

TEST_F(Categorical, ColumnsThatAreNotThereOrNotFeaturesAreRefused) {
  EXPECT_EQ(error(spec("color,label\nred,a\n")),
            ":1:1: no column \"colour\" for columns.categorical (did you mean \"color\"?); the columns are \"color\", "
            "\"label\"");
  DatasetSpec some = spec("colour,x,label\nred,1,a\n");
  some.columns.features = {"x"};
  EXPECT_EQ(error(some), ":1:1: the categorical column \"colour\" is no feature; list it in columns.features too");
  some.columns.features.clear();
  some.columns.categorical = {"label"};
  EXPECT_EQ(error(some), ":1:1: the categorical column \"label\" is the label; leave it out of columns.categorical");
  some.columns.categorical = {"colour", "colour"};
  EXPECT_EQ(error(some), ":1:1: the categorical column \"colour\" is named twice; name it once");
}

std::string rows_with_names(int names, int rows) {
  std::string text = "colour,label\n";
  for (int i = 0; i < rows; ++i) text += "n" + std::to_string(i % names) + "," + (i % 2 == 0 ? "a\n" : "b\n");
  return text;
}

TEST_F(Categorical, IdentifiersAreRefused) {
  EXPECT_THAT(load(spec(rows_with_names(51, 102))).levels[0].size(), Eq(51));
  EXPECT_EQ(error(spec(rows_with_names(51, 101))),
            ": 51 different names in the categorical column \"colour\" for 101 rows: it tells rows apart, not kinds of "
            "them; leave it out of columns.features");
}

TEST_F(Categorical, ManyNamesNeedEmbeddings) {
  DatasetSpec many = spec(rows_with_names(1001, 2002));
  EXPECT_EQ(error(many),
            ": 1001 different names in the categorical column \"colour\", more than 1000 are too many for one_hot; use "
            "encoding: embedding, or leave it out of columns.features");
  many.columns.encoding = "embedding";
  EXPECT_EQ(load(many).levels[0].size(), 1001U);
}

TEST_F(Categorical, AFileWithoutHeaderHasItsColumnsNamed) {
  DatasetSpec bare = spec("red,1,a\nblue,2,b\n");
  bare.columns.names = {"colour", "x", "label"};
  bare.test_files = {{folder_.write("b.csv", "red,3,b\n\n"), ""}};
  const Dataset data = load(bare);
  EXPECT_THAT(data.features, ElementsAre(1, 1, 0, 2, 1, 3));
  EXPECT_THAT(data.feature_names, ElementsAre("colour", "x"));
  EXPECT_EQ(data.train_file_rows, 2);
  bare.columns.names = {"colour", "x"};
  EXPECT_EQ(error(bare), ":1:1: no column \"label\" for the labels; the columns are \"colour\", \"x\"");
  bare.columns.names = {"colour", "label"};
  EXPECT_EQ(error(bare), ":1:7: more than 2 cells; every row needs as many as the header");
}

}  // namespace
}  // namespace evensweep

#include <gmock/gmock.h>

#include "common/dataset/dataset.h"
#include "tests/support/places.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using ::testing::ElementsAre;

class Csv : public ::testing::Test {
 protected:
  Dataset load(std::string_view text) { return load(csv_spec(folder_.write("a.csv", text))); }
  Dataset load(const DatasetSpec& spec) {
    StatusOr<Dataset> dataset = load_dataset(spec);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return dataset.ok() ? *std::move(dataset) : Dataset();
  }

  TemporaryFolder folder_;
};

TEST_F(Csv, ReadsFeaturesAndLabelsInFileOrder) {
  const Dataset data = load("x,label,y\n1,b,2\n3,a,4.5\n");
  EXPECT_EQ(data.rows, 2);
  EXPECT_EQ(data.width, 2);
  EXPECT_THAT(data.features, ElementsAre(1, 2, 3, 4.5F));
  EXPECT_THAT(data.feature_names, ElementsAre("x", "y"));
  EXPECT_THAT(data.class_names, ElementsAre("a", "b"));
  EXPECT_THAT(data.labels, ElementsAre(1, 0));
  EXPECT_EQ(data.train_file_rows, 2);
  EXPECT_TRUE(data.pixels.empty());
}

TEST_F(Csv, TakesCrLfByteOrderMarkBlanksQuotesAndNoLastNewline) {
  const Dataset data = load("\xEF\xBB\xBF\"x\", label \r\n 1.5 ,\"a, \"\"b\"\"\"\r\n\"2\",c\r\n3,c");
  EXPECT_THAT(data.features, ElementsAre(1.5F, 2, 3));
  EXPECT_THAT(data.class_names, ElementsAre("a, \"b\"", "c"));
}

TEST_F(Csv, PassesOverEmptyLinesAtTheEnd) { EXPECT_EQ(load("x,label\r\n1,a\r\n2,b\r\n\r\n \n").rows, 2); }

TEST_F(Csv, ReadsEveryUsualSpellingOfANumber) {
  const Dataset data = load("x,label\n-1,a\n+2.5,b\n1e3,a\n.5,a\n0.1,a\n123456789,a\n1e-60,a\n-0,a\n007,a\n");
  EXPECT_THAT(data.features, ElementsAre(-1, 2.5F, 1000, .5F, 0.1F, 123456789.0F, 0, -0.0F, 7));
}

TEST_F(Csv, OrdersWholeNumberLabelsAsNumbersAndOthersAsText) {
  EXPECT_THAT(load("x,label\n0,10\n0,9\n0,-1\n").class_names, ElementsAre("-1", "9", "10"));
  EXPECT_THAT(load("x,label\n0,10\n0,9\n0,b\n").class_names, ElementsAre("10", "9", "b"));
}

TEST_F(Csv, ClassesAreThoseOfAllFiles) {
  DatasetSpec spec = csv_spec(folder_.write("train.csv", "x,label\n1,c\n2,b\n"));
  spec.validation_files = {{folder_.write("validation.csv", "x,label\n3,a\n"), ""}};
  spec.test_files = {{folder_.write("test1.csv", "x,label\n4,b\n"), ""},
                     {folder_.write("test2.csv", "x,label\n5,d\n"), ""}};
  const Dataset data = load(spec);
  EXPECT_THAT(data.class_names, ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(data.labels, ElementsAre(2, 1, 0, 1, 3));
  EXPECT_EQ(data.train_file_rows, 2);
  EXPECT_EQ(data.validation_file_rows, 1);
  EXPECT_THAT(data.features, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(Csv, ReadsChosenFeaturesInTheirOrderAndNoOthers) {
  DatasetSpec spec = csv_spec(folder_.write("a.csv", "id,x,y,label\nr1,1,2,a\nr2,3,4,b\n"));
  spec.columns.features = {"y", "x"};
  const Dataset data = load(spec);
  EXPECT_THAT(data.feature_names, ElementsAre("y", "x"));
  EXPECT_THAT(data.features, ElementsAre(2, 1, 4, 3));
}

TEST_F(Csv, ReadsTheBundledDigits) {
  const Dataset data = load(csv_spec(source_dir() + "/sweeps/data/digits.csv"));
  EXPECT_EQ(data.rows, 1797);
  EXPECT_EQ(data.width, 64);
  EXPECT_THAT(data.class_names, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  double sum = 0;
  for (const float pixel : data.features) sum += pixel;
  EXPECT_EQ(sum, 561718);
}

}  // namespace
}  // namespace evensweep

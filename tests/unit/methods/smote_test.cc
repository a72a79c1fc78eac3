#include "sweeps/methods/smote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "common/base/rng.h"

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<double> kLine{0, 10, 11, 13, 50};  // five rows of one number

TableView line() { return {.values = kLine, .width = 1}; }

DrawSmote drawing(Rng& rng) {
  return [&rng](size_t pairs) { return SmoteDraw{.pair = rng.below(pairs), .step = rng.uniform()}; };
}

TEST(NearestNeighbours, AreInTheOrderOfTheirDistance) {
  EXPECT_THAT(nearest_neighbours(line(), 2), ElementsAre(1, 2, 2, 3, 1, 3, 2, 1, 3, 2));
}

TEST(NearestNeighbours, TakeTheEarlierRowOfTwoThatAreAsNearAndNeverTheRowItself) {
  const std::vector<double> same{1, 1, 1};
  EXPECT_THAT(nearest_neighbours({.values = same, .width = 1}, 2), ElementsAre(1, 2, 0, 2, 0, 1));
}

TEST(SmoteRows, LieBetweenARowAndTheNeighbourDrawn) {
  const std::vector<size_t> neighbours = nearest_neighbours(line(), 2);
  // Row 1 (10): neighbours 2 (11) and 3 (13). Pair 3 is its second one.
  EXPECT_THAT(smote_rows(line(), neighbours, std::vector<SmoteDraw>{{.pair = 3, .step = 0.5}, {.pair = 2, .step = 0}}),
              ElementsAre(11.5, 10));
}

TEST(SmoteNeighbourCount, IsKOrAllOthers) {
  EXPECT_EQ(smote_neighbour_count(10, 5), 5u);
  EXPECT_EQ(smote_neighbour_count(3, 5), 2u);
  EXPECT_EQ(smote_neighbour_count(1, 5), 0u);
  EXPECT_EQ(smote_neighbour_count(0, 5), 0u);
}

// One column of numbers and one of names.
const std::vector<double> kMixed{0, 1, 1, 1, 2, 2, 3, 2, 9, 1};
const std::vector<uint8_t> kSecondIsName{0, 1};

TableView mixed() { return {.values = kMixed, .width = 2, .nominal = kSecondIsName, .nominal_distance = 10}; }

TEST(SmoteNc, NamesThatDifferKeepRowsApart) {
  // Row 1 (1, name 1): row 0 and row 4 share its name; rows 2 and 3 are nearer by number alone.
  EXPECT_THAT(nearest_neighbours(mixed(), 2), ElementsAre(1, 4, 0, 4, 3, 1, 2, 1, 1, 0));
}

TEST(SmoteNc, NewRowsHaveTheNameOfMostNeighbours) {
  const std::vector<size_t> neighbours{2, 3, 1, 4, 3, 1, 4, 3, 0, 1, 2, 4, 2, 0, 1};
  // Row 0: its neighbours 2, 3, 1 are named 2, 2, 1. Row 2: 4, 3, 0 are named 1, 2, 1.
  const std::vector<SmoteDraw> draws{{.pair = 0, .step = 0.5}, {.pair = 7, .step = 0.5}};
  EXPECT_THAT(smote_rows(mixed(), neighbours, draws), ElementsAre(1, 2, 2.5, 1));
  const std::vector<size_t> two{2, 1, 0, 2, 3, 4, 0, 1, 1, 2};  // row 0: named 2 and 1
  EXPECT_THAT(smote_rows(mixed(), two, std::vector<SmoteDraw>{{.pair = 1, .step = 0}}), ElementsAre(0, 2))
      << "of two names as frequent, that of the nearer row";
}

TEST(SmoteNc, NamesAreApartByTheMedianDeviationOfTheNumbers) {
  EXPECT_DOUBLE_EQ(nominal_distance(mixed()), std::sqrt((9.0 + 4 + 1 + 0 + 36) / 5));
  const std::vector<uint8_t> all{1, 1};
  EXPECT_EQ(nominal_distance({.values = kMixed, .width = 2, .nominal = all}), 1);
}

RC_GTEST_PROP(Smote, GivesAsManyRowsAsWantedInsideTheirClass, ()) {
  constexpr size_t kWidth = 2;
  Rng rng(*rc::gen::arbitrary<uint64_t>(), "smote");
  std::vector<double> values;
  std::vector<int64_t> labels;
  const auto rows = *rc::gen::inRange<size_t>(6, 40);
  for (size_t i = 0; i < rows; ++i) {
    labels.push_back(static_cast<int64_t>(i % 3));
    for (size_t j = 0; j < kWidth; ++j) values.push_back(rng.uniform() + 10 * static_cast<double>(labels.back()));
  }
  const std::vector<int64_t> wanted{4, 0, 9};
  const TableView table{.values = values, .width = kWidth};
  const SyntheticRows made = smote(table, labels, wanted, *rc::gen::inRange<size_t>(1, 8), drawing(rng)).value();
  RC_ASSERT(std::count(made.labels.begin(), made.labels.end(), 0) == 4);
  RC_ASSERT(std::count(made.labels.begin(), made.labels.end(), 1) == 0);
  RC_ASSERT(std::count(made.labels.begin(), made.labels.end(), 2) == 9);
  RC_ASSERT(made.values.size() == made.labels.size() * kWidth);
  for (size_t i = 0; i < made.values.size(); ++i)
    RC_ASSERT(std::floor(made.values[i] / 10) == static_cast<double>(made.labels[i / kWidth]));
}

TEST(Smote, RepeatsTheOnlyRowOfAClass) {
  const std::vector<double> values{7, 8, 1, 2};
  const std::vector<int64_t> labels{1, 0}, wanted{2, 1};
  Rng rng(1, "smote");
  const SyntheticRows made = smote({.values = values, .width = 2}, labels, wanted, 5, drawing(rng)).value();
  EXPECT_THAT(made.values, ElementsAre(1, 2, 1, 2, 7, 8));
  EXPECT_THAT(made.labels, ElementsAre(0, 0, 1));
}

TEST(Smote, NamesWhatIsWrong) {
  Rng rng(1, "smote");
  const auto message = [&](std::vector<int64_t> labels, std::vector<int64_t> wanted, size_t k) {
    return std::string(smote(line(), labels, wanted, k, drawing(rng)).status().message());
  };
  EXPECT_THAT(message({0, 0, 0, 0, 0}, {1, 1}, 5), HasSubstr("class 1 has no training samples"));
  EXPECT_THAT(message({0, 0, 0, 0, 2}, {1, 1}, 5), HasSubstr("label 2 is none of 2 classes"));
  EXPECT_THAT(message({0, 0, 0, 0}, {1, 1}, 5), HasSubstr("one label is needed for each row"));
  EXPECT_THAT(message({0, 0, 0, 0, 1}, {1, 1}, 0), HasSubstr("at least one neighbour"));
}

}  // namespace
}  // namespace evensweep

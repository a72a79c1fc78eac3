#include "common/dataset/prepare.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <cmath>
#include <numeric>

namespace evensweep {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

// Two columns: numbers, and names out of three.
Dataset table(const std::vector<float>& numbers, const std::vector<float>& names) {
  Dataset data;
  data.rows = static_cast<int64_t>(numbers.size());
  data.width = 2;
  for (size_t i = 0; i < numbers.size(); ++i) data.features.insert(data.features.end(), {numbers[i], names[i]});
  data.levels = {{}, {"", "blue", "red"}};
  data.columns.missing.numeric = "mean";
  return data;
}

std::vector<float> column(const PreparedTable& table, size_t feature) {
  std::vector<float> values;
  for (size_t at = feature; at < table.values.size(); at += table.features()) values.push_back(table.values[at]);
  return values;
}

TEST(PrepareTable, MissingNumbersAreTheMeanOfTheTrainingRows) {
  const std::vector<uint32_t> train{0, 1, 2};
  const PreparedTable prepared = prepare_table(table({1, 3, NAN, 100, NAN}, {0, 0, 0, 0, 0}), train);
  EXPECT_THAT(column(prepared, 0), ElementsAre(-1, 1, 0, 98, 0)) << "mean 2 and deviation 1 of rows 0 and 1";
}

TEST(PrepareTable, OrTheirMedian) {
  const std::vector<uint32_t> odd{0, 1, 2, 4}, even{0, 1, 2, 3, 4};
  Dataset data = table({0, 0, 9, 3, NAN}, {0, 0, 0, 0, 0});
  data.columns.missing.numeric = "median";
  const float sd = std::sqrt(18.0F);
  EXPECT_THAT(column(prepare_table(data, odd), 0)[4], FloatEq(-3 / sd)) << "the middle one of 0, 0, 9, less mean 3";
  const float wide = std::sqrt(54.0F / 4);
  EXPECT_THAT(column(prepare_table(data, even), 0)[4], FloatEq((1.5F - 3) / wide)) << "between 0 and 3, less mean 3";
}

TEST(PrepareTable, AColumnOfWhichTrainingKnowsNothingSaysNothing) {
  const std::vector<uint32_t> train{0, 1};
  EXPECT_THAT(column(prepare_table(table({NAN, NAN, 5}, {0, 0, 0}), train), 0), ElementsAre(0, 0, 0));
}

TEST(PrepareTable, NamesThatNoTrainingRowHasAreZero) {
  const std::vector<uint32_t> train{0, 1};
  const PreparedTable prepared = prepare_table(table({0, 0, 0, 0}, {0, 2, 1, 2}), train);
  EXPECT_THAT(prepared.levels, ElementsAre(0, 3));
  EXPECT_THAT(column(prepared, 1), ElementsAre(1, 3, 0, 3));
}

TEST(PrepareTable, OneHotRows) {
  const std::vector<uint32_t> train{0, 1};
  const PreparedTable prepared = prepare_table(table({1, 3, 2}, {0, 2, 1}), train);
  ASSERT_EQ(one_hot_width(prepared), 4);
  std::vector<float> row(4, 7);
  const auto written = [&](size_t i) {
    write_one_hot(prepared, prepared.values.data() + 2 * i, row.data());
    return row;
  };
  EXPECT_THAT(written(0), ElementsAre(-1, 1, 0, 0));
  EXPECT_THAT(written(1), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(written(2), ElementsAre(0, 0, 0, 0)) << "a name that training does not know";
}

// Nothing of what other rows hold may leak into what is learned: changing them changes their own values alone.
TEST(PrepareTable, OtherRowsDoNotChangeWhatIsLearned) {
  EXPECT_TRUE(rc::check([](std::vector<int8_t> numbers, int8_t other) {
    RC_PRE(!numbers.empty());
    std::vector<float> values(numbers.begin(), numbers.end()), names(numbers.size() + 1, 1);
    for (float& value : values)
      if (value == 7) value = NAN;
    std::vector<uint32_t> train(values.size());
    std::iota(train.begin(), train.end(), 0U);
    values.push_back(0);
    const PreparedTable before = prepare_table(table(values, names), train);
    values.back() = other;
    names.back() = 2;
    const PreparedTable after = prepare_table(table(values, names), train);
    for (size_t i = 0; i + 2 < before.values.size(); ++i) RC_ASSERT(before.values[i] == after.values[i]);
    for (const float value : after.values) RC_ASSERT(std::isfinite(value));
  }));
}

}  // namespace
}  // namespace evensweep

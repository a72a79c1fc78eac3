#include "agent/trainer/name_swap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "agent/trainer/examples.h"

namespace evensweep {
namespace {

using testing::ElementsAre;

// Names of a and b with 27 as the space.
std::shared_ptr<const Dataset> names() {
  Dataset data;
  data.symbols = 29;
  data.space = 27;
  data.class_names = {"x", "y", "z"};
  data.text_begins = {0};
  const auto add = [&](std::vector<uint8_t> text, uint16_t label) {
    data.characters.insert(data.characters.end(), text.begin(), text.end());
    data.text_begins.push_back(data.characters.size());
    data.labels.push_back(label);
    ++data.rows;
  };
  add({1, 1, 27, 2}, 0);      // 0: "aa b"
  add({3, 27, 4, 27, 4}, 0);  // 1: "c d d"
  add({5}, 0);                // 2: "e"
  add({6, 27, 7}, 1);         // 3: "f g"
  add({8}, 2);                // 4: "h", and no other in its class
  return std::make_shared<const Dataset>(std::move(data));
}

constexpr auto kFirst = View::Part::kFirst;
constexpr auto kRest = View::Part::kRest;

TEST(NameSwap, TakesTheFirstWordOrTheRestOfAnother) {
  const auto data = names();
  EXPECT_THAT(swapped_text(*data, 0, {}), ElementsAre(1, 1, 27, 2));
  EXPECT_THAT(swapped_text(*data, 0, {.part = kFirst, .lender = 1}), ElementsAre(3, 27, 2));
  EXPECT_THAT(swapped_text(*data, 0, {.part = kRest, .lender = 1}), ElementsAre(1, 1, 27, 4, 27, 4));
  EXPECT_THAT(swapped_text(*data, 2, {.part = kFirst, .lender = 0}), ElementsAre(1, 1, 27, 5));
  EXPECT_THAT(swapped_text(*data, 2, {.part = kRest, .lender = 0}), ElementsAre(5, 27, 2));
}

TEST(NameSwap, LendersAreOfTheClassAndHaveTwoParts) {
  const auto data = names();
  const std::vector<uint32_t> training{0, 1, 2, 3, 4};
  const NameSwaps swaps(*data, training);
  std::set<uint32_t> lenders;
  for (int64_t step = 0; step < 50; ++step) {
    const std::vector<View> views = swaps.draw(training, std::vector<double>(5, 1.0), 1, 0, step);
    for (const uint32_t row : {0, 1, 2}) {
      EXPECT_NE(views[row].part, View::Part::kNone);
      lenders.insert(views[row].lender);
    }
    EXPECT_EQ(views[3].lender, 3u);
    EXPECT_EQ(views[4], View()) << "no name of its class has two parts";
  }
  EXPECT_THAT(lenders, ElementsAre(0, 1));
}

TEST(NameSwap, EveryRowHasItsOwnProbability) {
  const auto data = names();
  const std::vector<uint32_t> rows(4000, 0);
  const NameSwaps swaps(*data, std::vector<uint32_t>{0, 1});
  std::vector<double> probabilities(rows.size(), 0.25);
  const std::vector<View> views = swaps.draw(rows, probabilities, 1, 2, 3);
  EXPECT_EQ(views, swaps.draw(rows, probabilities, 1, 2, 3));
  EXPECT_NE(views, swaps.draw(rows, probabilities, 1, 2, 4));
  const auto count = [](const std::vector<View>& list, View::Part part) {
    return std::ranges::count(list, part, &View::part);
  };
  EXPECT_NEAR(static_cast<double>(count(views, kFirst)), 500, 80);
  EXPECT_NEAR(static_cast<double>(count(views, kRest)), 500, 80);
  probabilities[0] = 1;
  probabilities[1] = 0;
  std::vector<View> others = swaps.draw(rows, probabilities, 1, 2, 3);
  EXPECT_NE(others[0].part, View::Part::kNone);
  EXPECT_EQ(others[1].part, View::Part::kNone);
  EXPECT_TRUE(std::equal(others.begin() + 2, others.end(), views.begin() + 2)) << "those of other rows are as before";
}

TEST(Examples, TextsAreIndicesWithZerosAfterTheirEnds) {
  const Examples examples(names(), {.train = {0, 1, 2, 3, 4}});
  EXPECT_EQ(examples.shape(), (std::vector<int64_t>{5, 29}));
  const std::vector<uint32_t> rows{2, 3};
  const at::Tensor inputs = examples.inputs(rows, {}, {});
  EXPECT_TRUE(at::equal(inputs, at::tensor({5, 0, 0, 6, 27, 7}, at::kLong).view({2, 3}))) << inputs;
  const std::vector<View> views{{.part = kRest, .lender = 1}, {}};
  const at::Tensor swapped = examples.inputs(rows, views, {});
  EXPECT_TRUE(at::equal(swapped[0], at::tensor({5, 27, 4, 27, 4}, at::kLong))) << swapped;
}

}  // namespace
}  // namespace evensweep

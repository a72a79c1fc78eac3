#include "agent/trainer/class_views.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace evensweep {
namespace {

constexpr uint64_t kSeed = 5;

std::vector<int64_t> chosen_of(const ClassAugmentation& augmentation, std::span<const uint16_t> classes,
                               std::vector<View> views = {}) {
  return change_views(augmentation, classes, kSeed, 1, 2, views);
}

TEST(ChangeViews, ChoosesEachExampleWithTheProbabilityOfItsClass) {
  std::vector<uint16_t> classes;
  for (int i = 0; i < 3000; ++i) classes.push_back(static_cast<uint16_t>(i % 3));
  const std::vector<int64_t> chosen = chosen_of({.probabilities = {0, 0.25, 1}}, classes);
  std::vector<int64_t> count(3);
  for (const int64_t i : chosen) ++count[classes[static_cast<size_t>(i)]];
  EXPECT_EQ(count[0], 0);
  EXPECT_NEAR(static_cast<double>(count[1]), 250, 60);  // 4 standard deviations
  EXPECT_EQ(count[2], 1000);
  EXPECT_TRUE(std::ranges::is_sorted(chosen));
}

TEST(ChangeViews, DrawsForOneExampleDoNotDependOnOthers) {
  const std::vector<uint16_t> classes{0, 1, 0, 1, 0, 1, 0, 1};
  const ClassAugmentation some{.probabilities = {0.5, 0.5}, .flip = true, .crop_padding = 3};
  ClassAugmentation more = some;
  more.probabilities[0] = 1;
  std::vector<View> first(classes.size()), second(classes.size());
  change_views(some, classes, kSeed, 0, 0, first);
  change_views(more, classes, kSeed, 0, 0, second);
  for (size_t i = 1; i < classes.size(); i += 2) EXPECT_EQ(first[i], second[i]) << i;
}

TEST(ChangeViews, LeavesAloneWhatIsNotAskedFor) {
  const std::vector<uint16_t> classes(200, 0);
  const View own{.flip = false, .down = 9, .right = -9};
  std::vector<View> views(classes.size(), own);
  change_views({.probabilities = {1}, .flip = true}, classes, kSeed, 0, 0, views);
  const auto flipped = std::ranges::count_if(views, [](const View& v) { return v.flip; });
  EXPECT_NEAR(static_cast<double>(flipped), 100, 30);
  EXPECT_TRUE(std::ranges::all_of(views, [](const View& v) { return v.down == 9 && v.right == -9; }));

  std::ranges::fill(views, own);
  change_views({.probabilities = {1}, .crop_padding = 2}, classes, kSeed, 0, 0, views);
  const auto [least, most] = std::ranges::minmax(views, {}, &View::down);
  EXPECT_EQ(least.down, -2);
  EXPECT_EQ(most.down, 2);
  EXPECT_TRUE(std::ranges::none_of(views, &View::flip));

  std::ranges::fill(views, own);
  change_views({.probabilities = {0}, .flip = true, .crop_padding = 2}, classes, kSeed, 0, 0, views);
  EXPECT_TRUE(std::ranges::all_of(views, [&](const View& v) { return v == own; }));
}

TEST(AddNoise, IsWhiteAndOfTheChosenAlone) {
  at::Tensor inputs = at::zeros({4, 3, 64, 64});
  add_noise(inputs, {1, 3}, 0.5, {}, kSeed, 0, 0);
  EXPECT_EQ(inputs[0].abs().max().item<float>(), 0);
  EXPECT_EQ(inputs[2].abs().max().item<float>(), 0);
  for (const int64_t i : {1, 3}) {
    EXPECT_NEAR(inputs[i].mean().item<double>(), 0, 0.02);
    EXPECT_NEAR(inputs[i].std().item<double>(), 0.5, 0.02);
  }
  EXPECT_FALSE(at::equal(inputs[1], inputs[3]));
  at::Tensor again = at::zeros({4, 3, 64, 64}).to(at::MemoryFormat::ChannelsLast);
  add_noise(again, {1, 3}, 0.5, {}, kSeed, 0, 0);
  EXPECT_TRUE(at::equal(again, inputs)) << "whatever the memory layout";
  add_noise(again, {1}, 0.5, {}, kSeed, 0, 1);
  EXPECT_FALSE(at::equal(again[1], inputs[1] * 2)) << "each step has noise of its own";
}

TEST(AddNoise, LeavesNamesAlone) {
  at::Tensor inputs = at::zeros({2, 3});
  add_noise(inputs, {0, 1}, 1, at::tensor({1.F, 0.F, 1.F}), kSeed, 0, 0);
  EXPECT_TRUE(at::equal(inputs.select(1, 1), at::zeros({2})));
  EXPECT_EQ(at::count_nonzero(inputs).item<int64_t>(), 4);
}

}  // namespace
}  // namespace evensweep

#include "agent/trainer/examples.h"

#include <gtest/gtest.h>

#include <set>

namespace evensweep {
namespace {

std::shared_ptr<const Dataset> table() {
  Dataset data;
  data.rows = 4;
  data.width = 3;
  data.features = {1, 10, 0.1F, 3, 10, 0.1F, 100, 40, 7, 5, 10, 0.1F};
  data.labels = {0, 1, 0, 1};
  data.class_names = {"a", "b"};
  return std::make_shared<const Dataset>(std::move(data));
}

// Pixel (channel, y, x) has the value 100 * channel + 4 * y + x + 1.
std::shared_ptr<const Dataset> two_images() {
  Dataset data;
  data.rows = 2;
  data.channels = 2;
  data.height = data.image_width = 4;
  for (int image = 0; image < 2; ++image)
    for (int channel = 0; channel < 2; ++channel)
      for (int pixel = 1; pixel <= 16; ++pixel)
        data.pixels.push_back(static_cast<uint8_t>(20 * image + 100 * channel + pixel));
  data.labels = {1, 0};
  data.class_names = {"a", "b"};
  return std::make_shared<const Dataset>(std::move(data));
}

// The pixel values that the inputs were made from.
at::Tensor pixels_of(const at::Tensor& inputs) { return (inputs * 0.5 + 0.5).mul(255).round().to(at::kLong); }

TEST(Examples, TableIsStandardisedByItsTrainingRowsAlone) {
  const Examples examples(table(), {.train = {0, 1, 3}, .validation = {2}, .test = {2}});
  const std::vector<uint32_t> rows{0, 1, 3, 2};
  const at::Tensor inputs = examples.inputs(rows, {}, {});
  const double sd = std::sqrt(8.0 / 3);  // of 1, 3, 5
  const at::Tensor want = at::tensor({-2 / sd, 0.0, 2 / sd, 97 / sd}).to(at::kFloat);
  EXPECT_TRUE(at::allclose(inputs.select(1, 0), want)) << inputs;
  EXPECT_TRUE(at::equal(inputs.select(1, 1), at::tensor({0.F, 0.F, 0.F, 30.F})))
      << "constant in training: only centred";
  EXPECT_TRUE(at::allclose(inputs.select(1, 2), at::tensor({0.F, 0.F, 0.F, 6.9F}))) << inputs;
  EXPECT_TRUE(at::equal(examples.labels(rows, {}), at::tensor({0, 1, 1, 0}, at::kLong)));
}

TEST(Examples, NamesAreColumnsOfZeroAndOne) {
  Dataset data = *table();
  data.levels = {{}, {"blue", "green", "red"}, {}};
  data.features = {1, 0, 0, 3, 2, 0, 100, 1, 0, 5, 2, 0};
  const Examples examples(std::make_shared<const Dataset>(std::move(data)), {.train = {0, 1, 3}, .validation = {2}});
  EXPECT_EQ(examples.shape(), std::vector<int64_t>{5});
  const std::vector<uint32_t> rows{0, 1, 2};
  const at::Tensor names = examples.inputs(rows, {}, {}).narrow(1, 1, 3);
  EXPECT_TRUE(at::equal(names, at::tensor({1.F, 0.F, 0.F, 0.F, 0.F, 1.F, 0.F, 0.F, 0.F}).view({3, 3})))
      << "green is in no training row";
  EXPECT_TRUE(at::equal(examples.number_mask(), at::tensor({1.F, 0.F, 0.F, 0.F, 1.F})));
}

TEST(Examples, NamesToBeEmbeddedStayNumbers) {
  Dataset data = *table();
  data.levels = {{}, {"blue", "green", "red"}, {}};
  data.columns.categorical = {"y"};
  data.columns.encoding = "embedding";
  data.features = {1, 0, 0, 3, 2, 0, 100, 1, 0, 5, 2, 0};
  const Examples examples(std::make_shared<const Dataset>(std::move(data)), {.train = {0, 1, 3}, .validation = {2}});
  EXPECT_EQ(examples.shape(), std::vector<int64_t>{3});
  EXPECT_EQ(examples.levels(), (std::vector<int64_t>{0, 3, 0}));
  EXPECT_TRUE(at::equal(examples.number_mask(), at::tensor({1.F, 0.F, 1.F})));
  EXPECT_FALSE(Examples(table(), {.train = {0, 1}}).number_mask().defined()) << "all are numbers";
  const std::vector<uint32_t> rows{0, 1, 2};
  EXPECT_TRUE(at::equal(examples.inputs(rows, {}, {}).select(1, 1), at::tensor({1.F, 3.F, 0.F})));
}

TEST(Examples, SyntheticRowsHaveNamesOfTheirClass) {
  Dataset data;
  data.rows = 8;
  data.width = 2;
  data.levels = {{}, {"blue", "red"}};
  for (int i = 0; i < 8; ++i) {
    data.features.insert(data.features.end(), {static_cast<float>(i), i < 5 ? 0.F : 1.F});
    data.labels.push_back(i < 5 ? 0 : 1);
  }
  data.class_names = {"a", "b"};
  Examples examples(std::make_shared<const Dataset>(std::move(data)), {.train = {0, 1, 2, 3, 4, 5, 6, 7}});
  const std::vector<int64_t> quota{5, 7};
  ASSERT_TRUE(examples.synthesise(quota, 2, 1).ok());
  ASSERT_EQ(examples.training_rows().size(), 12U);
  const std::vector<uint32_t> made{8, 9, 10, 11};
  const at::Tensor inputs = examples.inputs(made, {}, {});
  EXPECT_TRUE(at::equal(inputs.narrow(1, 1, 2), at::tensor({0.F, 1.F}).expand({4, 2}))) << inputs;
}

TEST(Examples, ColourImagesAreNormalisedByTheUsualFigures) {
  Dataset data;
  data.rows = 1;
  data.channels = 3;
  data.height = data.image_width = 1;
  data.pixels = {0, 51, 255};
  data.labels = {0};
  data.class_names = {"a", "b"};
  const Examples examples(std::make_shared<const Dataset>(std::move(data)), {.train = {0}});
  const std::vector<uint32_t> rows{0};
  const at::Tensor want = at::tensor({-0.4914 / 0.2471, (0.2 - 0.4822) / 0.2435, (1 - 0.4465) / 0.2616}).to(at::kFloat);
  EXPECT_TRUE(at::allclose(examples.inputs(rows, {}, {}).flatten(), want));
}

TEST(Examples, BothMemoryLayoutsHoldTheSameImages) {
  const Examples examples(two_images(), {.train = {0, 1}});
  const std::vector<uint32_t> rows{1, 0};
  const at::Tensor plain = examples.inputs(rows, {}, {}), last = examples.inputs(rows, {}, {.channels_last = true});
  EXPECT_TRUE(last.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::equal(plain, last));
  EXPECT_EQ(pixels_of(plain)[0][1][2][3].item<int64_t>(), 20 + 100 + 12) << "row 1, channel 1, pixel (2, 3)";
}

TEST(Examples, ViewsCutAndMirror) {
  const Examples examples(two_images(), {.train = {0, 1}});
  const std::vector<uint32_t> rows{0, 0};
  const std::vector<View> views{{.flip = true}, {.down = -1, .right = 2}};
  for (const bool channels_last : {false, true}) {
    const at::Tensor pixels = pixels_of(examples.inputs(rows, views, {.channels_last = channels_last}));
    EXPECT_TRUE(at::equal(pixels[0], pixels_of(examples.inputs(rows, {}, {}))[0].flip({2})));
    const at::Tensor cut = at::tensor({0, 0, 0, 0, 3, 4, 0, 0, 7, 8, 0, 0, 11, 12, 0, 0}, at::kLong).view({4, 4});
    EXPECT_TRUE(at::equal(pixels[1][0], cut)) << pixels[1][0];
  }
}

TEST(Augmentation, ViewsAreAFunctionOfSeedEpochAndStep) {
  const AugmentationSpec both{.flip = true, .crop_padding = 2};
  EXPECT_EQ(draw_views(both, 1, 2, 3, 50), draw_views(both, 1, 2, 3, 50));
  EXPECT_NE(draw_views(both, 1, 2, 3, 50), draw_views(both, 1, 2, 4, 50));
  EXPECT_NE(draw_views(both, 1, 2, 3, 50), draw_views(both, 1, 3, 3, 50));
  EXPECT_NE(draw_views(both, 1, 2, 3, 50), draw_views(both, 2, 2, 3, 50));
  EXPECT_EQ(draw_views({}, 1, 2, 3, 2), std::vector<View>(2));
}

TEST(Augmentation, DrawsEveryPlaceAndBothSidesAboutEquallyOften) {
  const std::vector<View> views = draw_views({.flip = true, .crop_padding = 2}, 9, 0, 0, 20'000);
  std::set<std::pair<int, int>> places;
  int flips = 0;
  for (const View& view : views) {
    places.insert({view.down, view.right});
    flips += view.flip;
    ASSERT_LE(std::abs(view.down), 2);
    ASSERT_LE(std::abs(view.right), 2);
  }
  EXPECT_EQ(places.size(), 25u);
  EXPECT_NEAR(flips, 10'000, 400);
}

TEST(Examples, SyntheticRowsLieBetweenTrainingRowsOfTheirClass) {
  const SplitRows split{.train = {0, 1, 3}, .validation = {2}, .test = {2}};
  Examples examples(table(), split);
  const std::vector<int64_t> quota{1, 5};  // class 1 has the rows 1 and 3
  ASSERT_TRUE(examples.synthesise(quota, 5, /*seed=*/1).ok());
  EXPECT_EQ(examples.training_rows(), (std::vector<uint32_t>{0, 1, 3, 4, 5, 6}));
  EXPECT_EQ(examples.row_labels(), (std::vector<uint16_t>{0, 1, 0, 1, 1, 1, 1}));
  const at::Tensor ends = examples.inputs(std::vector<uint32_t>{1, 3}, {}, {});
  const at::Tensor made = examples.inputs(std::vector<uint32_t>{4, 5, 6}, {}, {});
  const at::Tensor step = (made.select(1, 0) - ends[0][0]) / (ends[1][0] - ends[0][0]);
  EXPECT_TRUE(((step >= 0) & (step <= 1)).all().item<bool>()) << step;
  EXPECT_TRUE(at::allclose(made, ends[0] + step.unsqueeze(1) * (ends[1] - ends[0]), 1e-5, 1e-6)) << made;
  EXPECT_TRUE(at::equal(examples.labels(std::vector<uint32_t>{0, 6}, {}), at::tensor({0, 1}, at::kLong)));

  Examples again(table(), split), other(table(), split);
  ASSERT_TRUE(again.synthesise(quota, 5, 1).ok());
  ASSERT_TRUE(other.synthesise(quota, 5, 2).ok());
  EXPECT_TRUE(at::equal(again.inputs(std::vector<uint32_t>{4, 5, 6}, {}, {}), made));
  EXPECT_FALSE(at::equal(other.inputs(std::vector<uint32_t>{4, 5, 6}, {}, {}), made));
}

TEST(Examples, ImagesAreSynthesisedAfterThoseOfTheDataSet) {
  Examples examples(two_images(), {.train = {0, 1}});
  ASSERT_TRUE(examples.synthesise(std::vector<int64_t>{2, 1}, 5, 1).ok());
  EXPECT_EQ(examples.training_rows(), (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_EQ(examples.row_labels(), (std::vector<uint16_t>{1, 0, 0}));
  const std::vector<uint32_t> rows{1, 2};
  const at::Tensor pixels = pixels_of(examples.inputs(rows, {}, {}));
  EXPECT_TRUE(at::equal(pixels[0], pixels[1])) << "the only image of its class";
  const std::vector<int64_t> none_to_start_from{1, 3};
  Examples lacking(two_images(), {.train = {1}});
  EXPECT_TRUE(absl::IsInvalidArgument(lacking.synthesise(none_to_start_from, 5, 1)));
}

}  // namespace
}  // namespace evensweep

// SMOTE of images, in pixels and in features.
#include "agent/trainer/feature_smote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "agent/trainer/image_smote.h"
#include "agent/trainer/neighbours.h"
#include "common/base/rng.h"
#include "sweeps/methods/smote.h"

namespace evensweep {
namespace {

std::vector<double> drawn(size_t count, uint64_t seed) {
  Rng rng(seed, "test");
  std::vector<double> values(count);
  for (double& value : values) value = rng.uniform();
  return values;
}

// The definition by loops has oracles of its own (smote_test).
TEST(NearestRows, AreThoseOfTheDefinition) {
  constexpr int64_t kRows = 700, kWidth = 5, kNeighbours = 4;  // more rows than are taken at once
  const std::vector<double> values = drawn(kRows * kWidth, 1);
  const std::vector<size_t> want = nearest_neighbours({.values = values, .width = kWidth}, kNeighbours);
  const at::Tensor table = at::tensor(values, at::kDouble).view({kRows, kWidth}).to(at::kFloat);
  const at::Tensor got = nearest_rows(table, at::arange(kRows, at::kLong), kNeighbours);
  const auto* found = got.const_data_ptr<int64_t>();
  for (size_t i = 0; i < want.size(); ++i) ASSERT_EQ(found[i], static_cast<int64_t>(want[i])) << i;
  EXPECT_TRUE(at::equal(nearest_rows(table, at::tensor({9, 3}, at::kLong), kNeighbours),
                        got.index_select(0, at::tensor({9, 3}, at::kLong))));
}

// Three classes of 8, 4 and 1 images of 2 x 2 pixels.
std::shared_ptr<const Dataset> images() {
  Dataset data;
  data.rows = 13;
  data.channels = 1;
  data.height = data.image_width = 2;
  data.class_names = {"a", "b", "c"};
  Rng rng(3, "images");
  for (int row = 0; row < 13; ++row) {
    data.labels.push_back(row < 8 ? 0 : row < 12 ? 1 : 2);
    for (int pixel = 0; pixel < 4; ++pixel) data.pixels.push_back(static_cast<uint8_t>(rng.below(256)));
  }
  return std::make_shared<const Dataset>(std::move(data));
}

SplitRows all_train() {
  SplitRows split;
  for (uint32_t row = 0; row < 13; ++row) split.train.push_back(row);
  split.validation = split.test = split.train;
  return split;
}

TEST(SmoteImages, LieBetweenTwoImagesOfTheClass) {
  const auto data = images();
  const SyntheticImages made = smote_images(*data, all_train().train, std::vector<int64_t>{-2, 40, 3}, 2, 7).value();
  ASSERT_EQ(made.labels.size(), 43u);
  ASSERT_EQ(made.pixels.size(), 43u * 4);
  EXPECT_EQ(std::ranges::count(made.labels, 1), 40);
  const auto image = [](const std::vector<uint8_t>& pixels, size_t i) {
    return std::vector<uint8_t>(pixels.begin() + static_cast<ptrdiff_t>(4 * i),
                                pixels.begin() + static_cast<ptrdiff_t>(4 * i + 4));
  };
  for (size_t i = 0; i < 40; ++i) {
    const std::vector<uint8_t> x = image(made.pixels, i);
    bool between = false;
    for (size_t a = 8; a < 12; ++a)
      for (size_t b = 8; b < 12; ++b) {
        const std::vector<uint8_t> p = image(data->pixels, a), q = image(data->pixels, b);
        bool all = a != b;
        for (size_t k = 0; k < 4; ++k) all = all && std::min(p[k], q[k]) <= x[k] && x[k] <= std::max(p[k], q[k]);
        between = between || all;
      }
    EXPECT_TRUE(between) << i;
  }
  for (size_t i = 40; i < 43; ++i)
    EXPECT_EQ(image(made.pixels, i), image(data->pixels, 12)) << "a single row is repeated";
  EXPECT_EQ(smote_images(*data, all_train().train, std::vector<int64_t>{-2, 40, 3}, 2, 7)->pixels, made.pixels);
  EXPECT_NE(smote_images(*data, all_train().train, std::vector<int64_t>{-2, 40, 3}, 2, 8)->pixels, made.pixels);
  EXPECT_FALSE(smote_images(*data, std::vector<uint32_t>{0, 1}, std::vector<int64_t>{0, 1, 0}, 2, 7).ok());
}

TEST(SmoteImages, AreSeenLikeOthers) {
  Examples examples(images(), all_train());
  ASSERT_TRUE(examples.synthesise(std::vector<int64_t>{8, 4, 2}, 5, 1).ok());
  ASSERT_EQ(examples.training_rows().size(), 14u);
  const std::vector<uint32_t> rows{13, 12};
  const at::Tensor inputs = examples.inputs(rows, {}, {});
  EXPECT_TRUE(at::equal(inputs[0], inputs[1])) << "the only row of its class, repeated";
  EXPECT_TRUE(at::equal(examples.labels(rows, {}), at::tensor({2, 2}, at::kLong)));
}

std::unique_ptr<Model> mlp() { return make_model({.name = "mlp", .hidden = {6}}, {1, 2, 2}, 3, 1, {}).value(); }

TEST(FeatureSmote, FillsTheQuotasWithNewRowsBetweenNeighbours) {
  const Examples examples(images(), all_train());
  FeatureSmote smote(examples, {5, 6, 2}, 2, 4);
  const auto model = mlp();
  const std::vector<uint32_t> rows = smote.epoch_rows(*model, {}, 3);
  ASSERT_EQ(rows.size(), 13u);
  const FeatureSmote::Batch batch = smote.batch(rows);
  ASSERT_TRUE(batch.mixing);
  EXPECT_EQ(batch.mixing->examples, 13);
  EXPECT_EQ(batch.rows.size(), 13u + 3) << "two new rows of class b and one of c";
  std::map<uint16_t, int> count;
  for (size_t i = 0; i < 13; ++i) ++count[examples.row_labels()[batch.rows[i]]];
  EXPECT_THAT(count, testing::ElementsAre(testing::Pair(0, 5), testing::Pair(1, 6), testing::Pair(2, 2)));
  const auto* position = batch.mixing->positions.const_data_ptr<int64_t>();
  const auto* partner = batch.mixing->partners.const_data_ptr<int64_t>();
  for (int i = 0; i < 3; ++i) {
    const uint32_t first = batch.rows[static_cast<size_t>(position[i])];
    const uint32_t second = batch.rows[static_cast<size_t>(partner[i])];
    EXPECT_EQ(examples.row_labels()[first], examples.row_labels()[second]);
    EXPECT_EQ(first == second, first == 12) << "only the single row is its own partner";
  }
  EXPECT_NE(smote.epoch_rows(*model, {}, 4), rows);
  EXPECT_EQ(smote.epoch_rows(*model, {}, 3), rows);
}

TEST(FeatureSmote, MixesWhatTheLastLayerGets) {
  const Examples examples(images(), all_train());
  const auto model = mlp();
  const std::vector<uint32_t> rows{8, 9, 10};
  const at::Tensor inputs = examples.inputs(rows, {}, {});
  const Mixing mixing{.examples = 2,
                      .positions = at::tensor({1}, at::kLong),
                      .partners = at::tensor({2}, at::kLong),
                      .steps = at::full({1, 1}, 0.25F)};
  const at::Tensor got = model->forward(inputs, /*training=*/true, &mixing);
  ASSERT_EQ(got.size(0), 2);
  const at::Tensor plain = model->forward(inputs, /*training=*/true);
  EXPECT_TRUE(at::allclose(got[0], plain[0]));
  EXPECT_TRUE(at::allclose(got[1], 0.75 * plain[1] + 0.25 * plain[2], 1e-5, 1e-6)) << "the last layer is linear";
}

}  // namespace
}  // namespace evensweep

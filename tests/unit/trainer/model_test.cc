#include "agent/trainer/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "common/model/model_description.h"

namespace evensweep {
namespace {

using testing::HasSubstr;
const std::vector<int64_t> kImage{3, 32, 32};

std::unique_ptr<Model> made(const ModelSpec& spec, const std::vector<int64_t>& shape, int64_t classes,
                            uint64_t seed = 1, const Execution& execution = {}) {
  auto model = make_model(spec, shape, classes, seed, execution);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

at::Tensor& tensor_of(const std::vector<NamedTensor>& list, const std::string& name) {
  for (const NamedTensor& named : list)
    if (named.name == name) return const_cast<at::Tensor&>(named.tensor);
  throw std::out_of_range(name);
}

TEST(Model, ParameterCountsAreThoseOfThePapers) {
  EXPECT_EQ(made({.name = "mlp", .hidden = {64}}, {64}, 10)->parameter_count(), 64 * 64 + 64 + 64 * 10 + 10);
  EXPECT_EQ(made({.name = "mlp"}, {4}, 3)->parameter_count(), 15);
  // Stem, two blocks of a norm and two linear layers, norm, output.
  EXPECT_EQ(made({.name = "resmlp", .width = 8, .blocks = 2}, {4}, 3)->parameter_count(),
            (4 * 8 + 8) + 2 * (16 + 2 * (8 * 8 + 8)) + 16 + (8 * 3 + 3));
  // He et al. 2016, table 6: 0.27 M. 272,474 would be with 1 x 1 convolutions as shortcuts.
  EXPECT_EQ(made({.name = "resnet20"}, kImage, 10)->parameter_count(), 269'722);
  EXPECT_EQ(made({.name = "resnet18"}, kImage, 10)->parameter_count(), 11'173'962);
  EXPECT_EQ(made({.name = "resnet9", .width = 64}, kImage, 10)->parameter_count(), 6'573'130);
  EXPECT_EQ(made({.name = "peifer_cnn"}, kImage, 10)->parameter_count(), 437'802);
}

TEST(Model, GivesALogitForEachClassInFloat32) {
  for (const ModelDescription& description : known_models()) {
    if (description.from_file) continue;
    const Inputs takes = description.takes.back();
    const std::vector<int64_t> shape = takes == Inputs::kImages ? kImage
                                       : takes == Inputs::kText ? std::vector<int64_t>{12, 29}
                                                                : std::vector<int64_t>{12};
    const at::Tensor input = takes == Inputs::kImages ? at::rand({2, 3, 32, 32})
                             : takes == Inputs::kText ? at::ones({2, 12}, at::kLong)
                                                      : at::rand({2, 12});
    for (const bool bf16 : {false, true}) {
      const auto model = made(default_model(description), shape, 7, 1,
                              {.bf16 = bf16, .channels_last = bf16 && takes == Inputs::kImages});
      const at::Tensor logits = model->forward(input, /*training=*/false);
      EXPECT_EQ(logits.sizes(), (std::vector<int64_t>{2, 7})) << description.name;
      EXPECT_EQ(logits.scalar_type(), at::kFloat) << description.name;
    }
  }
}

TEST(Model, MlpComputesWhatItsFormulaSays) {
  const auto model = made({.name = "mlp", .hidden = {2}}, {2}, 2);
  const at::NoGradGuard no_grad;
  tensor_of(model->parameters(), "hidden1.weight").copy_(at::tensor({1.F, 2.F, -3.F, 1.F}).view({2, 2}));
  tensor_of(model->parameters(), "hidden1.bias").copy_(at::tensor({0.5F, 0.F}));
  tensor_of(model->parameters(), "output.weight").copy_(at::tensor({2.F, 1.F, 0.F, -1.F}).view({2, 2}));
  tensor_of(model->parameters(), "output.bias").copy_(at::tensor({0.F, 10.F}));
  // x = (1, 1): hidden relu(3.5, -2) = (3.5, 0), logits (7, 10). x = (-1, 0): hidden (0, 3), logits (3, 7).
  const at::Tensor logits = model->forward(at::tensor({1.F, 1.F, -1.F, 0.F}).view({2, 2}), false);
  EXPECT_TRUE(at::equal(logits, at::tensor({7.F, 10.F, 3.F, 7.F}).view({2, 2}))) << logits;
}

TEST(Model, ResmlpLooksNamesUpToo) {
  const ModelSpec spec{.name = "resmlp", .width = 8, .blocks = 1};
  const auto model = made(spec, {3}, 2, 1, {.levels = {0, 4, 0}}), plain = made(spec, {4}, 2);
  EXPECT_EQ(model->parameter_count(), plain->parameter_count() + 5 * 2) << "two numbers and a vector of two";
  const at::Tensor inputs = at::tensor({1.F, 1.F, 1.F, 1.F, 2.F, 1.F, 1.F, 0.F, 1.F}).view({3, 3});
  const at::Tensor logits = model->forward(inputs, /*training=*/false);
  EXPECT_FALSE(at::equal(logits[0], logits[1])) << "another name";
  EXPECT_FALSE(at::equal(logits[0], logits[2])) << "a name that training does not know";
}

TEST(Model, NamesAreLookedUpInLearnedVectors) {
  // A number, and one of four names (a vector of two numbers each).
  const auto model = made({.name = "mlp"}, {2}, 2, 1, {.levels = {0, 4}});
  EXPECT_EQ(model->parameter_count(), 5 * 2 + 3 * 2 + 2) << "vectors and their zeros, output layer of three inputs";
  const at::Tensor vectors = tensor_of(model->parameters(), "embedding1.weight");
  EXPECT_TRUE(at::equal(vectors[0], at::zeros({2})));
  const at::Tensor weight = tensor_of(model->parameters(), "output.weight");
  const at::Tensor logits = model->forward(at::tensor({0.5F, 0.F, 0.5F, 3.F}).view({2, 2}), /*training=*/true);
  EXPECT_TRUE(at::allclose(logits[0], weight.select(1, 0) * 0.5)) << "a name that training does not know is zeros";
  EXPECT_TRUE(at::allclose(logits[1], weight.matmul(at::cat({at::tensor({0.5F}), vectors[3]}))));
  logits.pow(2).sum().backward();
  const at::Tensor gradient = vectors.grad();
  EXPECT_TRUE(at::equal(gradient[0], at::zeros({2}))) << "and stays so";
  EXPECT_FALSE(at::equal(gradient[3], at::zeros({2})));
  EXPECT_TRUE(at::equal(gradient[1], at::zeros({2}))) << "names that are not in the batch do not move";
}

TEST(Model, CosineLogitsAreCosinesOfTheLastLayersAngles) {
  const auto model = made({.name = "mlp"}, {2}, 2, 1, {.cosine_logits = true});
  const at::NoGradGuard no_grad;
  tensor_of(model->parameters(), "output.weight").copy_(at::tensor({2.F, 0.F, 3.F, 3.F}).view({2, 2}));
  tensor_of(model->parameters(), "output.bias").copy_(at::tensor({5.F, -5.F}));
  const at::Tensor logits = model->forward(at::tensor({0.F, 7.F, 0.F, 0.F}).view({2, 2}), false);
  const float diagonal = std::sqrt(0.5F);
  EXPECT_TRUE(at::allclose(logits, at::tensor({0.F, diagonal, 0.F, 0.F}).view({2, 2}), 1e-6, 1e-7)) << logits;
}

// With the second convolution of each block at zero, a block gives relu(shortcut): what a pixel of the stem becomes can
// be followed by hand.
TEST(Model, ResnetShortcutHalvesTheImageAndAddsEmptyChannels) {
  const auto model = made({.name = "resnet20"}, kImage, 10);
  const at::NoGradGuard no_grad;
  for (const NamedTensor& parameter : model->parameters()) {
    at::Tensor tensor = parameter.tensor;
    if (tensor.dim() == 4 || tensor.dim() == 2) tensor.zero_();
  }
  // Stem: channel 0 copies red. Output: logit c = mean of feature channel c.
  tensor_of(model->parameters(), "stem.conv.weight")[0][0][1][1] = 1;
  tensor_of(model->parameters(), "output.weight").narrow(1, 0, 10).copy_(at::eye(10));
  at::Tensor image = at::zeros({1, 3, 32, 32});
  image[0][0][4][8] = 64;   // kept by both halvings
  image[0][0][4][10] = 32;  // lost by the second
  image[0][0][5][8] = 32;   // lost by the first
  const at::Tensor logits = model->forward(image, false);
  EXPECT_NEAR(logits[0][0].item<float>(), 1, 1e-4) << "64 over 8 x 8 places";
  EXPECT_EQ(logits[0].slice(0, 1).abs().sum().item<float>(), 0.F);
}

// With the first convolution's bias at -1 and the rest of block 1 at zero, a ReLU between the two convolutions would
// hide the bias from the second; the network has none there.
TEST(Model, PeiferSecondConvolutionReadsTheNormalisedOutputBeforeTheRelu) {
  const auto model = made({.name = "peifer_cnn"}, kImage, 10);
  const at::NoGradGuard no_grad;
  tensor_of(model->parameters(), "block1.conv1.weight").zero_();
  tensor_of(model->parameters(), "block1.conv1.bias").fill_(-1);
  tensor_of(model->parameters(), "block1.conv2.bias").zero_();
  const at::Tensor second = tensor_of(model->parameters(), "block1.conv2.weight");
  const at::Tensor image = at::zeros({1, 3, 32, 32});
  second.zero_();
  const at::Tensor without = model->forward(image, false).clone();
  second.select(2, 1).select(2, 1).fill_(-1);  // sums 32 channels of -1: + 32 before the ReLU
  EXPECT_FALSE(at::allclose(model->forward(image, false), without));
}

TEST(Model, InitialWeightsAreAFunctionOfTheSeedAlone) {
  const ModelSpec spec{.name = "resnet20"};
  const auto a = made(spec, kImage, 10, 3), same = made(spec, kImage, 10, 3, {.channels_last = true}),
             other = made(spec, kImage, 10, 4);
  for (size_t i = 0; i < a->parameters().size(); ++i)
    EXPECT_TRUE(at::equal(a->parameters()[i].tensor, same->parameters()[i].tensor)) << a->parameters()[i].name;
  EXPECT_FALSE(at::equal(a->parameters()[0].tensor, other->parameters()[0].tensor));
}

TEST(Model, OnlyModelsThatAreLargeEnoughUseMoreThanOneThread) {
  const auto threads = [](const ModelSpec& spec, const std::vector<int64_t>& shape) {
    return made(spec, shape, 10)->useful_threads(/*threads=*/2, /*batch=*/128);
  };
  EXPECT_EQ(threads({.name = "mlp", .hidden = {128}}, {16}), 1);
  EXPECT_EQ(threads({.name = "mlp", .hidden = {512, 512}}, {16}), 2);
  EXPECT_EQ(threads({.name = "resnet20"}, kImage), 2);
}

TEST(Model, InitialSpreadIsThatOfHe) {
  const auto model = made({.name = "mlp", .hidden = {400}}, {300}, 10);
  const at::Tensor weight = tensor_of(model->parameters(), "hidden1.weight");
  EXPECT_NEAR(weight.std().item<double>(), std::sqrt(2.0 / 300), 0.001);
  EXPECT_EQ(tensor_of(model->parameters(), "hidden1.bias").abs().sum().item<float>(), 0.F);
  const auto cnn = made({.name = "peifer_cnn"}, kImage, 10);
  EXPECT_NEAR(tensor_of(cnn->parameters(), "hidden.weight").abs().max().item<double>(), std::sqrt(1.0 / 1152), 1e-5);
}

TEST(Model, RefusesWhatItCannotTake) {
  const auto table = make_model({.name = "resnet20"}, {64}, 10, 1, {});
  EXPECT_THAT(std::string(table.status().message()), HasSubstr("resnet20: needs images"));
  const auto small = make_model({.name = "peifer_cnn"}, {3, 8, 8}, 10, 1, {});
  EXPECT_THAT(std::string(small.status().message()), HasSubstr("8 x 8 pixels are too small"));
  const auto message = [](const ModelSpec& spec, const std::vector<int64_t>& shape) {
    return std::string(make_model(spec, shape, 10, 1, {}).status().message());
  };
  EXPECT_EQ(message({.name = "resmlp", .width = 8, .blocks = 1}, kImage),
            "model resmlp: needs a table, but the data set has images; use mlp, resnet20, resnet18, resnet9, "
            "peifer_cnn");
  EXPECT_EQ(message({.name = "resmlp", .width = 8}, {4}), "model resmlp: blocks 0 is not from 1 to 64");
  EXPECT_EQ(message({.name = "mlp", .hidden = {8, 0}}, {4}), "model mlp: hidden 0 is not from 1 to 65536");
  EXPECT_EQ(message({.name = "mlp", .dropout = 1}, {4}), "model mlp: dropout 1 is not from 0 to below 1");
  EXPECT_THAT(message({.name = "vgg"}, kImage), HasSubstr("\"vgg\" is not known; known are mlp, resmlp, resnet20"));
}

}  // namespace
}  // namespace evensweep

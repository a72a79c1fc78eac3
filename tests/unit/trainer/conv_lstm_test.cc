#include <gtest/gtest.h>

#include <cmath>

#include "agent/trainer/model.h"
#include "agent/trainer/recurrence.h"

namespace evensweep {
namespace {

const std::vector<int64_t> kNames{30, 29};

ModelSpec spec_of(const std::string& padding = "packed") {
  return {.name = "conv_lstm",
          .dropout = 0.5,
          .width = 200,
          .embedding = 200,
          .channels = 64,
          .layers = 2,
          .padding = padding};
}

std::unique_ptr<Model> made(const ModelSpec& spec, int64_t classes = 5, const Execution& execution = {}) {
  auto model = make_model(spec, kNames, classes, 1, execution);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

at::Tensor names(const std::vector<std::string>& list, size_t length = 0) {
  for (const std::string& name : list) length = std::max(length, name.size());
  at::Tensor batch = at::zeros({static_cast<int64_t>(list.size()), static_cast<int64_t>(length)}, at::kLong);
  for (size_t i = 0; i < list.size(); ++i)
    for (size_t k = 0; k < list[i].size(); ++k)
      batch[static_cast<int64_t>(i)][static_cast<int64_t>(k)] = list[i][k] == ' ' ? 27 : list[i][k] - 'a' + 1;
  return batch;
}

at::Tensor tensor(const Model& model, const std::string& name) {
  for (const NamedTensor& parameter : model.parameters())
    if (parameter.name == name) return parameter.tensor;
  throw std::out_of_range(name);
}

const std::vector<std::string> kList{"liu qingxia", "al", "oh mi ja", "barbora prudkova", "x", "anna", "eva"};

TEST(ConvLstm, HasThePublishedNumberOfParameters) {
  EXPECT_EQ(made(spec_of())->parameter_count(), 579'669);
  EXPECT_EQ(made(spec_of(), 20)->parameter_count(), 579'669 + 15 * 201);
}

// The network as PyTorch's own layers compute it, one text at a time.
at::Tensor plain_logits(const Model& model, at::Tensor text) {
  const auto parameter = [&](const char* name) { return tensor(model, name); };
  at::Tensor x = at::embedding(parameter("embedding.weight"), text).t().unsqueeze(0);
  x = at::relu(at::conv1d(x, parameter("conv.weight"), parameter("conv.bias"))).transpose(1, 2);
  std::vector<at::Tensor> weights;
  for (const char* layer : {"_l0", "_l1"})
    for (const char* name : {"weight_ih", "weight_hh", "bias_ih", "bias_hh"})
      weights.push_back(parameter(("lstm." + std::string(name) + layer).c_str()));
  const at::Tensor zeros = at::zeros({2, 1, 200});
  x = std::get<0>(at::lstm(x, {zeros, zeros}, weights, true, 2, 0, false, false, true)).select(1, -1);
  return at::linear(x, parameter("output.weight"), parameter("output.bias"));
}

TEST(ConvLstm, ANameInABatchIsClassifiedAsIfItWereAlone) {
  const auto model = made(spec_of());
  const at::NoGradGuard no_grad;
  const at::Tensor together = model->forward(names(kList, 20), /*training=*/false);
  for (size_t i = 0; i < kList.size(); ++i) {
    const at::Tensor alone = names({kList[i]}, 3);  // at least as long as the kernel
    EXPECT_TRUE(at::allclose(together[static_cast<int64_t>(i)], plain_logits(*model, alone[0])[0], 1e-5, 1e-6))
        << kList[i];
  }
}

TEST(ConvLstm, WithPaddingReadTheLastStepIsThatOfTheLongestName) {
  const auto model = made(spec_of("read"));
  const at::NoGradGuard no_grad;
  const at::Tensor batch = names(kList), logits = model->forward(batch, false);
  for (int64_t i = 0; i < batch.size(0); ++i)
    EXPECT_TRUE(at::allclose(logits[i], plain_logits(*model, batch[i])[0], 1e-5, 1e-6))
        << kList[static_cast<size_t>(i)];
  EXPECT_FALSE(at::allclose(logits[1], plain_logits(*model, names({"al"}, 3)[0])[0], 1e-3, 1e-3));
}

TEST(ConvLstm, GradientsAreThoseOfTheLayersOfPyTorch) {
  const auto model = made(spec_of());
  const std::vector<std::string> list{"barbora prudkova", "al", "anna"};
  const at::Tensor factors = at::linspace(-1, 1, 15).view({3, 5});
  (model->forward(names(list), false) * factors).sum().backward();
  std::vector<at::Tensor> own;
  for (const NamedTensor& parameter : model->parameters()) {
    own.push_back(parameter.tensor.grad().clone());
    const_cast<at::Tensor&>(parameter.tensor).mutable_grad().reset();
  }
  for (size_t i = 0; i < list.size(); ++i)
    (plain_logits(*model, names({list[i]}, 3)[0]) * factors[static_cast<int64_t>(i)]).sum().backward();
  for (size_t i = 0; i < own.size(); ++i) {
    const NamedTensor& parameter = model->parameters()[i];
    EXPECT_TRUE(at::allclose(own[i], parameter.tensor.grad(), 1e-4, 1e-6))
        << parameter.name << ": " << (own[i] - parameter.tensor.grad()).abs().max();
  }
}

TEST(ConvLstm, InBfloat16LogitsAndGradientsStayNear) {
  const auto full = made(spec_of()), half = made(spec_of(), 5, {.bf16 = true});
  const at::Tensor batch = names(kList), a = full->forward(batch, false), b = half->forward(batch, false);
  EXPECT_EQ(b.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(a, b, 0.05, 0.01)) << (a - b).abs().max();
  a.square().sum().backward();
  b.square().sum().backward();
  for (size_t i = 0; i < full->parameters().size(); ++i) {
    const at::Tensor one = full->parameters()[i].tensor.grad(), other = half->parameters()[i].tensor.grad();
    EXPECT_LT((one - other).norm().item<double>(), 0.05 * one.norm().item<double>()) << full->parameters()[i].name;
  }
}

TEST(ConvLstm, AnEmptyTextAndOnesShorterThanTheKernelAreRead) {
  const auto model = made(spec_of());
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(model->forward(names({"", "a"}, 1), false).isfinite().all().item<bool>());
}

}  // namespace
}  // namespace evensweep

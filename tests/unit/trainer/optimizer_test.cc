// Step by step against libtorch's own optimizers, on the same parameters and gradients.

#include "agent/trainer/optimizer.h"

#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <functional>

namespace evensweep {
namespace {

std::vector<at::Tensor> parameters() {
  return {at::linspace(-1, 1, 15).view({3, 5}).clone().requires_grad_(),
          at::linspace(0.5, 2, 72).view({2, 4, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_()};
}

at::Tensor some_loss(const std::vector<at::Tensor>& p, int step) {
  return (p[0] * p[0] * 0.3 + p[0] * std::sin(step)).sum() + (p[1].sin() * (step % 3 - 1.2)).sum();
}

void compare(const OptimizerSpec& spec,
             const std::function<std::unique_ptr<torch::optim::Optimizer>(std::vector<at::Tensor>)>& make) {
  const std::vector<at::Tensor> ours = parameters(), theirs = parameters();
  const auto optimizer = make_optimizer(spec, {{"a", ours[0]}, {"b", ours[1]}});
  const auto reference = make(theirs);
  for (int step = 0; step < 12; ++step) {
    some_loss(ours, step).backward();
    optimizer->step(spec.lr);
    reference->zero_grad();
    some_loss(theirs, step).backward();
    reference->step();
    for (size_t i = 0; i < ours.size(); ++i)
      ASSERT_TRUE(at::allclose(ours[i], theirs[i], 1e-6, 1e-7)) << "parameter " << i << ", step " << step;
    EXPECT_FALSE(ours[0].grad().defined());
  }
  EXPECT_EQ(optimizer->steps(), 12);
}

void compare_sgd(const OptimizerSpec& spec) {
  compare(spec, [&](std::vector<at::Tensor> p) {
    return std::make_unique<torch::optim::SGD>(std::move(p), torch::optim::SGDOptions(spec.lr)
                                                                 .momentum(spec.momentum)
                                                                 .nesterov(spec.nesterov)
                                                                 .weight_decay(spec.weight_decay));
  });
}

TEST(Optimizer, PlainSgdMatches) { compare_sgd({.name = "sgd", .lr = 0.1, .momentum = 0}); }
TEST(Optimizer, SgdWithMomentumAndDecayMatches) {
  compare_sgd({.name = "sgd", .lr = 0.1, .momentum = 0.9, .weight_decay = 0.01});
}
TEST(Optimizer, NesterovMatches) {
  compare_sgd({.name = "sgd", .lr = 0.05, .momentum = 0.8, .nesterov = true, .weight_decay = 0.01});
}

TEST(Optimizer, AdamMatches) {
  const OptimizerSpec spec{.name = "adam", .lr = 0.02, .weight_decay = 0.1};
  compare(spec, [&](std::vector<at::Tensor> p) {
    return std::make_unique<torch::optim::Adam>(std::move(p),
                                                torch::optim::AdamOptions(spec.lr).weight_decay(spec.weight_decay));
  });
}

TEST(Optimizer, StateNamesTheParametersItBelongsTo) {
  const std::vector<at::Tensor> p = parameters();
  const auto optimizer = make_optimizer({.name = "adam"}, {{"a", p[0]}, {"b", p[1]}});
  std::vector<std::string> names;
  for (const NamedTensor& tensor : optimizer->state()) names.push_back(tensor.name);
  EXPECT_EQ(names, (std::vector<std::string>{"mean/a", "mean/b", "square/a", "square/b"}));
}

}  // namespace
}  // namespace evensweep

#include "agent/trainer/linear_stack.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace evensweep {
namespace {

struct Net {
  ParameterList list{3, at::kCPU, false};
  std::vector<Linear> layers;
  explicit Net(const std::vector<int64_t>& widths) {
    for (size_t i = 1; i < widths.size(); ++i)
      layers.emplace_back(list, std::to_string(i), widths[i - 1], widths[i], Start::kUniform);
  }
};

at::Tensor composed(const at::Tensor& input, const Net& net, double dropout) {
  at::Tensor x = input;
  for (size_t i = 0; i + 1 < net.layers.size(); ++i) {
    x = at::relu(net.layers[i](x));
    if (dropout > 0) x = at::dropout(x, dropout, true);
  }
  return net.layers.back()(x);
}

void seed_default_generator() {
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(5);
}

TEST(LinearStack, IsWhatItsPartsAreWithTheSameDropout) {
  for (const auto& widths : std::vector<std::vector<int64_t>>{{4, 3}, {16, 128, 26}, {5, 7, 33, 6, 2}}) {
    for (const double dropout : {0.0, 0.4, 1.0}) {
      const Net one(widths), other(widths);
      at::Tensor input = at::randn({37, widths[0]}).requires_grad_(), same = input.detach().clone().requires_grad_();
      const at::Tensor gradient = at::randn({37, widths.back()});
      seed_default_generator();
      const at::Tensor got = linear_stack(input, one.layers, dropout, true);
      seed_default_generator();
      const at::Tensor want = composed(same, other, dropout);
      got.backward(gradient);
      want.backward(gradient);
      EXPECT_TRUE(at::allclose(got, want, 1e-5, 1e-6));
      EXPECT_TRUE(at::allclose(input.grad(), same.grad(), 1e-5, 1e-6));
      for (size_t i = 0; i < one.list.parameters().size(); ++i)
        EXPECT_TRUE(
            at::allclose(one.list.parameters()[i].tensor.grad(), other.list.parameters()[i].tensor.grad(), 1e-5, 1e-5))
            << "parameter " << i << " of " << at::IntArrayRef(widths) << ", dropout " << dropout;
    }
  }
}

TEST(LinearStack, DropsNothingOutInEvaluation) {
  const Net net({16, 128, 26});
  const at::Tensor input = at::randn({8, 16});
  EXPECT_TRUE(at::allclose(linear_stack(input, net.layers, 0.5, false), composed(input, net, 0), 1e-5, 1e-6));
}

TEST(LinearStack, LetsWhatIsNotANumberThrough) {
  const Net net({16, 40, 3});
  at::Tensor input = at::randn({2, 16});
  input[1].fill_(std::numeric_limits<float>::quiet_NaN());
  const at::Tensor logits = linear_stack(input, net.layers, 0, true);
  EXPECT_TRUE(at::isfinite(logits[0]).all().item<bool>());
  EXPECT_TRUE(at::isnan(logits[1]).all().item<bool>());
}

}  // namespace
}  // namespace evensweep

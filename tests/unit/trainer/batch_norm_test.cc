#include "agent/trainer/batch_norm.h"

#include <ATen/CPUGeneratorImpl.h>

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "agent/trainer/norm_kernels.h"

namespace evensweep {
namespace {

struct Case {
  std::vector<int64_t> sizes;
  at::MemoryFormat format;
  bool added, relu;
};

// Channels that fill the lanes and such that do not, planes that do and do not, batches of one part and of many.
std::vector<Case> cases() {
  std::vector<Case> list;
  for (const auto& sizes : std::vector<std::vector<int64_t>>{
           {2, 16, 4, 4}, {3, 5, 3, 7}, {9, 32, 8, 8}, {40, 33, 5, 5}, {128, 1, 9, 9}, {7, 70, 1, 1}})
    for (const at::MemoryFormat format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast})
      for (const bool added : {false, true})
        for (const bool relu : {false, true}) list.push_back({sizes, format, added, relu});
  return list;
}

struct Inputs {
  at::Tensor input, added, weight, bias, mean, variance, output_gradient;
};

Inputs inputs_of(const Case& with, at::ScalarType type) {
  const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(7);
  const auto normal = [&](std::vector<int64_t> sizes) { return at::randn(sizes, generator); };
  const int64_t channels = with.sizes[1];
  Inputs made;
  // Means away from 0, so that sums of squares lose digits if they are not taken around something near.
  made.input = (normal(with.sizes) * 2 + normal({1, channels, 1, 1}) * 30).to(type).contiguous(with.format);
  if (with.added) made.added = normal(with.sizes).to(type).contiguous(with.format).requires_grad_();
  made.input.requires_grad_();
  made.weight = (normal({channels}) + 1).requires_grad_();
  made.bias = normal({channels}).requires_grad_();
  made.mean = normal({channels});
  made.variance = normal({channels}).abs() + 0.5;
  made.output_gradient = normal(with.sizes).to(type).contiguous(with.format);
  return made;
}

// The same in float64 out of ATen's operations: output, running statistics and all gradients.
std::vector<at::Tensor> expected(const Inputs& given, const Case& with, bool training) {
  const auto wide = [](const at::Tensor& tensor) { return tensor.detach().to(at::kDouble, false, true); };
  const at::Tensor input = wide(given.input).requires_grad_(), weight = wide(given.weight).requires_grad_(),
                   bias = wide(given.bias).requires_grad_();
  const at::Tensor mean = wide(given.mean), variance = wide(given.variance);
  at::Tensor output = at::batch_norm(input, weight, bias, mean, variance, training, 0.1, 1e-5, false);
  at::Tensor added;
  if (with.added) output = output + (added = wide(given.added).requires_grad_());
  if (with.relu) output = output.relu();
  output.backward(wide(given.output_gradient));
  std::vector<at::Tensor> list{output, mean, variance, input.grad(), weight.grad(), bias.grad()};
  if (with.added) list.push_back(added.grad());
  return list;
}

std::vector<at::Tensor> computed(const Inputs& given, const Case& with, bool training) {
  const NormState state{given.weight, given.bias, given.mean, given.variance};
  at::Tensor output = batch_norm(given.input, given.added, state, with.relu, training);
  output.backward(given.output_gradient);
  std::vector<at::Tensor> list{output,           given.mean, given.variance, given.input.grad(), given.weight.grad(),
                               given.bias.grad()};
  if (with.added) list.push_back(given.added.grad());
  return list;
}

// Largest difference relative to the largest value. A ReLU may decide differently on a value that rounds to about 0, so
// that a gradient is there or not: such values are rare, and left out of the gradients of tensors.
double difference(const at::Tensor& got, const at::Tensor& want) {
  const at::Tensor apart = (got.detach().to(at::kDouble) - want.detach()).abs() / want.detach().abs().max();
  if (apart.numel() < 1000) return apart.max().item<double>();
  return std::get<0>(apart.flatten().kthvalue(apart.numel() - apart.numel() / 500)).item<double>();
}

void expect_as_composed(at::ScalarType type, double tolerance) {
  const char* names[] = {"output", "mean", "variance", "d input", "d weight", "d bias", "d added"};
  for (const Case& with : cases()) {
    const Inputs given = inputs_of(with, type);
    const std::vector<at::Tensor> want = expected(given, with, true), got = computed(given, with, true);
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_LT(difference(got[i], want[i]), tolerance)
          << names[i] << " of " << at::IntArrayRef(with.sizes) << " format " << with.format << " added " << with.added
          << " relu " << with.relu;
    }
    EXPECT_EQ(got[0].scalar_type(), type);
    EXPECT_EQ(got[0].is_contiguous(with.format), true);
  }
}

TEST(BatchNorm, IsWhatItsPartsAreInFloat32) { expect_as_composed(at::kFloat, 2e-5); }

TEST(BatchNorm, IsWhatItsPartsAreInBfloat16) { expect_as_composed(at::kBFloat16, 1.5e-2); }

TEST(BatchNorm, EvaluationUsesTheRunningStatisticsAndLeavesThemAlone) {
  for (const Case& with : cases()) {
    const Inputs given = inputs_of(with, at::kFloat);
    const at::Tensor mean = given.mean.clone(), variance = given.variance.clone();
    const std::vector<at::Tensor> want = expected(given, with, false);
    const at::NoGradGuard no_grad;
    const NormState state{given.weight, given.bias, given.mean, given.variance};
    EXPECT_LT(difference(batch_norm(given.input, given.added, state, with.relu, false), want[0]), 2e-6);
    EXPECT_TRUE(at::equal(mean, given.mean) && at::equal(variance, given.variance));
  }
}

TEST(BatchNorm, GradientsAreThoseOfEvaluationWhereItIsAskedForThem) {
  const Case with{{3, 5, 3, 7}, at::MemoryFormat::ChannelsLast, true, true};
  const Inputs given = inputs_of(with, at::kFloat);
  const std::vector<at::Tensor> want = expected(given, with, false), got = computed(given, with, false);
  for (size_t i = 0; i < got.size(); ++i) EXPECT_LT(difference(got[i], want[i]), 2e-5) << i;
}

TEST(BatchNorm, DoesNotDependOnTheNumberOfThreads) {
  const int threads = at::get_num_threads();
  for (const Case& with : cases()) {
    std::vector<std::vector<at::Tensor>> results;
    for (const int count : {1, 3}) {
      at::set_num_threads(count);
      results.push_back(computed(inputs_of(with, at::kFloat), with, true));
    }
    for (size_t i = 0; i < results[0].size(); ++i) EXPECT_TRUE(at::equal(results[0][i], results[1][i])) << i;
  }
  at::set_num_threads(threads);
}

// A diverging training must not look healthy again after a ReLU.
TEST(BatchNorm, KeepsWhatIsNotANumber) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Case with{{2, 16, 4, 4}, at::MemoryFormat::ChannelsLast, false, true};
    const Inputs given = inputs_of(with, type);
    given.input.detach()[0][3][1][1] = std::numeric_limits<float>::quiet_NaN();
    const NormState state{given.weight, given.bias, given.mean, given.variance};
    const at::Tensor output = batch_norm(given.input, {}, state, true, true);
    EXPECT_TRUE(output.select(1, 3).isnan().all().item<bool>());
    EXPECT_FALSE(output.select(1, 4).isnan().any().item<bool>());
  }
}

TEST(Lanes, RoundBfloat16AsAtenDoes) {
  const at::Tensor values = at::cat({at::randn({4096}), at::randn({4096}) * 1e-38, at::randn({4096}) * 1e38,
                                     at::tensor({0.F, -0.F, 1.00390625F, 1.01171875F, INFINITY, -INFINITY, NAN, 1.F})});
  const at::Tensor want = values.to(at::kBFloat16);
  const at::Tensor got = at::empty_like(want);
  auto* to = static_cast<Bfloat16*>(got.data_ptr());
  for (int64_t i = 0; i < values.numel(); i += 8)
    store_some(to + i, load_some(values.const_data_ptr<float>() + i, 8), 8);
  EXPECT_TRUE(at::equal(got.nan_to_num(7), want.nan_to_num(7)));
  EXPECT_TRUE(at::equal(got.isnan(), want.isnan()));
}

}  // namespace
}  // namespace evensweep

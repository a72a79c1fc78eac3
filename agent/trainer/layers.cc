#include "agent/trainer/layers.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <utility>

#include "agent/trainer/batch_norm.h"
#include "common/base/rng.h"

namespace evensweep {
namespace {

at::Tensor drawn_weight(ParameterList& list, std::vector<int64_t> shape, int64_t fan_in, Start start) {
  const double unit = std::sqrt(1 / static_cast<double>(fan_in));
  if (start == Start::kUniform) return list.uniform(std::move(shape), unit);
  return list.normal(std::move(shape), start == Start::kHe ? std::sqrt(2.0) * unit : unit);
}

at::Tensor drawn_bias(ParameterList& list, int64_t size, int64_t fan_in, Start start) {
  if (start == Start::kUniform) return list.uniform({size}, std::sqrt(1 / static_cast<double>(fan_in)));
  return at::zeros({size});
}

}  // namespace

ParameterList::ParameterList(uint64_t seed, at::Device device, bool channels_last)
    : generator_(at::detail::createCPUGenerator(Rng(seed, "init")())), device_(device), channels_last_(channels_last) {}

at::Tensor ParameterList::normal(std::vector<int64_t> shape, double sd) {
  return at::empty(shape).normal_(0, sd, generator_);
}

at::Tensor ParameterList::uniform(std::vector<int64_t> shape, double bound) {
  return at::empty(shape).uniform_(-bound, bound, generator_);
}

at::Tensor ParameterList::add_parameter(const std::string& name, const at::Tensor& value) {
  const auto format =
      channels_last_ && value.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  at::Tensor parameter = value.to(device_).contiguous(format);
  parameter.requires_grad_();
  parameters_.push_back({name, parameter});
  return parameter;
}

at::Tensor ParameterList::add_buffer(const std::string& name, const at::Tensor& value) {
  buffers_.push_back({name, value.to(device_)});
  return buffers_.back().tensor;
}

Linear::Linear(ParameterList& list, const std::string& name, int64_t inputs, int64_t outputs, Start start)
    : weight(list.add_parameter(name + ".weight", drawn_weight(list, {outputs, inputs}, inputs, start))),
      bias(list.add_parameter(name + ".bias", drawn_bias(list, outputs, inputs, start))) {}

Convolution::Convolution(ParameterList& list, const std::string& name, const Shape& shape, Start start)
    : stride(shape.stride), padding(shape.padding) {
  const int64_t fan_in = shape.inputs * shape.side * shape.side;
  weight = list.add_parameter(name + ".weight",
                              drawn_weight(list, {shape.outputs, shape.inputs, shape.side, shape.side}, fan_in, start));
  if (shape.bias) bias = list.add_parameter(name + ".bias", drawn_bias(list, shape.outputs, fan_in, start));
}

BatchNorm::BatchNorm(ParameterList& list, const std::string& name, int64_t channels)
    : weight(list.add_parameter(name + ".weight", at::ones({channels}))),
      bias(list.add_parameter(name + ".bias", at::zeros({channels}))),
      mean(list.add_buffer(name + ".mean", at::zeros({channels}))),
      variance(list.add_buffer(name + ".variance", at::ones({channels}))) {}

at::Tensor BatchNorm::operator()(const at::Tensor& input, bool training) const {
  return batch_norm(input, {}, {weight, bias, mean, variance}, /*relu=*/false, training);
}

at::Tensor BatchNorm::relu(const at::Tensor& input, bool training) const {
  return batch_norm(input, {}, {weight, bias, mean, variance}, /*relu=*/true, training);
}

at::Tensor BatchNorm::add_relu(const at::Tensor& input, const at::Tensor& added, bool training) const {
  return batch_norm(input, added, {weight, bias, mean, variance}, /*relu=*/true, training);
}

LayerNorm::LayerNorm(ParameterList& list, const std::string& name, int64_t features)
    : weight(list.add_parameter(name + ".weight", at::ones({features}))),
      bias(list.add_parameter(name + ".bias", at::zeros({features}))) {}

}  // namespace evensweep

#pragma once
// The few layers that the models are made of. A layer holds handles to tensors that its model's ParameterList owns.

#include <cstdint>
#include <string>
#include <vector>

#include "agent/trainer/aten.h"
#include "agent/trainer/optimizer.h"

namespace evensweep {

// Where a model's tensors come from and where they are kept by name. Drawn values are a pure function of the seed and
// the order of the draws; they are drawn on the CPU, so that a GPU starts from the same ones.
class ParameterList {
 public:
  ParameterList(uint64_t seed, at::Device device, bool channels_last);

  at::Tensor normal(std::vector<int64_t> shape, double sd);
  at::Tensor uniform(std::vector<int64_t> shape, double bound);  // in [-bound, bound)

  // Takes a tensor in; the one given back is on the device and, for a parameter, gathers gradients.
  at::Tensor add_parameter(const std::string& name, const at::Tensor& value);
  at::Tensor add_buffer(const std::string& name, const at::Tensor& value);

  // The same for a tensor that is where it belongs already: it is kept as it is.
  void adopt_parameter(const std::string& name, const at::Tensor& parameter) {
    parameters_.push_back({name, parameter});
  }
  void adopt_buffer(const std::string& name, const at::Tensor& buffer) { buffers_.push_back({name, buffer}); }

  const std::vector<NamedTensor>& parameters() const { return parameters_; }
  const std::vector<NamedTensor>& buffers() const { return buffers_; }

 private:
  at::Generator generator_;
  at::Device device_;
  bool channels_last_;
  std::vector<NamedTensor> parameters_, buffers_;
};

// How weights start.
enum class Start {
  kHe,       // normal, sd sqrt(2 / fan_in), bias 0 (He et al. 2015, eq. 10): for layers before a ReLU
  kOutput,   // normal, sd sqrt(1 / fan_in), bias 0: for the layer that gives the logits
  kUniform,  // weight and bias uniform in +-sqrt(1 / fan_in): what PyTorch does when told nothing
};

struct Linear {
  at::Tensor weight, bias;
  Linear(ParameterList& list, const std::string& name, int64_t inputs, int64_t outputs, Start start);
  at::Tensor operator()(const at::Tensor& input) const { return at::linear(input, weight, bias); }
};

struct Convolution {
  at::Tensor weight, bias;  // bias may be undefined
  int64_t stride, padding;
  struct Shape {
    int64_t inputs, outputs, stride = 1, padding = 1;
    bool bias = false;
    int64_t side = 3;  // of the kernel
  };
  Convolution(ParameterList& list, const std::string& name, const Shape& shape, Start start);
  at::Tensor operator()(const at::Tensor& input) const { return at::conv2d(input, weight, bias, stride, padding); }
};

// Ioffe and Szegedy 2015; momentum 0.1, epsilon 1e-5. Input and output are [N, channels, height, width].
struct BatchNorm {
  at::Tensor weight, bias, mean, variance;
  BatchNorm(ParameterList& list, const std::string& name, int64_t channels);
  at::Tensor operator()(const at::Tensor& input, bool training) const;
  // With what usually follows, which costs no passes over memory of its own here: relu(norm(input)) and
  // relu(norm(input) + added).
  at::Tensor relu(const at::Tensor& input, bool training) const;
  at::Tensor add_relu(const at::Tensor& input, const at::Tensor& added, bool training) const;
};

// Ba et al. 2016, over the last dimension; epsilon 1e-5. The same in training and evaluation, for a batch of any size.
struct LayerNorm {
  at::Tensor weight, bias;
  LayerNorm(ParameterList& list, const std::string& name, int64_t features);
  at::Tensor operator()(const at::Tensor& input) const { return at::layer_norm(input, weight.sizes(), weight, bias); }
};

}  // namespace evensweep

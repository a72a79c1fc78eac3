#pragma once

#include <memory>
#include <vector>

#include "agent/trainer/aten.h"
#include "agent/trainer/layers.h"
#include "common/base/status.h"
#include "common/model/spec.h"

namespace evensweep {

// Where and how a model computes.
struct Execution {
  at::Device device = at::kCPU;
  bool bf16 = false;                 // autocast; weights, batch statistics, logits and loss stay in float32
  bool channels_last = false;        // images only
  bool cosine_logits = false;        // a logit is the cosine between the last layer's input and the class's weights
  std::vector<int64_t> levels = {};  // tables with embeddings: of each input, how many names it has; 0: a number
};

// Switches autocast to bf16 on or off for this thread until the end of the scope.
class Autocast {
 public:
  Autocast(at::DeviceType device, bool enabled);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType device_;
  bool before_;
};

// New examples between others: example positions[i] of the first `examples` inputs becomes what lies steps[i] of the
// way from it to input partners[i], between their features. The inputs after the first `examples` are partners alone.
struct Mixing {
  int64_t examples = 0;
  at::Tensor positions, partners;  // int64, on the CPU
  at::Tensor steps;                // float32 [positions, 1], on the CPU
};

class Model {
 public:
  virtual ~Model() = default;

  // Logits [N, classes] in float32. `input` is [N, features] or [N, channels, height, width]. Training mode drops out
  // with the device's default random generator and updates the batch statistics.
  at::Tensor forward(const at::Tensor& input, bool training, const Mixing* mixing = nullptr);
  // [N, features]: what the last layer gets, in float32 and evaluation mode.
  at::Tensor last_features(const at::Tensor& input);

  const std::vector<NamedTensor>& parameters() const { return list_.parameters(); }
  const std::vector<NamedTensor>& buffers() const { return list_.buffers(); }
  int64_t parameter_count() const;

 protected:
  Model(uint64_t seed, const Execution& execution)
      : execution_(execution), list_(seed, execution.device, execution.channels_last) {}

  // [N, features] for the last layer.
  virtual at::Tensor features(const at::Tensor& input, bool training) = 0;
  virtual const Linear& output_layer() const = 0;

  Execution execution_;
  ParameterList list_;
};

// `shape` is {features} or {channels, height, width}. InvalidArgument if the model is not known or cannot take that
// shape. Initial weights are a pure function of the model, shape, classes and seed.
StatusOr<std::unique_ptr<Model>> make_model(const ModelSpec& spec, const std::vector<int64_t>& shape, int64_t classes,
                                            uint64_t seed, const Execution& execution);

// ReLU and dropout between linear layers of the given widths. He initialisation. Images are flattened.
std::unique_ptr<Model> make_mlp(const ModelSpec& spec, const std::vector<int64_t>& shape, int64_t classes,
                                uint64_t seed, const Execution& execution);
// He et al. 2016, section 4.2, with n = 3: 16, 32 and 64 channels, He initialisation, and their shortcut A (every
// second pixel, missing channels filled with zeros), so that all weights are in the 3 x 3 convolutions.
std::unique_ptr<Model> make_resnet20(const std::vector<int64_t>& shape, int64_t classes, uint64_t seed,
                                     const Execution& execution);
// The network of Peifer's experiment with CIFAR-10 (peifer_cnn.cc draws it): 437,802 parameters for 3 x 32 x 32 and ten
// classes. Initialised as PyTorch does by default, as it was there.
std::unique_ptr<Model> make_peifer_cnn(const std::vector<int64_t>& shape, int64_t classes, uint64_t seed,
                                       const Execution& execution);

}  // namespace evensweep

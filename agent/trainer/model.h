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

  // Logits [N, classes] in float32. `input` is [N, features], [N, channels, height, width] or, for texts, int64
  // [N, length] with 0 after the end of each. Training mode drops out
  // with the device's default random generator and updates the batch statistics.
  virtual at::Tensor forward(const at::Tensor& input, bool training, const Mixing* mixing = nullptr);
  // [N, features]: what the last layer gets, in float32 and evaluation mode.
  at::Tensor last_features(const at::Tensor& input);

  const std::vector<NamedTensor>& parameters() const { return list_.parameters(); }
  const std::vector<NamedTensor>& buffers() const { return list_.buffers(); }
  int64_t parameter_count() const;
  // Of so many threads, those that make a training step in batches of this size faster.
  virtual int64_t useful_threads(int64_t threads, int64_t /*batch*/) const { return threads; }

 protected:
  Model(uint64_t seed, const Execution& execution)
      : execution_(execution), list_(seed, execution.device, execution.channels_last) {}

  // [N, features] for the last layer.
  virtual at::Tensor features(const at::Tensor& input, bool training) = 0;
  virtual const Linear& output_layer() const = 0;
  // All layers in one operation, for a model that has such a one for this execution; else undefined.
  virtual at::Tensor fused_logits(const at::Tensor& /*input*/, bool /*training*/) { return {}; }

  Execution execution_;
  ParameterList list_;
};

// `shape` is {features}, {longest text, symbols} or {channels, height, width}. InvalidArgument if the model is not
// known or cannot take that shape. Initial weights are a pure function of the model, shape, classes and seed.
StatusOr<std::unique_ptr<Model>> make_model(const ModelSpec& spec, const std::vector<int64_t>& shape, int64_t classes,
                                            uint64_t seed, const Execution& execution);

// The models that make_model knows, each for a spec and a shape that have passed check_model.
using MakeModel = StatusOr<std::unique_ptr<Model>>(const ModelSpec& spec, const std::vector<int64_t>& shape,
                                                   int64_t classes, uint64_t seed, const Execution& execution);
// ReLU and dropout between linear layers of the given widths. He initialisation. Images are flattened.
MakeModel make_mlp;
// A residual MLP for tables, after Gorishniy et al. 2021, section 3.2, with layer normalisation in place of theirs over
// the batch: a linear stem, `blocks` times x + linear(dropout(relu(linear(norm(x))))) at one width, then norm, ReLU and
// the output layer. He initialisation.
MakeModel make_resmlp;
// He et al. 2016, section 4.2, with n = 3: 16, 32 and 64 channels, He initialisation, and their shortcut A (every
// second pixel, missing channels filled with zeros), so that all weights are in the 3 x 3 convolutions.
MakeModel make_resnet20;
// He et al. 2016, table 1, with the stem of their CIFAR networks (3 x 3, no pooling) and shortcut B (1 x 1 convolution
// and batch normalisation) where a stage begins with half the pixels: 11,173,962 parameters for ten classes.
MakeModel make_resnet18;
// The fast network of D. Page, "How to train your ResNet" (2018), entry of DAWNBench for CIFAR-10: convolutions of
// 1, 2, 2 + 2, 4, 8, 8 + 8 times `width` channels (+: residual), four poolings, logits / 8. With width 64 and ten
// classes 6,573,130 parameters: the output layer has a bias here.
MakeModel make_resnet9;
// The network of Peifer's experiment with CIFAR-10 (peifer_cnn.cc draws it): 437,802 parameters for 3 x 32 x 32 and ten
// classes. Initialised as PyTorch does by default, as it was there.
MakeModel make_peifer_cnn;
// Peifer's network for names: embedding, convolution over three characters with ReLU, LSTM, the last step of each text,
// dropout, linear; 579,669 parameters for 29 symbols and five classes. Initialised as PyTorch does by default.
MakeModel make_conv_lstm;
// A TorchScript module (docs/own-model.md). It starts with the weights of its file, or with those that its method
// reset_parameters draws, a pure function of file and seed. InvalidArgument names the file and what is wrong with it.
MakeModel make_torchscript;

}  // namespace evensweep

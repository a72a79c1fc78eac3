#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "agent/trainer/model.h"
#include "agent/trainer/recurrence.h"

namespace evensweep {
namespace {

constexpr int64_t kKernel = 3;

// The texts of a batch, the longest first, as the rows that all their time steps make: the first step of each text, the
// second of each that has one, ...
struct Steps {
  std::vector<int64_t> active;  // texts at each step, falling
  at::Tensor windows;           // [rows, 3] int64: the indices under the kernel; to the k-th, k times symbols is added
  at::Tensor last;              // [texts] int64: the row of each text's last step, in the order of the batch
};

int64_t length_of(const int64_t* text, int64_t size) {
  while (size > 0 && text[size - 1] == 0) --size;
  return size;
}

// A text shorter than the kernel has one step, which sees padding. `texts` is [texts, length], contiguous, on the CPU.
Steps steps_of(const at::Tensor& texts, int64_t symbols, bool read_padding) {
  const int64_t count = texts.size(0), longest = texts.size(1);
  const auto* characters = texts.const_data_ptr<int64_t>();
  std::vector<int64_t> steps(static_cast<size_t>(count)), order(steps.size());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t length = read_padding ? longest : length_of(characters + i * longest, longest);
    steps[static_cast<size_t>(i)] = std::max<int64_t>(length - (kKernel - 1), 1);
  }
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(), [&](int64_t i) { return steps[static_cast<size_t>(i)]; });
  const int64_t rows = std::accumulate(steps.begin(), steps.end(), int64_t{0});
  Steps made{.windows = at::empty({rows, kKernel}, at::kLong), .last = at::empty({count}, at::kLong)};
  auto* window = made.windows.mutable_data_ptr<int64_t>();
  auto* last = made.last.mutable_data_ptr<int64_t>();
  int64_t row = 0;
  for (int64_t t = 0; row < rows; ++t) {
    const int64_t begin = row;
    for (const int64_t i : order) {
      const int64_t left = steps[static_cast<size_t>(i)] - t;
      if (left <= 0) break;
      if (left == 1) last[i] = row;
      for (int64_t k = 0; k < kKernel; ++k)
        *window++ = k * symbols + (t + k < longest ? characters[i * longest + t + k] : 0);
      ++row;
    }
    made.active.push_back(row - begin);
  }
  return made;
}

class ConvLstm final : public Model {
 public:
  ConvLstm(const ModelSpec& spec, int64_t symbols, int64_t classes, uint64_t seed, const Execution& execution)
      : Model(seed, execution),
        symbols_(symbols),
        dropout_(spec.dropout),
        read_padding_(spec.padding == kReadPadding),
        embedding_(list_.add_parameter("embedding.weight", list_.normal({symbols, spec.embedding}, 1))),
        output_(add_recurrent_layers(spec), "output", spec.width, classes, Start::kUniform) {}

 private:
  struct Layer {
    at::Tensor input_weight, hidden_weight, input_bias, hidden_bias;
  };

  // In the order of the network, which is that of the draws.
  ParameterList& add_recurrent_layers(const ModelSpec& spec) {
    const double bound = std::sqrt(1 / static_cast<double>(kKernel * spec.embedding));
    kernel_ = list_.add_parameter("conv.weight", list_.uniform({spec.channels, spec.embedding, kKernel}, bound));
    kernel_bias_ = list_.add_parameter("conv.bias", list_.uniform({spec.channels}, bound));
    const double unit = std::sqrt(1 / static_cast<double>(spec.width));
    int64_t inputs = spec.channels;
    for (int64_t l = 0; l < spec.layers; ++l) {
      const auto add = [&](const char* name, std::vector<int64_t> shape) {
        return list_.add_parameter("lstm." + std::string(name) + "_l" + std::to_string(l),
                                   list_.uniform(std::move(shape), unit));
      };
      layers_.push_back({.input_weight = add("weight_ih", {4 * spec.width, inputs}),
                         .hidden_weight = add("weight_hh", {4 * spec.width, spec.width}),
                         .input_bias = add("bias_ih", {4 * spec.width}),
                         .hidden_bias = add("bias_hh", {4 * spec.width})});
      inputs = spec.width;
    }
    return list_;
  }

  // Embedding and convolution in one: what each index gives at each place under the kernel is the same for all steps,
  // and there are far fewer indices than steps.
  at::Tensor convolved(const at::Tensor& windows) const {
    const Autocast full_precision(execution_.device.type(), false);
    const at::Tensor table = at::matmul(embedding_, kernel_.permute({2, 1, 0})).flatten(0, 1);
    return at::relu(at::embedding(table, windows).sum(1) + kernel_bias_);
  }

  at::Tensor features(const at::Tensor& input, bool training) override {
    const Steps steps = steps_of(input.cpu().contiguous(), symbols_, read_padding_);
    at::Tensor x = convolved(steps.windows.to(execution_.device));
    for (const Layer& layer : layers_)
      x = lstm_recurrence(at::linear(x, layer.input_weight, layer.input_bias + layer.hidden_bias), layer.hidden_weight,
                          steps.active, execution_.bf16);
    x = x.index_select(0, steps.last.to(execution_.device));
    return dropout_ > 0 ? at::dropout(x, dropout_, training) : x;
  }
  const Linear& output_layer() const override { return output_; }

  int64_t symbols_;
  double dropout_;
  bool read_padding_;
  at::Tensor embedding_, kernel_, kernel_bias_;
  std::vector<Layer> layers_;
  Linear output_;
};

}  // namespace

StatusOr<std::unique_ptr<Model>> make_conv_lstm(const ModelSpec& spec, const std::vector<int64_t>& shape,
                                                int64_t classes, uint64_t seed, const Execution& execution) {
  return std::make_unique<ConvLstm>(spec, shape[1], classes, seed, execution);
}

}  // namespace evensweep

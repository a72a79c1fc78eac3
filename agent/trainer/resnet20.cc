#include <string>
#include <vector>

#include "agent/trainer/residual_network.h"

namespace evensweep {
namespace {

// Shortcut A: every second pixel where the block halves the image, and zeros for the channels that it adds.
at::Tensor shortcut(const at::Tensor& input, int64_t added_channels) {
  if (added_channels == 0) return input;
  const at::Tensor halved = input.slice(2, 0, std::nullopt, 2).slice(3, 0, std::nullopt, 2);
  return at::constant_pad_nd(halved, {0, 0, 0, 0, 0, added_channels});
}

class Block {
 public:
  Block(ParameterList& list, const std::string& name, int64_t inputs, int64_t outputs)
      : first_(list, name + ".conv1", {.inputs = inputs, .outputs = outputs, .stride = outputs == inputs ? 1 : 2},
               Start::kHe),
        first_norm_(list, name + ".norm1", outputs),
        second_(list, name + ".conv2", {.inputs = outputs, .outputs = outputs}, Start::kHe),
        second_norm_(list, name + ".norm2", outputs),
        added_channels_(outputs - inputs) {}

  at::Tensor operator()(const at::Tensor& input, bool training) const {
    const at::Tensor inner = first_norm_.relu(first_(input), training);
    return second_norm_.add_relu(second_(inner), shortcut(input, added_channels_), training);
  }

 private:
  Convolution first_;
  BatchNorm first_norm_;
  Convolution second_;
  BatchNorm second_norm_;
  int64_t added_channels_;
};

}  // namespace

StatusOr<std::unique_ptr<Model>> make_resnet20(const ModelSpec& /*spec*/, const std::vector<int64_t>& shape,
                                               int64_t classes, uint64_t seed, const Execution& execution) {
  const ResidualNetwork<Block>::Stages stages{.widths = {16, 32, 64}, .blocks = 3};
  return std::make_unique<ResidualNetwork<Block>>(stages, shape[0], classes, seed, execution);
}

}  // namespace evensweep

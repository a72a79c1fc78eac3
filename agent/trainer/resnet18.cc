#include <string>
#include <vector>

#include "agent/trainer/residual_network.h"

namespace evensweep {
namespace {

// Two 3 x 3 convolutions, with a shortcut by a 1 x 1 convolution (option B) where the block halves the image.
class Block {
 public:
  Block(ParameterList& list, const std::string& name, int64_t inputs, int64_t outputs)
      : first_(list, name + ".conv1", {.inputs = inputs, .outputs = outputs, .stride = outputs == inputs ? 1 : 2},
               Start::kHe),
        first_norm_(list, name + ".norm1", outputs),
        second_(list, name + ".conv2", {.inputs = outputs, .outputs = outputs}, Start::kHe),
        second_norm_(list, name + ".norm2", outputs) {
    if (inputs == outputs) return;
    const Convolution::Shape shape{.inputs = inputs, .outputs = outputs, .stride = 2, .padding = 0, .side = 1};
    shortcut_.emplace(list, name + ".shortcut.conv", shape, Start::kHe);
    shortcut_norm_.emplace(list, name + ".shortcut.norm", outputs);
  }

  at::Tensor operator()(const at::Tensor& input, bool training) const {
    const at::Tensor inner = first_norm_.relu(first_(input), training);
    const at::Tensor skipped = shortcut_ ? (*shortcut_norm_)((*shortcut_)(input), training) : input;
    return second_norm_.add_relu(second_(inner), skipped, training);
  }

 private:
  Convolution first_;
  BatchNorm first_norm_;
  Convolution second_;
  BatchNorm second_norm_;
  std::optional<Convolution> shortcut_;
  std::optional<BatchNorm> shortcut_norm_;
};

}  // namespace

StatusOr<std::unique_ptr<Model>> make_resnet18(const ModelSpec& /*spec*/, const std::vector<int64_t>& shape,
                                               int64_t classes, uint64_t seed, const Execution& execution) {
  const ResidualNetwork<Block>::Stages stages{.widths = {64, 128, 256, 512}, .blocks = 2};
  return std::make_unique<ResidualNetwork<Block>>(stages, shape[0], classes, seed, execution);
}

}  // namespace evensweep

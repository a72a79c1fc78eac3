#include <string>
#include <vector>

#include "agent/trainer/model.h"

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

std::vector<Block> make_blocks(ParameterList& list) {
  std::vector<Block> blocks;
  int64_t inputs = 16;
  for (const int64_t width : {16, 32, 64}) {
    for (int i = 1; i <= 3; ++i) {
      blocks.emplace_back(list, "stage" + std::to_string(width) + ".block" + std::to_string(i), inputs, width);
      inputs = width;
    }
  }
  return blocks;
}

class Resnet20 final : public Model {
 public:
  Resnet20(int64_t channels, int64_t classes, uint64_t seed, const Execution& execution)
      : Model(seed, execution),
        stem_(list_, "stem.conv", {.inputs = channels, .outputs = 16}, Start::kHe),
        stem_norm_(list_, "stem.norm", 16),
        blocks_(make_blocks(list_)),
        output_(list_, "output", 64, classes, Start::kOutput) {}

 private:
  at::Tensor features(const at::Tensor& input, bool training) override {
    at::Tensor x = stem_norm_.relu(stem_(input), training);
    for (const Block& block : blocks_) x = block(x, training);
    return x.mean({2, 3});
  }
  const Linear& output_layer() const override { return output_; }

  Convolution stem_;
  BatchNorm stem_norm_;
  std::vector<Block> blocks_;
  Linear output_;
};

}  // namespace

StatusOr<std::unique_ptr<Model>> make_resnet20(const ModelSpec& /*spec*/, const std::vector<int64_t>& shape,
                                               int64_t classes, uint64_t seed, const Execution& execution) {
  return std::make_unique<Resnet20>(shape[0], classes, seed, execution);
}

}  // namespace evensweep

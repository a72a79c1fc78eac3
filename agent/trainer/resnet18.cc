#include <string>
#include <vector>

#include "agent/trainer/model.h"

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

std::vector<Block> make_blocks(ParameterList& list) {
  std::vector<Block> blocks;
  int64_t inputs = 64;
  for (const int64_t width : {64, 128, 256, 512}) {
    for (int i = 1; i <= 2; ++i) {
      blocks.emplace_back(list, "stage" + std::to_string(width) + ".block" + std::to_string(i), inputs, width);
      inputs = width;
    }
  }
  return blocks;
}

class Resnet18 final : public Model {
 public:
  Resnet18(int64_t channels, int64_t classes, uint64_t seed, const Execution& execution)
      : Model(seed, execution),
        stem_(list_, "stem.conv", {.inputs = channels, .outputs = 64}, Start::kHe),
        stem_norm_(list_, "stem.norm", 64),
        blocks_(make_blocks(list_)),
        output_(list_, "output", 512, classes, Start::kOutput) {}

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

StatusOr<std::unique_ptr<Model>> make_resnet18(const ModelSpec& /*spec*/, const std::vector<int64_t>& shape,
                                               int64_t classes, uint64_t seed, const Execution& execution) {
  return std::make_unique<Resnet18>(shape[0], classes, seed, execution);
}

}  // namespace evensweep

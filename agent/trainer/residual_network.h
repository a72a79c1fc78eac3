#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/trainer/model.h"

namespace evensweep {

// The networks of He et al. 2016 for images: a 3 x 3 convolution, stages of residual blocks, each stage with its own
// width and from the second on with half the pixels, the mean over the pixels, and a linear layer. A block is made as
// Block(list, name, inputs, outputs) and called as block(input, training).
template <typename Block>
class ResidualNetwork final : public Model {
 public:
  struct Stages {
    std::vector<int64_t> widths;
    int64_t blocks = 1;  // of each stage
  };
  ResidualNetwork(const Stages& stages, int64_t channels, int64_t classes, uint64_t seed, const Execution& execution)
      : Model(seed, execution),
        stem_(list_, "stem.conv", {.inputs = channels, .outputs = stages.widths.front()}, Start::kHe),
        stem_norm_(list_, "stem.norm", stages.widths.front()),
        blocks_(make_blocks(list_, stages)),
        output_(list_, "output", stages.widths.back(), classes, Start::kOutput) {}

 private:
  static std::vector<Block> make_blocks(ParameterList& list, const Stages& stages) {
    std::vector<Block> blocks;
    int64_t inputs = stages.widths.front();
    for (const int64_t width : stages.widths) {
      for (int64_t i = 1; i <= stages.blocks; ++i) {
        blocks.emplace_back(list, "stage" + std::to_string(width) + ".block" + std::to_string(i), inputs, width);
        inputs = width;
      }
    }
    return blocks;
  }

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

}  // namespace evensweep

#include "agent/trainer/model.h"

namespace evensweep {
namespace {

// Two convolutions with batch normalisation. The second reads the first's normalised output as it is, without a ReLU
// between them, and that same output is added to the second's before the one ReLU of the block.
class Block {
 public:
  Block(ParameterList& list, const std::string& name, int64_t inputs, int64_t outputs)
      : first_(list, name + ".conv1", {.inputs = inputs, .outputs = outputs, .bias = true}, Start::kUniform),
        first_norm_(list, name + ".norm1", outputs),
        second_(list, name + ".conv2", {.inputs = outputs, .outputs = outputs, .bias = true}, Start::kUniform),
        second_norm_(list, name + ".norm2", outputs) {}

  at::Tensor operator()(const at::Tensor& input, bool training) const {
    const at::Tensor inner = first_norm_(first_(input), training);
    return at::max_pool2d(second_norm_.add_relu(second_(inner), inner, training), 2);
  }

 private:
  Convolution first_;
  BatchNorm first_norm_;
  Convolution second_;
  BatchNorm second_norm_;
};

// What is left of a side after two halvings, a 3 x 3 convolution without padding, and a third halving.
int64_t last_side(int64_t side) { return (side / 2 / 2 - 2) / 2; }

class PeiferCnn final : public Model {
 public:
  PeiferCnn(const std::vector<int64_t>& shape, int64_t classes, uint64_t seed, const Execution& execution)
      : Model(seed, execution),
        first_(list_, "block1", shape[0], 32),
        second_(list_, "block2", 32, 64),
        third_(list_, "block3.conv", {.inputs = 64, .outputs = 128, .padding = 0, .bias = true}, Start::kUniform),
        third_norm_(list_, "block3.norm", 128),
        hidden_(list_, "hidden", 128 * last_side(shape[1]) * last_side(shape[2]), 256, Start::kUniform),
        output_(list_, "output", 256, classes, Start::kUniform) {}

 private:
  at::Tensor features(const at::Tensor& input, bool training) override {
    at::Tensor x = second_(first_(input, training), training);
    x = at::max_pool2d(third_norm_.relu(third_(x), training), 2);
    return at::dropout(at::relu(hidden_(x.flatten(1))), 0.5, training);
  }
  const Linear& output_layer() const override { return output_; }

  Block first_, second_;
  Convolution third_;
  BatchNorm third_norm_;
  Linear hidden_, output_;
};

}  // namespace

StatusOr<std::unique_ptr<Model>> make_peifer_cnn(const ModelSpec& /*spec*/, const std::vector<int64_t>& shape,
                                                 int64_t classes, uint64_t seed, const Execution& execution) {
  return std::make_unique<PeiferCnn>(shape, classes, seed, execution);
}

}  // namespace evensweep

#include <string>

#include "agent/trainer/model.h"

namespace evensweep {
namespace {

// A 3 x 3 convolution, batch normalisation, ReLU.
class Stage {
 public:
  Stage(ParameterList& list, const std::string& name, int64_t inputs, int64_t outputs)
      : convolution_(list, name + ".conv", {.inputs = inputs, .outputs = outputs}, Start::kHe),
        norm_(list, name + ".norm", outputs) {}

  at::Tensor operator()(const at::Tensor& input, bool training) const {
    return norm_.relu(convolution_(input), training);
  }

 private:
  Convolution convolution_;
  BatchNorm norm_;
};

// What the two stages make of the input is added to it, after their ReLUs.
class Residual {
 public:
  Residual(ParameterList& list, const std::string& name, int64_t width)
      : first_(list, name + ".1", width, width), second_(list, name + ".2", width, width) {}

  at::Tensor operator()(const at::Tensor& input, bool training) const {
    return input + second_(first_(input, training), training);
  }

 private:
  Stage first_, second_;
};

// The logits are an eighth of what the last layer would give, so that training can begin with a high learning rate.
constexpr double kLogitScale = 0.125;

class Resnet9 final : public Model {
 public:
  Resnet9(int64_t channels, int64_t width, int64_t classes, uint64_t seed, const Execution& execution)
      : Model(seed, execution),
        stem_(list_, "stem", channels, width),
        first_(list_, "stage1", width, 2 * width),
        first_residual_(list_, "residual1", 2 * width),
        second_(list_, "stage2", 2 * width, 4 * width),
        third_(list_, "stage3", 4 * width, 8 * width),
        third_residual_(list_, "residual3", 8 * width),
        output_(list_, "output", 8 * width, classes, Start::kOutput) {}

 private:
  at::Tensor features(const at::Tensor& input, bool training) override {
    at::Tensor x = at::max_pool2d(first_(stem_(input, training), training), 2);
    x = at::max_pool2d(second_(first_residual_(x, training), training), 2);
    x = third_residual_(at::max_pool2d(third_(x, training), 2), training);
    return x.amax({2, 3}) * kLogitScale;
  }
  const Linear& output_layer() const override { return output_; }

  Stage stem_, first_;
  Residual first_residual_;
  Stage second_, third_;
  Residual third_residual_;
  Linear output_;
};

}  // namespace

StatusOr<std::unique_ptr<Model>> make_resnet9(const ModelSpec& spec, const std::vector<int64_t>& shape, int64_t classes,
                                              uint64_t seed, const Execution& execution) {
  return std::make_unique<Resnet9>(shape[0], spec.width, classes, seed, execution);
}

}  // namespace evensweep

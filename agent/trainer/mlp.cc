#include <string>
#include <vector>

#include "agent/trainer/linear_stack.h"
#include "agent/trainer/model.h"
#include "agent/trainer/table_input.h"

namespace evensweep {
namespace {

// Parameters times rows of a batch below which two threads lose more time by waiting for each other than they save.
constexpr int64_t kWorthTwoThreads = 8'000'000;

class Mlp final : public Model {
 public:
  Mlp(const ModelSpec& spec, int64_t inputs, int64_t classes, uint64_t seed, const Execution& execution)
      : Model(seed, execution), dropout_(spec.dropout), input_(list_, inputs, execution.levels) {
    inputs = input_.width();
    for (const int64_t width : spec.hidden) {
      hidden_.emplace_back(list_, "hidden" + std::to_string(hidden_.size() + 1), inputs, width, Start::kHe);
      inputs = width;
    }
    hidden_.emplace_back(list_, "output", inputs, classes, Start::kOutput);
  }

  int64_t useful_threads(int64_t threads, int64_t batch) const override {
    return parameter_count() * batch < kWorthTwoThreads ? 1 : threads;
  }

 private:
  at::Tensor features(const at::Tensor& input, bool training) override {
    at::Tensor x = input_(input.flatten(1));
    for (size_t i = 0; i + 1 < hidden_.size(); ++i) {
      x = at::relu(hidden_[i](x));
      if (dropout_ > 0) x = at::dropout(x, dropout_, training);
    }
    return x;
  }
  const Linear& output_layer() const override { return hidden_.back(); }
  at::Tensor fused_logits(const at::Tensor& input, bool training) override {
    const bool embeds = !execution_.levels.empty();  // the stack begins with numbers
    if (embeds || execution_.bf16 || execution_.cosine_logits || !execution_.device.is_cpu()) return {};
    return linear_stack(input.flatten(1), hidden_, dropout_, training);
  }

  double dropout_;
  TableInput input_;
  std::vector<Linear> hidden_;  // and the output layer at the end
};

}  // namespace

StatusOr<std::unique_ptr<Model>> make_mlp(const ModelSpec& spec, const std::vector<int64_t>& shape, int64_t classes,
                                          uint64_t seed, const Execution& execution) {
  int64_t inputs = 1;
  for (const int64_t size : shape) inputs *= size;
  return std::make_unique<Mlp>(spec, inputs, classes, seed, execution);
}

}  // namespace evensweep

#include <string>
#include <vector>

#include "agent/trainer/model.h"
#include "agent/trainer/table_input.h"

namespace evensweep {
namespace {

// x + linear(dropout(relu(linear(norm(x))))).
class Block {
 public:
  Block(ParameterList& list, const std::string& name, int64_t width, double dropout)
      : norm_(list, name + ".norm", width),
        first_(list, name + ".linear1", width, width, Start::kHe),
        second_(list, name + ".linear2", width, width, Start::kHe),
        dropout_(dropout) {}

  at::Tensor operator()(const at::Tensor& input, bool training) const {
    at::Tensor inner = at::relu(first_(norm_(input)));
    if (dropout_ > 0) inner = at::dropout(inner, dropout_, training);
    return input + second_(inner);
  }

 private:
  LayerNorm norm_;
  Linear first_, second_;
  double dropout_;
};

std::vector<Block> make_blocks(ParameterList& list, const ModelSpec& spec) {
  std::vector<Block> blocks;
  for (int64_t i = 1; i <= spec.blocks; ++i)
    blocks.emplace_back(list, "block" + std::to_string(i), spec.width, spec.dropout);
  return blocks;
}

class Resmlp final : public Model {
 public:
  Resmlp(const ModelSpec& spec, int64_t inputs, int64_t classes, uint64_t seed, const Execution& execution)
      : Model(seed, execution),
        input_(list_, inputs, execution.levels),
        stem_(list_, "stem", input_.width(), spec.width, Start::kOutput),  // no ReLU follows
        blocks_(make_blocks(list_, spec)),
        norm_(list_, "norm", spec.width),
        output_(list_, "output", spec.width, classes, Start::kOutput) {}

 private:
  at::Tensor features(const at::Tensor& input, bool training) override {
    at::Tensor x = stem_(input_(input));
    for (const Block& block : blocks_) x = block(x, training);
    return at::relu(norm_(x));
  }
  const Linear& output_layer() const override { return output_; }

  TableInput input_;
  Linear stem_;
  std::vector<Block> blocks_;
  LayerNorm norm_;
  Linear output_;
};

}  // namespace

StatusOr<std::unique_ptr<Model>> make_resmlp(const ModelSpec& spec, const std::vector<int64_t>& shape, int64_t classes,
                                             uint64_t seed, const Execution& execution) {
  return std::make_unique<Resmlp>(spec, shape[0], classes, seed, execution);
}

}  // namespace evensweep

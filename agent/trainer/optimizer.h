#pragma once
// SGD and Adam over a list of parameters. The state is plain tensors, so that a checkpoint can hold it; one fused call
// updates all parameters.

#include <memory>
#include <string>
#include <vector>

#include "agent/trainer/aten.h"
#include "common/model/spec.h"

namespace evensweep {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Applies the gradients of all parameters, then drops them. Every parameter must have one.
  void step(double lr);
  // Steps taken so far and the tensors that the next step depends on: what a checkpoint must hold.
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  virtual std::vector<NamedTensor> state() const = 0;

 protected:
  explicit Optimizer(std::vector<NamedTensor> parameters);
  virtual void apply(at::TensorList gradients, double lr) = 0;

  // A zero tensor shaped like each parameter, in the same memory layout.
  std::vector<at::Tensor> zeros() const;
  // Names each tensor of `list` after its parameter: "momentum/conv1.weight".
  void add_named(std::vector<NamedTensor>& state, const std::string& kind, const std::vector<at::Tensor>& list) const;

  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  int64_t steps_ = 0;
};

// sgd: v <- momentum v + (g + weight_decay p), p <- p - lr v (with nesterov: - lr (g + weight_decay p + momentum v)),
// the first v being g + weight_decay p, as in torch.optim.SGD.
// adam: Kingma and Ba 2015 with beta 0.9, 0.999 and epsilon 1e-8; weight decay is added to the gradient, as in
// torch.optim.Adam.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, std::vector<NamedTensor> parameters);

}  // namespace evensweep

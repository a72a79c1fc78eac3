#include "agent/trainer/optimizer.h"

#include <utility>

namespace evensweep {
namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(const OptimizerSpec& spec, std::vector<NamedTensor> parameters)
      : Optimizer(std::move(parameters)),
        spec_(spec),
        velocity_(spec.momentum > 0 ? zeros() : std::vector<at::Tensor>()) {}

  std::vector<NamedTensor> state() const override {
    std::vector<NamedTensor> state;
    add_named(state, "momentum", velocity_);
    return state;
  }

 private:
  void apply(at::TensorList gradients, double lr) override {
    at::_fused_sgd_(parameters_, gradients, velocity_, spec_.weight_decay, spec_.momentum, lr, /*dampening=*/0,
                    spec_.nesterov, /*maximize=*/false, /*is_first_step=*/steps_ == 0);
  }

  OptimizerSpec spec_;
  std::vector<at::Tensor> velocity_;
};

class Adam final : public Optimizer {
 public:
  Adam(const OptimizerSpec& spec, std::vector<NamedTensor> parameters)
      : Optimizer(std::move(parameters)), weight_decay_(spec.weight_decay), mean_(zeros()), square_(zeros()) {
    if (!parameters_.empty()) step_ = at::zeros({}, parameters_[0].options().dtype(at::kFloat));
  }

  std::vector<NamedTensor> state() const override {
    std::vector<NamedTensor> state;
    add_named(state, "mean", mean_);
    add_named(state, "square", square_);
    return state;
  }

 private:
  void apply(at::TensorList gradients, double lr) override {
    step_.fill_(static_cast<double>(steps_ + 1));
    const std::vector<at::Tensor> steps(parameters_.size(), step_);
    at::_fused_adam_(parameters_, gradients, mean_, square_, /*max_exp_avg_sqs=*/{}, steps, lr, /*beta1=*/0.9,
                     /*beta2=*/0.999, weight_decay_, /*eps=*/1e-8, /*amsgrad=*/false, /*maximize=*/false);
  }

  double weight_decay_;
  std::vector<at::Tensor> mean_, square_;
  at::Tensor step_;
};

}  // namespace

Optimizer::Optimizer(std::vector<NamedTensor> parameters) {
  for (NamedTensor& parameter : parameters) {
    names_.push_back(std::move(parameter.name));
    parameters_.push_back(std::move(parameter.tensor));
  }
}

void Optimizer::step(double lr) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  gradients.reserve(parameters_.size());
  for (const at::Tensor& parameter : parameters_) gradients.push_back(parameter.grad());
  apply(gradients, lr);
  ++steps_;
  for (at::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

std::vector<at::Tensor> Optimizer::zeros() const {
  std::vector<at::Tensor> list;
  for (const at::Tensor& parameter : parameters_) list.push_back(at::zeros_like(parameter.detach()));
  return list;
}

void Optimizer::add_named(std::vector<NamedTensor>& state, const std::string& kind,
                          const std::vector<at::Tensor>& list) const {
  for (size_t i = 0; i < list.size(); ++i) state.push_back({kind + "/" + names_[i], list[i]});
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, std::vector<NamedTensor> parameters) {
  if (spec.name == "adam") return std::make_unique<Adam>(spec, std::move(parameters));
  return std::make_unique<Sgd>(spec, std::move(parameters));
}

}  // namespace evensweep

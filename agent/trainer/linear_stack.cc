#include "agent/trainer/linear_stack.h"

#include <torch/csrc/autograd/custom_function.h>

#include "agent/trainer/linear_kernels.h"

namespace evensweep {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// 0 with probability `dropout`, else what keeps the expectation.
at::Tensor drawn_noise(const at::Tensor& like, double dropout) {
  at::Tensor noise = at::empty_like(like).bernoulli_(1 - dropout);
  return dropout < 1 ? noise.div_(1 - dropout) : noise;
}

// `parameters` are weight and bias of each layer. Saved for the backward: the input of each layer, each weight and,
// with dropout, each hidden layer's noise.
class LinearStack : public torch::autograd::Function<LinearStack> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, at::TensorList parameters,
                            double dropout) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const size_t layers = parameters.size() / 2;
    variable_list saved{input}, noises;
    at::Tensor x = input;
    for (size_t i = 0; i < layers; ++i) {
      const bool last = i + 1 == layers;
      x = at::mm(x, parameters[2 * i].t());
      add_bias(x.mutable_data_ptr<float>(), parameters[2 * i + 1].const_data_ptr<float>(), x.size(0), x.size(1), !last);
      if (last) break;
      if (dropout > 0) x.mul_(noises.emplace_back(drawn_noise(x, dropout)));
      saved.push_back(x);
    }
    for (size_t i = 0; i < layers; ++i) saved.push_back(parameters[2 * i]);
    saved.insert(saved.end(), noises.begin(), noises.end());
    context->save_for_backward(std::move(saved));
    context->saved_data["layers"] = static_cast<int64_t>(layers);
    return x;
  }

  static variable_list backward(AutogradContext* context, const variable_list& output_gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const auto layers = static_cast<size_t>(context->saved_data["layers"].toInt());
    const bool drops_out = saved.size() > 2 * layers;
    variable_list gradients(2 * layers + 2);  // of the input, of each parameter and, always undefined, of `dropout`
    at::Tensor gradient = output_gradients[0].contiguous();
    for (size_t i = layers; i-- > 0;) {
      const at::Tensor &x = saved[i], &weight = saved[layers + i];
      const bool last = i + 1 == layers;
      gradients[2 + 2 * i] = at::empty({gradient.size(1)}, gradient.options());
      // What a layer gave: dropped or not, it is 0 where its ReLU gave nothing, and what was dropped has no gradient.
      bias_backward(gradient.mutable_data_ptr<float>(), last ? nullptr : saved[i + 1].const_data_ptr<float>(),
                    gradients[2 + 2 * i].mutable_data_ptr<float>(), gradient.size(0), gradient.size(1));
      gradients[1 + 2 * i] = at::mm(gradient.t(), x);
      if (i == 0) break;
      gradient = at::mm(gradient, weight);
      if (drops_out) gradient.mul_(saved[2 * layers + i - 1]);
    }
    if (context->needs_input_grad(0)) gradients[0] = at::mm(gradient, saved[layers]);
    return gradients;
  }
};

}  // namespace

at::Tensor linear_stack(const at::Tensor& input, const std::vector<Linear>& layers, double dropout, bool training) {
  variable_list parameters;
  for (const Linear& layer : layers) {
    parameters.push_back(layer.weight);
    parameters.push_back(layer.bias);
  }
  return LinearStack::apply(input, at::TensorList(parameters), training ? dropout : 0.0);
}

}  // namespace evensweep

#include "agent/trainer/loss.h"

#include <torch/csrc/autograd/custom_function.h>

#include <limits>

namespace evensweep {
namespace {

// log(1 - p[y]) as the log of the sum of the other classes' probabilities: 1 - p itself would round to 0 for sure
// examples, and its power has an infinite gradient there for focal_gamma < 1.
at::Tensor log_of_rest(const at::Tensor& log_p, const at::Tensor& labels) {
  const at::Tensor others = log_p.scatter(1, labels.unsqueeze(1), -std::numeric_limits<double>::infinity());
  return others.logsumexp(1);
}

// batch_loss without a focal factor for float32 on a CPU, as one node of the graph: for small models the nodes cost
// more than their arithmetic.
class MeanCrossEntropy : public torch::autograd::Function<MeanCrossEntropy> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& logits,
                            const at::Tensor& labels, const at::Tensor& class_weights) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::Tensor log_p = at::log_softmax(logits, 1).contiguous();
    const int64_t classes = log_p.size(1);
    const auto* log_ps = log_p.const_data_ptr<float>();
    const auto* truths = labels.const_data_ptr<int64_t>();
    const auto* weights = class_weights.const_data_ptr<float>();
    double sum = 0;
    for (int64_t i = 0; i < log_p.size(0); ++i)
      sum -= weights[truths[i]] * static_cast<double>(log_ps[i * classes + truths[i]]);
    context->save_for_backward({log_p, labels, class_weights});
    return at::scalar_tensor(sum / static_cast<double>(log_p.size(0)), logits.options());
  }

  // w (p - 1 at the true class) / N.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& loss_gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const torch::autograd::variable_list saved = context->get_saved_variables();
    at::Tensor gradient = saved[0].exp();
    const int64_t rows = gradient.size(0), classes = gradient.size(1);
    const float share = loss_gradients[0].item<float>() / static_cast<float>(rows);
    const auto* truths = saved[1].const_data_ptr<int64_t>();
    const auto* weights = saved[2].const_data_ptr<float>();
    for (int64_t i = 0; i < rows; ++i) {
      float* row = gradient.mutable_data_ptr<float>() + i * classes;
      row[truths[i]] -= 1;
      const float weight = weights[truths[i]] * share;
      for (int64_t c = 0; c < classes; ++c) row[c] *= weight;
    }
    return {gradient, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor loss_per_example(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& class_weights,
                            double focal_gamma) {
  const at::Tensor log_p = at::log_softmax(logits, 1);
  const at::Tensor cross_entropy = at::nll_loss(log_p, labels, class_weights, at::Reduction::None);
  if (focal_gamma == 0) return cross_entropy;
  return cross_entropy * (log_of_rest(log_p, labels) * focal_gamma).exp();
}

at::Tensor with_margins(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& margins, double scale) {
  const at::Tensor column = labels.unsqueeze(1);
  return logits.scatter_add(1, column, -margins.index_select(0, labels).unsqueeze(1)) * scale;
}

at::Tensor sigmoid_focal_loss_per_example(const at::Tensor& logits, const at::Tensor& labels,
                                          const at::Tensor& class_weights, double gamma) {
  // In logarithms, as there: sigmoid(z) of the true class is sigmoid(-z) of the others with the sign turned.
  const at::Tensor signs = at::full_like(logits, -1).scatter(1, labels.unsqueeze(1), 1);
  const at::Tensor log_q = at::log_sigmoid(logits * signs);
  const at::Tensor log_rest = at::log_sigmoid(-logits * signs);
  return ((log_rest * gamma).exp() * -log_q).sum(1) * class_weights.index_select(0, labels);
}

at::Tensor batch_loss(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& class_weights,
                      double focal_gamma) {
  if (focal_gamma == 0 && logits.is_cpu() && logits.scalar_type() == at::kFloat)
    return MeanCrossEntropy::apply(logits, labels.contiguous(), class_weights);
  return loss_per_example(logits, labels, class_weights, focal_gamma).sum() / static_cast<double>(logits.size(0));
}

}  // namespace evensweep

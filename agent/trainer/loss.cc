#include "agent/trainer/loss.h"

#include <limits>

namespace evensweep {
namespace {

// log(1 - p[y]) as the log of the sum of the other classes' probabilities: 1 - p itself would round to 0 for sure
// examples, and its power has an infinite gradient there for focal_gamma < 1.
at::Tensor log_of_rest(const at::Tensor& log_p, const at::Tensor& labels) {
  const at::Tensor others = log_p.scatter(1, labels.unsqueeze(1), -std::numeric_limits<double>::infinity());
  return others.logsumexp(1);
}

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
  return loss_per_example(logits, labels, class_weights, focal_gamma).sum() / static_cast<double>(logits.size(0));
}

}  // namespace evensweep

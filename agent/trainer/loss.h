#pragma once

#include "agent/trainer/aten.h"

namespace evensweep {

// w[y] (1 - p)^focal_gamma (-log p) of each example, p the softmax probability of its true class y.
// logits [N, C] in float32 or float64, labels [N] int64, class_weights [C] of the logits' type; gives [N].
// Lin et al. 2017, eq. 4, in its softmax form, with class weights. Value and gradient are finite for all finite logits
// and every focal_gamma >= 0, at p = 1 too.
at::Tensor loss_per_example(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& class_weights,
                            double focal_gamma);

// scale (z - m[y] at the true class y): what LDAM (Cao et al. 2019, eq. 13) gives to the cross entropy. `margins` [C]
// of the logits' type; gives [N, C].
at::Tensor with_margins(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& margins, double scale);

// w[y] sum_c (1 - q_c)^gamma (-log q_c), q_c being sigmoid(z_c) for the true class and 1 - sigmoid(z_c) for the others:
// Lin et al. 2017 in the form of their section 3, each class a detector of its own, without their alpha. Shapes and
// guarantees as for loss_per_example.
at::Tensor sigmoid_focal_loss_per_example(const at::Tensor& logits, const at::Tensor& labels,
                                          const at::Tensor& class_weights, double gamma);

// The sum of loss_per_example divided by the number of examples (not by the sum of their weights, as libtorch's own
// weighted mean does: that would undo the weights of a batch of one class). A scalar.
at::Tensor batch_loss(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& class_weights,
                      double focal_gamma);

}  // namespace evensweep

#pragma once

#include "agent/trainer/aten.h"

namespace evensweep {

// w[y] (1 - p)^focal_gamma (-log p) of each example, p the softmax probability of its true class y.
// logits [N, C] in float32 or float64, labels [N] int64, class_weights [C] of the logits' type; gives [N].
// Lin et al. 2017, eq. 4, in its softmax form, with class weights. Value and gradient are finite for all finite logits
// and every focal_gamma >= 0, at p = 1 too.
at::Tensor loss_per_example(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& class_weights,
                            double focal_gamma);

// The sum of the above divided by the number of examples (not by the sum of their weights, as libtorch's own weighted
// mean does: that would undo the weights of a batch of one class). A scalar.
at::Tensor batch_loss(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& class_weights,
                      double focal_gamma);

}  // namespace evensweep

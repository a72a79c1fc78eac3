#pragma once

#include <span>

#include "agent/trainer/aten.h"

namespace evensweep {

// The recurrent part of an LSTM layer (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; gates
// in the order of PyTorch: input, forget, cell, output), over sequences of different lengths side by side, with a
// gradient of its own: between time steps only one product of matrices is left, and the gradient of the weights is one
// product over all steps. No step is computed after the end of a sequence.
//
// The sequences are sorted by falling length; step t has the rows of the first `active[t]` of them, right after those
// of step t - 1. `gates` [sum of active, 4 h] holds what the inputs and the biases give to the gates, `weight` [4 h, h]
// is that of the hidden state. Returns the hidden states [sum of active, h] in float32; initial states are 0. With
// `bf16`, the products are of bfloat16 numbers; gates, states and sums between steps stay in float32.
at::Tensor lstm_recurrence(const at::Tensor& gates, const at::Tensor& weight, std::span<const int64_t> active,
                           bool bf16);

}  // namespace evensweep

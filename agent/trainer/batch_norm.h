#pragma once

#include "agent/trainer/aten.h"

namespace evensweep {

struct NormState {
  const at::Tensor &weight, &bias, &mean, &variance;  // [channels], float32; the last two are running
};

// Batch normalisation of [N, channels, height, width], then `added` (may be undefined) is added, then, if `relu`, what
// is negative becomes 0. Ioffe and Szegedy 2015; momentum 0.1, epsilon 1e-5; the running variance is the unbiased one.
// In training the batch's own statistics are used and the running ones follow them. float32 or bfloat16; the output is
// as the input. On a CPU this is two passes over memory forward and two backward, where ATen's own operations need up
// to nine; elsewhere those are used.
at::Tensor batch_norm(const at::Tensor& input, const at::Tensor& added, const NormState& state, bool relu,
                      bool training);

}  // namespace evensweep

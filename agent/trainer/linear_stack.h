#pragma once

#include <vector>

#include "agent/trainer/aten.h"
#include "agent/trainer/layers.h"

namespace evensweep {

// Linear layers with ReLU and, if training, dropout between them: [N, features] to the last layer's [N, outputs], in
// float32. One node of the graph with a backward of its own: for layers as narrow as those of tables, a node for each
// operation costs more than its arithmetic. Draws from the device's default generator as at::dropout does.
at::Tensor linear_stack(const at::Tensor& input, const std::vector<Linear>& layers, double dropout, bool training);

}  // namespace evensweep

#pragma once
// What is between the products of a stack of linear layers, each in one pass: float32, rows by width, contiguous.

#include <cstdint>

namespace evensweep {

// values += bias, and then, with `relu`, max(values, 0). NaN stays NaN.
void add_bias(float* values, const float* bias, int64_t rows, int64_t width, bool relu);

// The gradient of the ReLU's input from that of its output, in place: 0 where the output `relu` is, and that of the
// bias before it: sums over the rows. Without `relu` there was no ReLU, and the gradient stays as it is.
void bias_backward(float* gradient, const float* relu, float* bias_gradient, int64_t rows, int64_t width);

}  // namespace evensweep

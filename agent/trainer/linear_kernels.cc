#include "agent/trainer/linear_kernels.h"

#include "agent/trainer/lanes.h"

namespace evensweep {
namespace {

// NaN is not below 0: it comes through, so that a training that diverges is noticed.
EV_INLINE Lanes positive(const Lanes& lanes) { return lanes < 0 ? Lanes{} : lanes; }

EV_INLINE float positive(float value) { return value < 0 ? 0.0F : value; }

// One column of lanes, or one of single numbers where fewer are left.
template <bool kRelu>
EV_INLINE void column_backward(float* gradient, const float* relu, float* sums, int64_t rows, int64_t width) {
  Lanes even{}, odd{};  // two sums that grow side by side, as additions wait for each other
  for (int64_t row = 0; row < rows; ++row) {
    Lanes lanes = load_lanes(gradient + row * width);
    if constexpr (kRelu) {
      lanes = where(load_lanes(relu + row * width) != 0, lanes);
      store_lanes(gradient + row * width, lanes);
    }
    (row % 2 == 0 ? even : odd) += lanes;
  }
  store_lanes(sums, even + odd);
}

template <bool kRelu>
EV_INLINE void single_backward(float* gradient, const float* relu, float* sums, int64_t rows, int64_t width) {
  float sum = 0;
  for (int64_t row = 0; row < rows; ++row) {
    float& value = gradient[row * width];
    if constexpr (kRelu)
      if (relu[row * width] == 0) value = 0;
    sum += value;
  }
  *sums = sum;
}

template <bool kRelu>
EV_INLINE void all_backward(float* gradient, const float* relu, float* sums, int64_t rows, int64_t width) {
  int64_t column = 0;
  for (; column + kLanes <= width; column += kLanes)
    column_backward<kRelu>(gradient + column, relu + column, sums + column, rows, width);
  for (; column < width; ++column) single_backward<kRelu>(gradient + column, relu + column, sums + column, rows, width);
}

}  // namespace

EV_CLONES void add_bias(float* values, const float* bias, int64_t rows, int64_t width, bool relu) {
  for (int64_t row = 0; row < rows; ++row) {
    float* at = values + row * width;
    int64_t column = 0;
    for (; column + kLanes <= width; column += kLanes) {
      const Lanes sum = load_lanes(at + column) + load_lanes(bias + column);
      store_lanes(at + column, relu ? positive(sum) : sum);
    }
    for (; column < width; ++column) {
      const float sum = at[column] + bias[column];
      at[column] = relu ? positive(sum) : sum;
    }
  }
}

EV_CLONES void bias_backward(float* gradient, const float* relu, float* bias_gradient, int64_t rows, int64_t width) {
  if (relu != nullptr)
    all_backward<true>(gradient, relu, bias_gradient, rows, width);
  else
    all_backward<false>(gradient, gradient, bias_gradient, rows, width);
}

}  // namespace evensweep

#pragma once
// Batch normalisation together with the addition and the ReLU after it, in loops over plain memory. These take most of
// the time of a small network outside its convolutions, and what they cost is passes over memory: two forward, two
// backward. Knows no libtorch.
//
// A batch of [images, channels, height, width] is cut into parts, so that threads share it: sums are taken within a
// part in float32 and over parts, in their order, in float64. The result does not depend on the number of threads.

#include <cstdint>

#include "agent/trainer/lanes.h"

namespace evensweep {

struct NormShape {
  int64_t images = 0, channels = 0, plane = 0;  // plane: pixels of an image
  bool channels_last = false;  // channels innermost in memory; else each channel of an image is a plane

  int64_t values() const { return images * channels * plane; }
};

// Part `index` of a batch: rows are pixels (channels_last) or images.
struct NormPart {
  NormShape shape;
  int64_t begin = 0, end = 0;
};
int64_t norm_parts(const NormShape& shape);
NormPart norm_part(const NormShape& shape, int64_t index);

// What the ReLU let through.
enum class Mask {
  kAll,     // there was no ReLU
  kInput,   // where scale x + offset > 0
  kOutput,  // where the output is > 0
};

// All pointers to one number for each channel, and tensors in the shape's layout. T is float or Bfloat16.

// The part's sums of x - shift and of its square: sums[0 .. C) and sums[C .. 2 C).
template <typename T>
void norm_sums(const NormPart& part, const T* x, const float* shift, float* sums);

// y = scale x + offset [+ added], and 0 where that is negative if `relu`. `added` may be null.
template <typename T>
void norm_apply(const NormPart& part, const T* x, const T* added, const float* scale, const float* offset, bool relu,
                T* y);

// g is the gradient dy where the mask lets it through, else 0; written to `masked` unless that is null.
// The part's sums of g and of g (x - mean): sums[0 .. C) and sums[C .. 2 C). `y` is read for Mask::kOutput only, scale
// and offset for Mask::kInput.
template <typename T>
struct NormGradient {
  const T* dy;
  const T* x;
  const T* y;
  T* masked;
  const float *mean, *scale, *offset;
};
template <typename T>
void norm_gradient_sums(const NormPart& part, const NormGradient<T>& gradient, Mask mask, float* sums);

// dx = scale (g - mean_gradient) + slope (x - mean).
template <typename T>
void norm_gradient(const NormPart& part, const NormGradient<T>& gradient, Mask mask, const float* mean_gradient,
                   const float* slope, T* dx);

}  // namespace evensweep

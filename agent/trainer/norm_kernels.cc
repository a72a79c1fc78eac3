#include "agent/trainer/norm_kernels.h"

#include <algorithm>

namespace evensweep {
namespace {

constexpr int64_t kPartValues = 8192;  // of a few tensors, they stay in the first-level cache
constexpr int kChains = 4;             // sums that grow side by side, as additions wait for each other

int64_t rows_of(const NormShape& shape) { return shape.channels_last ? shape.images * shape.plane : shape.images; }

int64_t rows_at_once(const NormShape& shape) {
  const int64_t row = shape.channels_last ? shape.channels : shape.channels * shape.plane;
  return std::max<int64_t>(kPartValues / row, 1);
}

// Where a loop is: values [at, at + lanes) of the tensors. Whole places have all lanes.
struct Whole {
  int64_t at;
  template <typename T>
  EV_INLINE Lanes load(const T* tensor) const {
    return load_lanes(tensor + at);
  }
  template <typename T>
  EV_INLINE void store(T* tensor, const Lanes& lanes) const {
    store_lanes(tensor + at, lanes);
  }
  EV_INLINE Lanes only(const Lanes& lanes) const { return lanes; }  // 0 in lanes that are not there
};

struct Rest {
  int64_t at, count;
  template <typename T>
  EV_INLINE Lanes load(const T* tensor) const {
    return load_some(tensor + at, count);
  }
  template <typename T>
  EV_INLINE void store(T* tensor, const Lanes& lanes) const {
    store_some(tensor + at, lanes, count);
  }
  EV_INLINE Lanes only(const Lanes& lanes) const {
    float all[kLanes];
    store_lanes(all, lanes);
    return load_some(all, count);
  }
};

// The channels that a loop is at: one for each lane (channels_last), or one for all of them.
struct Channels {
  int64_t first, count;
  bool spread;
  EV_INLINE Lanes load(const float* of_channels) const {
    if (spread) return all_lanes(of_channels[first]);
    return count == kLanes ? load_lanes(of_channels + first) : load_some(of_channels + first, count);
  }
  EV_INLINE void store_sum(float* of_channels, const Lanes& sum) const {
    if (!spread) return store_some(of_channels + first, sum, count);
    float all = 0;
    for (int64_t lane = 0; lane < kLanes; ++lane) all += sum[lane];
    of_channels[first] = all;
  }
};

// Takes a body over a part: body.enter(channels), then body.at(place, chain) for all their values, then
// body.leave(channels), for all channels. A body is a struct of always inlined functions.
template <typename Body>
EV_INLINE void walk_pixels(const NormPart& part, Body& body) {
  const int64_t width = part.shape.channels;
  for (int64_t channel = 0; channel < width; channel += kLanes) {
    const Channels channels{.first = channel, .count = std::min(kLanes, width - channel), .spread = false};
    body.enter(channels);
    int64_t row = part.begin;
    if (channels.count == kLanes) {
      for (; row + kChains <= part.end; row += kChains)
#pragma GCC unroll 4
        for (int chain = 0; chain < kChains; ++chain) body.at(Whole{(row + chain) * width + channel}, chain);
      for (; row < part.end; ++row) body.at(Whole{row * width + channel}, 0);
    }
    for (; row < part.end; ++row) body.at(Rest{row * width + channel, channels.count}, 0);
    body.leave(channels);
  }
}

template <typename Body>
EV_INLINE void walk_planes(const NormPart& part, Body& body) {
  const int64_t plane = part.shape.plane;
  for (int64_t channel = 0; channel < part.shape.channels; ++channel) {
    const Channels channels{.first = channel, .count = 1, .spread = true};
    body.enter(channels);
    for (int64_t image = part.begin; image < part.end; ++image) {
      const int64_t start = (image * part.shape.channels + channel) * plane;
      int64_t i = 0;
      for (; i + kChains * kLanes <= plane; i += kChains * kLanes)
#pragma GCC unroll 4
        for (int chain = 0; chain < kChains; ++chain) body.at(Whole{start + i + chain * kLanes}, chain);
      for (; i + kLanes <= plane; i += kLanes) body.at(Whole{start + i}, 0);
      if (i < plane) body.at(Rest{start + i, plane - i}, 0);
    }
    body.leave(channels);
  }
}

template <typename Body>
EV_INLINE void walk(const NormPart& part, Body body) {
  if (part.shape.channels_last)
    walk_pixels(part, body);
  else
    walk_planes(part, body);
}

struct TwoSums {
  Lanes first[kChains], second[kChains];
  EV_INLINE void clear() {
    for (int chain = 0; chain < kChains; ++chain) first[chain] = second[chain] = Lanes{};
  }
  EV_INLINE void add(const Lanes& one, const Lanes& other, int chain) {
    first[chain] += one;
    second[chain] += other;
  }
  EV_INLINE void store(const Channels& channels, float* sums, int64_t width) const {
    channels.store_sum(sums, (first[0] + first[1]) + (first[2] + first[3]));
    channels.store_sum(sums + width, (second[0] + second[1]) + (second[2] + second[3]));
  }
};

template <typename T>
struct Sums {
  const T* x;
  const float* shift_of;
  float* sums;
  int64_t width;
  Lanes shift = {};
  TwoSums two = {};
  EV_INLINE void enter(const Channels& channels) {
    shift = channels.load(shift_of);
    two.clear();
  }
  template <typename Place>
  EV_INLINE void at(const Place& place, int chain) {
    const Lanes value = place.only(place.load(x) - shift);
    two.add(value, value * value, chain);
  }
  EV_INLINE void leave(const Channels& channels) { two.store(channels, sums, width); }
};

template <typename T, bool kAdded, bool kRelu>
struct Apply {
  const T *x, *added;
  const float *scale_of, *offset_of;
  T* y;
  Lanes scale = {}, offset = {};
  EV_INLINE void enter(const Channels& channels) {
    scale = channels.load(scale_of);
    offset = channels.load(offset_of);
  }
  template <typename Place>
  EV_INLINE void at(const Place& place, int) {
    Lanes value = place.load(x) * scale + offset;
    if constexpr (kAdded) value += place.load(added);
    // Not value > 0: a NaN must stay one, so that a training that diverges is seen.
    if constexpr (kRelu) value = value < 0 ? Lanes{} : value;
    place.store(y, value);
  }
  EV_INLINE void leave(const Channels&) {}
};

// The gradient where the mask lets it through, for the two loops that need it.
template <typename T, Mask kMask>
struct Masked {
  const NormGradient<T>& of;
  Lanes scale = {}, offset = {};
  EV_INLINE void enter(const Channels& channels) {
    if constexpr (kMask != Mask::kInput) return;
    scale = channels.load(of.scale);
    offset = channels.load(of.offset);
  }
  template <typename Place>
  EV_INLINE Lanes at(const Place& place, const Lanes& x) const {
    const Lanes dy = place.load(of.dy);
    if constexpr (kMask == Mask::kInput) return where(x * scale + offset > 0, dy);
    if constexpr (kMask == Mask::kOutput) return where(place.load(of.y) > 0, dy);
    return dy;
  }
};

template <typename T, Mask kMask, bool kWrite>
struct GradientSums {
  const NormGradient<T>& of;
  float* sums;
  int64_t width;
  Masked<T, kMask> masked{of};
  Lanes mean = {};
  TwoSums two = {};
  EV_INLINE void enter(const Channels& channels) {
    masked.enter(channels);
    mean = channels.load(of.mean);
    two.clear();
  }
  template <typename Place>
  EV_INLINE void at(const Place& place, int chain) {
    const Lanes x = place.load(of.x);
    const Lanes gradient = masked.at(place, x);
    if constexpr (kWrite) place.store(of.masked, gradient);
    const Lanes kept = place.only(gradient);
    two.add(kept, kept * (x - mean), chain);
  }
  EV_INLINE void leave(const Channels& channels) { two.store(channels, sums, width); }
};

template <typename T, Mask kMask>
struct Gradient {
  const NormGradient<T>& of;
  const float *mean_gradient_of, *slope_of;
  T* dx;
  Masked<T, kMask> masked{of};
  Lanes mean = {}, scale = {}, mean_gradient = {}, slope = {};
  EV_INLINE void enter(const Channels& channels) {
    masked.enter(channels);
    mean = channels.load(of.mean);
    scale = channels.load(of.scale);
    mean_gradient = channels.load(mean_gradient_of);
    slope = channels.load(slope_of);
  }
  template <typename Place>
  EV_INLINE void at(const Place& place, int) {
    const Lanes x = place.load(of.x);
    place.store(dx, scale * (masked.at(place, x) - mean_gradient) + slope * (x - mean));
  }
  EV_INLINE void leave(const Channels&) {}
};

// One function for the loops of each type, so that each is compiled for each level of processor.

template <typename T>
EV_INLINE void apply(const NormPart& part, const T* x, const T* added, const float* scale, const float* offset,
                     bool relu, T* y) {
  if (added != nullptr && relu) return walk(part, Apply<T, true, true>{x, added, scale, offset, y});
  if (added != nullptr) return walk(part, Apply<T, true, false>{x, added, scale, offset, y});
  if (relu) return walk(part, Apply<T, false, true>{x, added, scale, offset, y});
  walk(part, Apply<T, false, false>{x, added, scale, offset, y});
}

template <typename T, Mask kMask>
EV_INLINE void gradient_sums(const NormPart& part, const NormGradient<T>& of, float* sums) {
  if (of.masked != nullptr)
    walk(part, GradientSums<T, kMask, true>{of, sums, part.shape.channels});
  else
    walk(part, GradientSums<T, kMask, false>{of, sums, part.shape.channels});
}

template <typename T>
EV_INLINE void gradient_sums(const NormPart& part, const NormGradient<T>& of, Mask mask, float* sums) {
  if (mask == Mask::kAll) return gradient_sums<T, Mask::kAll>(part, of, sums);
  if (mask == Mask::kInput) return gradient_sums<T, Mask::kInput>(part, of, sums);
  gradient_sums<T, Mask::kOutput>(part, of, sums);
}

template <typename T>
EV_INLINE void gradient(const NormPart& part, const NormGradient<T>& of, Mask mask, const float* mean_gradient,
                        const float* slope, T* dx) {
  if (mask == Mask::kAll) return walk(part, Gradient<T, Mask::kAll>{of, mean_gradient, slope, dx});
  if (mask == Mask::kInput) return walk(part, Gradient<T, Mask::kInput>{of, mean_gradient, slope, dx});
  walk(part, Gradient<T, Mask::kOutput>{of, mean_gradient, slope, dx});
}

}  // namespace

int64_t norm_parts(const NormShape& shape) {
  const int64_t at_once = rows_at_once(shape);
  return (rows_of(shape) + at_once - 1) / at_once;
}

NormPart norm_part(const NormShape& shape, int64_t index) {
  const int64_t at_once = rows_at_once(shape), begin = index * at_once;
  return {.shape = shape, .begin = begin, .end = std::min(begin + at_once, rows_of(shape))};
}

// Templates cannot be cloned, their callers can.
#define EV_NORM_KERNELS(T)                                                                                            \
  namespace {                                                                                                         \
  EV_CLONES void sums_##T(const NormPart& part, const T* x, const float* shift, float* sums) {                        \
    walk(part, Sums<T>{x, shift, sums, part.shape.channels});                                                         \
  }                                                                                                                   \
  EV_CLONES void apply_##T(const NormPart& part, const T* x, const T* added, const float* scale, const float* offset, \
                           bool relu, T* y) {                                                                         \
    apply(part, x, added, scale, offset, relu, y);                                                                    \
  }                                                                                                                   \
  EV_CLONES void gradient_sums_##T(const NormPart& part, const NormGradient<T>& of, Mask mask, float* sums) {         \
    gradient_sums(part, of, mask, sums);                                                                              \
  }                                                                                                                   \
  EV_CLONES void gradient_##T(const NormPart& part, const NormGradient<T>& of, Mask mask, const float* mean_gradient, \
                              const float* slope, T* dx) {                                                            \
    gradient(part, of, mask, mean_gradient, slope, dx);                                                               \
  }                                                                                                                   \
  }                                                                                                                   \
  template <>                                                                                                         \
  void norm_sums(const NormPart& part, const T* x, const float* shift, float* sums) {                                 \
    sums_##T(part, x, shift, sums);                                                                                   \
  }                                                                                                                   \
  template <>                                                                                                         \
  void norm_apply(const NormPart& part, const T* x, const T* added, const float* scale, const float* offset,          \
                  bool relu, T* y) {                                                                                  \
    apply_##T(part, x, added, scale, offset, relu, y);                                                                \
  }                                                                                                                   \
  template <>                                                                                                         \
  void norm_gradient_sums(const NormPart& part, const NormGradient<T>& of, Mask mask, float* sums) {                  \
    gradient_sums_##T(part, of, mask, sums);                                                                          \
  }                                                                                                                   \
  template <>                                                                                                         \
  void norm_gradient(const NormPart& part, const NormGradient<T>& of, Mask mask, const float* mean_gradient,          \
                     const float* slope, T* dx) {                                                                     \
    gradient_##T(part, of, mask, mean_gradient, slope, dx);                                                           \
  }

EV_NORM_KERNELS(float)
EV_NORM_KERNELS(Bfloat16)
#undef EV_NORM_KERNELS

}  // namespace evensweep

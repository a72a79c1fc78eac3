#pragma once
// Sixteen numbers at a time, for loops that the compiler is to make vector code of, whatever the processor has.

#include <cstdint>
#include <cstring>

// Compiled for each level of x86-64; the loader takes the best that the processor has. What such a function calls must
// be EV_INLINE to be compiled with it.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define EV_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define EV_CLONES
#endif
#define EV_INLINE inline __attribute__((always_inline))

namespace evensweep {

enum class Bfloat16 : uint16_t {};  // its bits: the upper half of a float32

constexpr int64_t kLanes = 16;
using Lanes = float __attribute__((vector_size(4 * kLanes)));
using LaneBits = uint32_t __attribute__((vector_size(4 * kLanes)));
using LaneHalves = uint16_t __attribute__((vector_size(2 * kLanes)));

EV_INLINE Lanes load_lanes(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

EV_INLINE Lanes load_lanes(const Bfloat16* from) {
  LaneHalves halves;
  std::memcpy(&halves, from, sizeof halves);
  return reinterpret_cast<Lanes>(__builtin_convertvector(halves, LaneBits) << 16);
}

EV_INLINE void store_lanes(float* to, const Lanes& lanes) { std::memcpy(to, &lanes, sizeof lanes); }

// Rounds to the nearest, ties to even. A quiet NaN, the only kind that arithmetic gives, stays one.
EV_INLINE void store_lanes(Bfloat16* to, const Lanes& lanes) {
  const LaneBits bits = reinterpret_cast<LaneBits>(lanes);
  const LaneBits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const LaneHalves halves = __builtin_convertvector(rounded, LaneHalves);
  std::memcpy(to, &halves, sizeof halves);
}

// The first `count` lanes; the others are 0.
template <typename T>
EV_INLINE Lanes load_some(const T* from, int64_t count) {
  T all[kLanes] = {};
  std::memcpy(all, from, static_cast<size_t>(count) * sizeof(T));
  return load_lanes(all);
}

template <typename T>
EV_INLINE void store_some(T* to, const Lanes& lanes, int64_t count) {
  T all[kLanes];
  store_lanes(all, lanes);
  std::memcpy(to, all, static_cast<size_t>(count) * sizeof(T));
}

EV_INLINE Lanes all_lanes(float value) { return Lanes{} + value; }

// `lanes` where `mask` is set, else 0.
template <typename Condition>
EV_INLINE Lanes where(const Condition& mask, const Lanes& lanes) {
  return mask ? lanes : Lanes{};
}

}  // namespace evensweep

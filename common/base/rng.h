#pragma once
// Named random streams. A stream is a pure function of (seed, purpose, indices), the same on every machine, so that
// drawing more from one purpose never shifts another: a change of class weights leaves split, initialisation, data
// order and augmentation as they were.
// Generator: xoshiro256++ (Blackman and Vigna 2019), state filled by SplitMix64.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

namespace evensweep {

class Rng {
 public:
  using result_type = uint64_t;

  Rng(uint64_t seed, std::string_view purpose, std::initializer_list<uint64_t> indices = {});

  uint64_t operator()();
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return UINT64_MAX; }

  double uniform();                // in [0, 1), 53 bits
  uint64_t below(uint64_t bound);  // unbiased in [0, bound); bound > 0

  // Fisher-Yates; std::shuffle's result differs between standard libraries.
  template <typename T>
  void shuffle(std::span<T> items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace evensweep

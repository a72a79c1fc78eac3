#include "common/base/rng.h"

#include <bit>

namespace evensweep {
namespace {

uint64_t split_mix(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void absorb(uint64_t& state, uint64_t value) {
  state ^= value;
  state = split_mix(state);
}

}  // namespace

Rng::Rng(uint64_t seed, std::string_view purpose, std::initializer_list<uint64_t> indices) {
  uint64_t mix = 0x6576656e73776565ULL;
  absorb(mix, seed);
  absorb(mix, purpose.size());
  for (unsigned char c : purpose) absorb(mix, c);
  for (uint64_t index : indices) absorb(mix, index);
  for (uint64_t& word : state_) word = split_mix(mix);
}

uint64_t Rng::operator()() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Rng::uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

uint64_t Rng::below(uint64_t bound) {
  // Lemire 2019: multiply and reject the few values that would bias the result.
  unsigned __int128 product = static_cast<unsigned __int128>((*this)()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = -bound % bound;
    while (static_cast<uint64_t>(product) < threshold) product = static_cast<unsigned __int128>((*this)()) * bound;
  }
  return static_cast<uint64_t>(product >> 64);
}

}  // namespace evensweep

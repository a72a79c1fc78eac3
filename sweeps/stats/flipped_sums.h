#pragma once
// The sums of a family's differences over the sign vectors of its blocks: what max-T counts. Internal to sweeps/stats.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evensweep {

// Block by block the numbers of all arms beside each other.
struct FlipFamily {
  size_t blocks = 0, arms = 0;
  std::vector<double> numbers;

  double at(size_t block, size_t arm) const { return numbers[block * arms + arm]; }
};

enum class SumOf { kSigned, kSize };  // which sums are large: those far above 0, or those far from it

// Which vector instructions do the work; all give the same numbers. kBest: the widest that the processor has.
enum class Instructions { kPlain, kAvx2, kAvx512, kBest };
bool has_instructions(Instructions instructions);

struct FlipOptions {
  SumOf sum = SumOf::kSigned;
  uint64_t seed = 0;
  Instructions instructions = Instructions::kBest;
};

// Of how many sign vectors; all 2^n up to kExactMaxT blocks (a half where a vector and its negative are alike), else
// kDrawnSignFlips that are drawn from the stream (seed, "max t") and the one that flips nothing.
struct ReachCounts {
  int64_t vectors = 0;
  std::vector<int64_t> any;    // for each arm: under so many vectors some arm's sum reaches this arm's bound
  std::vector<int64_t> up_to;  // the same of the arms 0 .. this one
};
// One bound for each arm. 2^(n-1) steps for each arm, some sixteen of them at once.
ReachCounts count_reaching(const FlipFamily& family, const std::vector<double>& bounds, const FlipOptions& options);

// The smallest number that the largest sum over the arms exceeds under a share alpha of these vectors at most, 0 <=
// alpha < 1. Infinite without arms.
double quantile_of_largest(const FlipFamily& family, double alpha, const FlipOptions& options);

}  // namespace evensweep

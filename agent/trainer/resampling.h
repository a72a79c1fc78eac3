#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace evensweep {

// The rows of one epoch with `quota[c]` of class c, class after class: every row of the class as often as all of them
// fit into the quota, and for the rest of it different ones drawn without replacement. `labels` has the class of every
// row of the data set. A pure function of its arguments. A class with a quota must have training rows.
std::vector<uint32_t> resampled_rows(std::span<const uint32_t> train, std::span<const uint16_t> labels,
                                     std::span<const int64_t> quota, uint64_t seed, int64_t epoch);

}  // namespace evensweep

#include "agent/trainer/resampling.h"

#include <algorithm>

#include "common/base/rng.h"

namespace evensweep {

std::vector<uint32_t> resampled_rows(std::span<const uint32_t> train, std::span<const uint16_t> labels,
                                     std::span<const int64_t> quota, uint64_t seed, int64_t epoch) {
  std::vector<std::vector<uint32_t>> of_class(quota.size());
  for (const uint32_t row : train) of_class[labels[row]].push_back(row);
  std::vector<uint32_t> rows;
  for (size_t c = 0; c < quota.size(); ++c) {
    std::vector<uint32_t>& own = of_class[c];
    Rng(seed, "resample", {static_cast<uint64_t>(epoch), static_cast<uint64_t>(c)}).shuffle(std::span(own));
    for (auto left = static_cast<size_t>(quota[c]); left > 0;) {
      const size_t taken = std::min(left, own.size());
      rows.insert(rows.end(), own.begin(), own.begin() + static_cast<ptrdiff_t>(taken));
      left -= taken;
    }
  }
  return rows;
}

}  // namespace evensweep

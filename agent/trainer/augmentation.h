#pragma once

#include <cstdint>
#include <vector>

#include "common/model/spec.h"

namespace evensweep {

// How one example is looked at. An image: mirrored or not, and which part of the padded image is cut out. A name: which
// part of it is another one's.
struct View {
  enum class Part : uint8_t { kNone, kFirst, kRest };
  bool flip = false;
  int32_t down = 0, right = 0;  // pixels by which the cut lies below and right of the original, may be negative
  Part part = Part::kNone;
  uint32_t lender = 0;  // the row of the other name
  friend bool operator==(const View&, const View&) = default;
};

// The views of a batch of `count` images: a pure function of its arguments. `step` counts within the epoch.
std::vector<View> draw_views(const AugmentationSpec& augmentation, uint64_t seed, int64_t epoch, int64_t step,
                             size_t count);

}  // namespace evensweep

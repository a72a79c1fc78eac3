#pragma once

#include <cstdint>
#include <vector>

#include "common/model/spec.h"

namespace evensweep {

// How one image is looked at: mirrored or not, and which part of the padded image is cut out.
struct View {
  bool flip = false;
  int32_t down = 0, right = 0;  // pixels by which the cut lies below and right of the original, may be negative
  friend bool operator==(const View&, const View&) = default;
};

// The views of a batch of `count` images: a pure function of its arguments. `step` counts within the epoch.
std::vector<View> draw_views(const AugmentationSpec& augmentation, uint64_t seed, int64_t epoch, int64_t step,
                             size_t count);

}  // namespace evensweep

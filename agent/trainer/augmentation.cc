#include "agent/trainer/augmentation.h"

#include "common/base/rng.h"

namespace evensweep {

std::vector<View> draw_views(const AugmentationSpec& augmentation, uint64_t seed, int64_t epoch, int64_t step,
                             size_t count) {
  std::vector<View> views(count);
  if (!augmentation.flip && augmentation.crop_padding == 0) return views;
  Rng rng(seed, "augment", {static_cast<uint64_t>(epoch), static_cast<uint64_t>(step)});
  const auto padding = static_cast<int32_t>(augmentation.crop_padding);
  const auto places = static_cast<uint64_t>(2 * padding + 1);
  for (View& view : views) {
    if (augmentation.flip) view.flip = (rng() >> 63) != 0;
    if (padding == 0) continue;
    view.down = static_cast<int32_t>(rng.below(places)) - padding;
    view.right = static_cast<int32_t>(rng.below(places)) - padding;
  }
  return views;
}

}  // namespace evensweep

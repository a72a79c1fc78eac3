#include "agent/trainer/class_views.h"

#include <ATen/CPUGeneratorImpl.h>

#include "common/base/rng.h"

namespace evensweep {

std::vector<int64_t> change_views(const ClassAugmentation& augmentation, std::span<const uint16_t> classes,
                                  uint64_t seed, int64_t epoch, int64_t step, std::span<View> views) {
  Rng rng(seed, "class views", {static_cast<uint64_t>(epoch), static_cast<uint64_t>(step)});
  const auto padding = static_cast<int32_t>(augmentation.crop_padding);
  const double places = 2.0 * padding + 1;
  std::vector<int64_t> chosen;
  for (size_t i = 0; i < classes.size(); ++i) {
    // Always as many draws, so that those of one example do not shift the next one's.
    const bool changed = rng.uniform() < augmentation.probabilities[classes[i]];
    const bool flip = (rng() >> 63) != 0;
    const auto down = static_cast<int32_t>(rng.uniform() * places) - padding;
    const auto right = static_cast<int32_t>(rng.uniform() * places) - padding;
    if (!changed) continue;
    chosen.push_back(static_cast<int64_t>(i));
    if (views.empty()) continue;
    if (augmentation.flip) views[i].flip = flip;
    if (padding > 0) views[i].down = down, views[i].right = right;
  }
  return chosen;
}

void add_noise(at::Tensor& inputs, const std::vector<int64_t>& positions, double sigma, const at::Tensor& mask,
               uint64_t seed, int64_t epoch, int64_t step) {
  if (positions.empty() || sigma == 0) return;
  Rng rng(seed, "class noise", {static_cast<uint64_t>(epoch), static_cast<uint64_t>(step)});
  const at::Generator generator = at::detail::createCPUGenerator(rng());
  std::vector<int64_t> shape = inputs.sizes().vec();
  shape[0] = static_cast<int64_t>(positions.size());
  // Drawn on the CPU, so that a GPU sees the same noise.
  at::Tensor noise = at::empty(shape).normal_(0, sigma, generator);
  if (mask.defined()) noise *= mask;
  inputs.index_add_(0, at::tensor(positions, at::kLong).to(inputs.device()), noise.to(inputs.options()));
}

}  // namespace evensweep

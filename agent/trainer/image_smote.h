#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/status.h"
#include "common/dataset/dataset.h"

namespace evensweep {

struct SyntheticImages {
  std::vector<uint8_t> pixels;  // image by image as in a Dataset, class after class
  std::vector<int64_t> labels;
};
// SMOTE between images as lists of pixel values: `wanted[c]` new images of each class c, each between one of `rows` of
// that class, drawn with equal chances, and one of its k nearest; rounded to whole pixel values. A pure function of the
// arguments. InvalidArgument names a class of which images are wanted but there are none.
StatusOr<SyntheticImages> smote_images(const Dataset& dataset, std::span<const uint32_t> rows,
                                       std::span<const int64_t> wanted, int64_t k, uint64_t seed);

}  // namespace evensweep

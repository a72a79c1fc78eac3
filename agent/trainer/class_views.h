#pragma once
// Augmentation whose strength depends on the class. Draws are a pure function of (seed, epoch, step), and those of one
// example do not depend on the probability of another.

#include <cstdint>
#include <span>
#include <vector>

#include "agent/trainer/aten.h"
#include "agent/trainer/augmentation.h"
#include "common/model/spec.h"

namespace evensweep {

// Chooses examples of a batch, each with the probability of its class, and gives their positions, ascending. `views`
// (one for each example, or empty) of the chosen are drawn anew: mirrored with probability 1/2, shifted by up to the
// padding; what is not asked for stays as it was. `classes` are those of the batch's examples.
std::vector<int64_t> change_views(const ClassAugmentation& augmentation, std::span<const uint16_t> classes,
                                  uint64_t seed, int64_t epoch, int64_t step, std::span<View> views);

// Adds white noise of standard deviation `sigma` to the inputs at these positions of the first dimension, but not where
// `mask`, if it is defined, is 0.
void add_noise(at::Tensor& inputs, const std::vector<int64_t>& positions, double sigma, const at::Tensor& mask,
               uint64_t seed, int64_t epoch, int64_t step);

}  // namespace evensweep

#pragma once
// Sweeps whose truth is known: TPRs whose variance over the classes is what a design says, plus noise of a chosen
// shape.

#include <cstdint>

#include "common/base/rng.h"
#include "common/model/result.h"

namespace evensweep {

// The distribution of what chance in training adds to Var(s) of a run.
enum class NoiseShape { kSymmetric, kRightSkewed, kLeftSkewed };
const char* noise_shape_name(NoiseShape shape);  // "symmetric", "right-skewed", "left-skewed"

struct SimulatedDesign {
  int64_t arms = 12, blocks = 10, classes = 10;
  int64_t support = 20'000;  // test examples of each class: the noise of the test set is small beside that of training
  NoiseShape shape = NoiseShape::kSymmetric;
  bool only_baseline = false;    // the baseline alone has this shape, arms have symmetric noise of the same size
  int64_t effective = 0;         // so many arms, the first ones, really reduce the spread
  double effect_size = 1.5;      // of those: mean of D_u over its standard deviation
  double accuracy_noise = 1e-3;  // standard deviation of a run's mean TPR
};

// Standard deviation that chance adds to Var(s) of a run, and Var(s) without it.
inline constexpr double kVarianceNoise = 4e-4, kTrueVariance = 25e-4;

// Mean of D_u of an effective arm.
double true_effect(const SimulatedDesign& design);

// Draws mean 0, standard deviation 1: the normal distribution, or an exponential one, shifted, as it is or mirrored.
double draw_noise(Rng& rng, NoiseShape shape);

// A finished sweep, the `index`-th of its design.
SweepResults simulate_sweep(const SimulatedDesign& design, uint64_t index);

}  // namespace evensweep

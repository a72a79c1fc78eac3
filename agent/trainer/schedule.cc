#include "agent/trainer/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace evensweep {
namespace {

// 1 at progress 0, `least` at progress 1.
double half_cosine(double progress, double least) {
  return least + (1 - least) * (1 + std::cos(std::numbers::pi * progress)) / 2;
}

double one_cycle(const ScheduleSpec& schedule, int64_t step, int64_t total_steps) {
  const auto warmup = static_cast<int64_t>(std::llround(schedule.warmup_fraction * static_cast<double>(total_steps)));
  if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup);
  const int64_t falling = std::max<int64_t>(total_steps - warmup - 1, 1);
  return half_cosine(static_cast<double>(step - warmup) / static_cast<double>(falling), schedule.min_factor);
}

double decayed(const ScheduleSpec& schedule, int64_t passed) {
  return std::pow(schedule.factor, static_cast<double>(passed / std::max<int64_t>(schedule.every, 1)));
}

}  // namespace

double learning_rate(const OptimizerSpec& optimizer, const ScheduleSpec& schedule, int64_t step,
                     int64_t steps_per_epoch, int64_t total_steps) {
  if (schedule.name == "cosine")
    return optimizer.lr *
           half_cosine(static_cast<double>(step) / static_cast<double>(total_steps), schedule.min_factor);
  if (schedule.name == "one_cycle") return optimizer.lr * one_cycle(schedule, step, total_steps);
  if (schedule.name == "step") return optimizer.lr * decayed(schedule, step / steps_per_epoch);
  if (schedule.name == "exponential") return optimizer.lr * decayed(schedule, step);
  return optimizer.lr;
}

}  // namespace evensweep

#pragma once

#include <cstdint>

#include "common/model/spec.h"

namespace evensweep {

// The learning rate of optimizer step `step`, counted from 0 over the whole training of `total_steps`.
//   constant     lr
//   cosine       from lr down half a cosine towards min_factor * lr (Loshchilov and Hutter 2017, eq. 5, no restarts)
//   one_cycle    rises linearly over warmup_fraction of all steps to lr, then falls along half a cosine to
//                min_factor * lr at the last step (the shape of Smith and Topin 2019)
//   step         lr * factor^(epochs done / every)
//   exponential  lr * factor^(steps done / every)
double learning_rate(const OptimizerSpec& optimizer, const ScheduleSpec& schedule, int64_t step,
                     int64_t steps_per_epoch, int64_t total_steps);

}  // namespace evensweep

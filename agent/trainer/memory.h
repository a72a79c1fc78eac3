#pragma once

#include <cstdint>

#include "agent/trainer/aten.h"

namespace evensweep {

// Gives back what this process holds of the device without need, and lets the peak count from here.
void begin_memory_peak(at::Device device);

// The most bytes that this process has held since then of the device's memory: on a GPU with what the driver's context
// takes, on the processors without the pages of files, which other trainers share. 0: not known.
uint64_t memory_peak(at::Device device);

}  // namespace evensweep

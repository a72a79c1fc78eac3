#pragma once

#include <cstdint>

namespace evensweep {

enum class SweepPhase {
  kActive,
  kPaused,     // no new leases; what runs goes on
  kStopping,   // as paused, and stopped when nothing runs any more
  kStopped,    // over, trials without results were given up
  kCancelled,  // over, what ran was killed
  kOver        // every trial has finished, has failed or is not needed
};

// How a sweep stands. A trial is one arm at one seed, the baseline counted as an arm.
struct SweepStatus {
  uint64_t trials = 0;
  uint64_t trials_finished = 0;
  uint64_t trials_failed = 0;
  uint64_t trials_not_needed = 0;  // left out by selection or stopping
  uint64_t runs_trained = 0;       // since this sweep was submitted to this process
  uint64_t runs_reused = 0;        // finished before that
  uint32_t running = 0;            // attempts that are training now
  double running_fraction = 0;     // sum over them of the part that is done
  double examples_per_second = 0;  // sum over them
  uint32_t agents = 0;             // connected
  bool over = false;               // every trial has finished, has failed, is not needed or was given up
  SweepPhase phase = SweepPhase::kActive;
};

}  // namespace evensweep

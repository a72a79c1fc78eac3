#pragma once

#include <string>

#include "common/base/clock.h"

namespace evensweep {

// Trains the first run of a task file for a few seconds, to measure how fast this machine trains it, and prints
// {"runs_per_second": x}, x being what share of the run (its evaluations included) is trained in a second. The first
// steps, in which libtorch makes what later ones reuse, are not counted. Leaves nothing in the task's folder. Gives the
// exit code; why there is no figure is on standard error.
int probe_task_file(const std::string& path, const Clock& clock);

}  // namespace evensweep

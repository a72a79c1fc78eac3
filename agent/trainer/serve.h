#pragma once

#include <string>

#include "agent/trainer/events.h"
#include "agent/trainer/inbox.h"
#include "agent/trainer/task.h"
#include "agent/trainer/train_run.h"

namespace evensweep {

// Trains the runs of a task one after the other and writes result files and events. False if any failed.
bool run_task(const Task& task, DatasetCache& cache, const EventWriter& events, const Clock& clock);

// Takes tasks until a signal asks to stop. Gives the exit code.
int serve(Inbox& inbox, const EventWriter& events, const Clock& clock);

// Trains the one task of a file. Gives the exit code.
int run_task_file(const std::string& path, const EventWriter& events, const Clock& clock);

}  // namespace evensweep

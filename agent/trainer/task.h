#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/model/json.h"

namespace evensweep {

struct TaskRun {
  AttemptId attempt;
  StatusOr<RunSpec> spec;  // with the paths of its files; InvalidArgument: this run alone cannot be trained
};

// A task line of docs/format/trainer.md.
struct Task {
  std::string work_dir;
  Duration checkpoint_every{0};  // 0: only when stopped
  std::string device = "cpu";
  std::vector<TaskRun> runs;
};

// InvalidArgument: the line as a whole is not a task. Keys that are not known are passed over: a later version of the
// contract may add some.
StatusOr<Task> parse_task(std::string_view line);

}  // namespace evensweep

#pragma once
// What repeats a sweep or one of its runs.

#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/json.h"
#include "common/model/views.h"

namespace evensweep {

// Into the environment of results: two files that differ in comments make the same sweep.
void add_sweep_file(Json& results, const SweepFile& file);

// The task (docs/format/trainer.md) that trains one run again by hand, with the data files where they were; its results
// go to `work_dir`. `run` is the beginning of one run's key. NotFound where no run or several begin so;
// FailedPrecondition where the run cannot be put together again, as with a table or a treatment that is not known.
StatusOr<Json> task_of_run(const Json& results, std::string_view run, const std::string& work_dir);

}  // namespace evensweep

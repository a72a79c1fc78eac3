#pragma once

#include <memory>
#include <string>
#include <variant>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/dataset/dataset.h"
#include "common/model/result.h"
#include "common/model/spec.h"

namespace evensweep {

// The data set that was asked for last stays in memory, so that the runs of a sweep read it once.
class DatasetCache {
 public:
  // InvalidArgument or NotFound names the file that is missing, damaged or not the one with that SHA-256.
  StatusOr<std::shared_ptr<const Dataset>> get(const DatasetSpec& spec);

 private:
  std::string key_;
  std::shared_ptr<const Dataset> dataset_;
};

struct RunRequest {
  RunKey run;
  RunSpec spec;                  // with the paths of its files
  std::string folder;            // exists; holds the run's checkpoint
  Duration checkpoint_every{0};  // 0: only when stopped
  std::string device = "cpu";
};

// Who watches a run.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void started(int64_t resumed_at_epoch) = 0;
  virtual void progress(double fraction, double examples_per_second) = 0;  // after every step
  virtual bool stop_requested() = 0;                                       // before every step
  // After a run that was trained to its end: the most that it held of its device's memory. 0: not known.
  virtual void took_memory(uint64_t /*bytes*/) {}
};

struct Stopped {};  // on request, with a checkpoint in the folder
using TrainingOutcome = std::variant<RunResult, Failure, Stopped>;

std::string checkpoint_path(const std::string& folder);

// Trains a run from its checkpoint, if there is one, or from the beginning. Never throws.
TrainingOutcome train_run(const RunRequest& request, DatasetCache& cache, RunObserver& observer, const Clock& clock);

}  // namespace evensweep

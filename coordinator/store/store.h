#pragma once
// What is durable. Core logic never sees it: the host commits the core's records and reads back for restart and
// reports.

#include <memory>
#include <span>
#include <string>

#include "common/base/status.h"
#include "common/model/result.h"
#include "coordinator/core/step.h"

namespace evensweep::coordinator {

class Store {
 public:
  virtual ~Store() = default;

  // All or nothing, and on disk when it returns. `unix_millis` stamps the rows. ResourceExhausted: the disk is full.
  virtual Status commit(std::span<const Record> records, int64_t unix_millis) = 0;

  virtual StatusOr<Snapshot> load() = 0;
  // NotFound for a number that no run has.
  virtual StatusOr<std::string> run_spec(RunId run) = 0;
  virtual StatusOr<RunResult> result(RunId run) = 0;
  // NotFound if the sweep was never submitted.
  virtual StatusOr<SweepResults> sweep_results(const SweepId& sweep) = 0;
};

}  // namespace evensweep::coordinator

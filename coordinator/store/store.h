#pragma once
// What is durable. Core logic never sees it: the host commits the core's records and reads back for restart and
// reports.

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"
#include "common/model/views.h"
#include "coordinator/core/step.h"

namespace evensweep::coordinator {

struct StoredSource {
  int64_t submitted_at = 0;  // milliseconds since 1970
  SweepSource source;
};

class Store {
 public:
  virtual ~Store() = default;

  // All or nothing, and on disk when it returns. `unix_millis` stamps the rows. ResourceExhausted: the disk is full.
  virtual Status commit(std::span<const Record> records, int64_t unix_millis) = 0;

  // Whether a commit would succeed now; for after one that did not.
  virtual Status check_writable(int64_t unix_millis) = 0;

  virtual StatusOr<Snapshot> load() = 0;
  // NotFound for a number that no run has.
  virtual StatusOr<std::string> run_spec(RunId run) = 0;
  virtual StatusOr<RunResult> result(RunId run) = 0;
  // What people ask about a sweep, a run and a trial beyond what the core holds.
  virtual StatusOr<StoredSource> sweep_source(SweepNumber sweep) = 0;
  virtual StatusOr<std::vector<AttemptView>> attempts(RunId run) = 0;
  // Of a run that failed for good, or of a trial that has failed without one; absent for others.
  virtual StatusOr<std::optional<Failure>> failure(RunId run) = 0;
  virtual StatusOr<std::optional<Failure>> failure(const TrialId& trial) = 0;
  // Blobs that are still of use: checkpoints of open runs, logs, data files of sweeps.
  virtual StatusOr<std::set<std::string>> referenced_blobs() = 0;
  // NotFound if the sweep was never submitted.
  virtual StatusOr<SweepResults> sweep_results(const SweepId& sweep) = 0;
};

}  // namespace evensweep::coordinator

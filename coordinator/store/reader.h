#pragma once
// What pages ask of the store beyond what the core holds: sums and lists, made by SQL on a connection of its own that
// can only read. So a page of ten thousand trials costs neither the host's thread nor its connection anything.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"
#include "common/model/views.h"

namespace evensweep::coordinator {

// Of one arm, the first being the baseline.
struct ArmFigures {
  uint64_t finished = 0, failed = 0;  // trials
  // Over the seeds at which the baseline has finished as well: D_u, the unbiased variance of the baseline's test TPRs
  // less that of the arm's. Of the baseline: its variance itself.
  uint64_t pairs = 0;
  double mean = 0;
  std::optional<double> sd;  // absent below two pairs
};
struct SweepFigures {
  std::vector<ArmFigures> arms;
  double seconds = 0;                  // of training and evaluation, of all its finished runs
  std::vector<double> latest_seconds;  // of each of the latest of them, at most kLatest, ascending
  static constexpr int kLatest = 200;
};

// Trials that failed for the same reason.
struct FailureGroup {
  FailureClass failure = FailureClass::kTrainerError;
  std::string message;  // one line
  uint64_t trials = 0;
  std::vector<std::string> agents;  // where attempts of theirs failed
  uint32_t arm = 0, seed = 0;       // an example; the seed as a position
};

// An attempt in the history of a sweep.
struct PastAttempt {
  std::string agent;
  int64_t granted_at = 0;
  std::optional<int64_t> ended_at;  // absent: under way
  std::optional<FailureClass> failure;
  uint32_t arm = 0, seed = 0;  // of the first trial with that run; the seed as a position
};

struct AuditRow {
  int64_t number = 0, at = 0;
  std::string who, what, subject, outcome;
};

// Used from one thread at a time. All errors are of the file: what it is, and what went wrong.
class StoreReader {
 public:
  // Of a database that a SqliteStore has open to write.
  static StatusOr<std::unique_ptr<StoreReader>> open(const std::string& folder);
  ~StoreReader();

  // NotFound for a sweep that is not stored.
  StatusOr<SweepFigures> figures(const SweepId& sweep);
  // The largest groups first.
  StatusOr<std::vector<FailureGroup>> failures(const SweepId& sweep, uint32_t limit);
  // The latest ones, in the order of their beginning.
  StatusOr<std::vector<PastAttempt>> history(const SweepId& sweep, uint32_t limit);
  // Newest first, those before `before` (absent: all).
  StatusOr<std::vector<AuditRow>> audit(std::optional<int64_t> before, uint32_t limit);
  // Of the trial's last run; absent while it has none.
  StatusOr<std::optional<RunResult>> result(const SweepId& sweep, uint32_t arm, uint32_t seed);

 private:
  class Impl;
  explicit StoreReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evensweep::coordinator

#pragma once
// What is durable of the simulated coordinator, kept as SqliteStore keeps it, by a bookkeeper who doubts everything:
// each record must fit what was recorded before. The one place that knows the records and the snapshot of the core.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/core/step.h"
#include "tests/simulation/tally.h"
#include "tests/simulation/trace.h"

namespace evensweep::simulation {

// What of a sweep's trials the records tell.
struct TrialCounts {
  uint64_t finished = 0, failed = 0;
  friend bool operator==(const TrialCounts&, const TrialCounts&) = default;
};

Mark mark_of(const coordinator::Record& record);

class Store {
 public:
  explicit Store(Tally& tally) : tally_(tally) {}

  // Of a transaction that is committed; in order.
  void add(const coordinator::Record& record);
  coordinator::Snapshot snapshot() const;
  // Trials are told again by each process, when their sweep is submitted to it.
  void begin_process() { trials_.clear(); }

  const std::string* spec_of(const RunKey& run) const;    // null: not stored
  const std::string* result_of(const RunKey& run) const;  // null: it has none
  coordinator::RunCounts counts_of(const RunKey& run) const;
  bool is_open(const RunKey& run) const;  // known, neither finished nor failed
  bool is_failed(const RunKey& run) const;
  std::optional<FailureClass> failure_of(const RunKey& run) const;
  bool knows(const AttemptId& attempt) const;
  std::optional<AgentId> holder_of(const AttemptId& attempt) const;  // of an open attempt

  struct TrialRow {
    std::optional<RunKey> run;
    std::optional<Failure> failure;
  };
  // Null: nothing is known of it. `arm` 0 is the baseline.
  const TrialRow* trial(const SweepId& sweep, uint32_t arm, uint32_t seed) const;
  TrialCounts recount(const SweepId& sweep) const;
  // Different finished runs of a sweep's trials.
  uint64_t finished_runs(const SweepId& sweep) const;

  // The first record that did not fit; empty: all do.
  const std::string& violation() const { return violation_; }

 private:
  struct RunRow {
    std::string spec;
    std::optional<std::string> result;
    coordinator::StoredRun stored;
  };
  using TrialKey = std::tuple<SweepId, uint32_t, uint32_t>;

  void add(const coordinator::SweepAdded& record);
  void add(const coordinator::RunAdded& record);
  void add(const coordinator::TrialResolved& record);
  void add(const coordinator::TrialFailed& record);
  void add(const coordinator::AttemptGranted& record);
  void add(const coordinator::AttemptEnded& record);
  void add(const coordinator::RunFinished& record);
  void add(const coordinator::RunFailed& record);
  void add(const coordinator::RunReopened& record);
  void add(const coordinator::DesignDecided& record);
  RunRow* open_run(const RunKey& run, const char* what);
  const RunRow* find(const RunKey& run) const;
  void require(bool condition, const std::string& what) {
    if (!condition && violation_.empty()) violation_ = what;
  }
  void see(Seen seen) { ++tally_[static_cast<size_t>(seen)]; }

  Tally& tally_;
  std::map<SweepId, Sweep> sweeps_;
  std::unordered_map<RunKey, RunRow> runs_;
  std::vector<RunKey> added_;  // runs in the order of their addition
  std::map<TrialKey, TrialRow> trials_;
  std::map<SweepId, std::vector<DesignDecision>> decisions_;
  std::string violation_;
};

}  // namespace evensweep::simulation

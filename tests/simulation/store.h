#pragma once
// What is durable of the simulated coordinator, kept as SqliteStore keeps it, by a bookkeeper who doubts everything:
// each record must fit what was recorded before. The one place that knows the records and the snapshot of the core.

#include <map>
#include <memory>
#include <optional>
#include <set>
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

  // A transaction that is committed: begin(), then its records in order.
  void begin() { reopened_.clear(); }
  void add(const coordinator::Record& record);
  coordinator::Snapshot snapshot() const;

  const RunKey& key_of(coordinator::RunId run) const { return runs_.at(run).key; }
  const std::string* spec_of(const RunKey& run) const;    // null: not stored
  const std::string* result_of(const RunKey& run) const;  // null: it has none
  coordinator::RunCounts counts_of(coordinator::RunId run) const;
  bool is_open(const RunKey& run) const;  // known, neither finished nor failed
  bool is_failed(const RunKey& run) const;
  // By the last transaction: an end that came in it may have come while the run was closed.
  bool was_just_reopened(const RunKey& run) const { return reopened_.contains(run); }
  bool knows(const AttemptId& attempt) const;
  bool was_lost(const AttemptId& attempt) const;                     // it ended for the machine's sake
  std::optional<AgentId> holder_of(const AttemptId& attempt) const;  // of an open attempt
  std::optional<AgentId> agent_of(const AttemptId& attempt) const;   // of any

  struct TrialRow {
    std::optional<coordinator::RunId> run;
    std::optional<Failure> failure;
    bool reused = false;
  };
  // Null: nothing is known of it. `arm` 0 is the baseline.
  const TrialRow* trial(const SweepId& sweep, uint32_t arm, uint32_t seed) const;
  const SweepId& sweep_of(coordinator::SweepNumber sweep) const { return sweeps_.at(sweep).id; }
  bool is_run_open(coordinator::RunId run) const {
    return runs_[run].stored.state == coordinator::StoredRun::State::kOpen;
  }
  TrialCounts recount(const SweepId& sweep) const;
  // Different finished runs of a sweep's trials.
  uint64_t finished_runs(const SweepId& sweep) const;

  // The first record that did not fit; empty: all do.
  const std::string& violation() const { return violation_; }

 private:
  struct RunRow {
    RunKey key;
    std::string spec;
    std::optional<std::string> result;
    coordinator::StoredRun stored;
    std::vector<coordinator::StoredAttempt> attempts;
  };

  void add(const coordinator::SweepAdded& record);
  void add(const coordinator::SweepWishChanged& record);
  void add(const coordinator::SweepPlaced& record);
  void add(const coordinator::RunAdded& record);
  void add(const coordinator::TrialResolved& record);
  void add(const coordinator::TrialFailed& record);
  void add(const coordinator::AttemptGranted& record);
  void add(const coordinator::AttemptEnded& record);
  void add(const coordinator::AttemptForgiven& record);
  void add(const coordinator::RunFinished& record);
  void add(const coordinator::RunFailed& record);
  void add(const coordinator::RunReopened& record);
  void add(const coordinator::DesignDecided& record);
  void add(const coordinator::CheckpointKept& record);
  void add(const coordinator::LogKept&) {}
  void add(const coordinator::AgentDrained& record);
  void add(const coordinator::RequestDone& record);
  void add(const coordinator::Audited&) {}
  RunRow* open_run(coordinator::RunId run, const char* what);
  const RunRow* find(const RunKey& run) const;
  void check_wanted(coordinator::RunId run);
  std::optional<coordinator::SweepNumber> number_of(const SweepId& sweep) const;
  void require(bool condition, const std::string& what) {
    if (!condition && violation_.empty()) violation_ = what;
  }
  void see(Seen seen) { ++tally_[static_cast<size_t>(seen)]; }

  Tally& tally_;
  std::vector<coordinator::SweepSnapshot> sweeps_;  // by their numbers
  std::vector<RunRow> runs_;                        // by their numbers
  std::unordered_map<RunKey, coordinator::RunId> numbers_;
  std::map<coordinator::TrialId, TrialRow> trials_;
  std::set<AgentId> draining_;
  std::set<std::string> requests_;
  std::string violation_;
  std::set<RunKey> reopened_;  // by the last transaction
};

}  // namespace evensweep::simulation

#pragma once
// A store in memory that doubts everything: it keeps the records of a core as SqliteStore would, and says when they
// contradict each other.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/step.h"

namespace evensweep::coordinator {

class RecordBook {
 public:
  struct Counts {
    uint64_t finished = 0, failed = 0;
  };

  void commit(const std::vector<Record>& records);
  Snapshot snapshot() const;

  const StoredRun* run(const RunKey& key) const;
  const std::vector<StoredAttempt>& attempts(const RunKey& key) const;
  const std::string& spec(const RunKey& key) const { return specs_.at(numbers_.at(key)); }
  const std::string& spec(RunId run) const { return specs_.at(run); }
  ConfusionMatrix validation(RunId run) const;
  RunCounts counts(RunId run) const;
  const RunKey& key_of(RunId run) const { return keys_.at(run); }
  SweepNumber number_of(const SweepId& sweep) const;
  const std::vector<DesignDecision>& decisions(const SweepId& sweep) const;
  bool has_result(const RunKey& key) const { return results_.contains(numbers_.at(key)); }
  // What the records say of the trials of a sweep.
  Counts recount(const SweepId& sweep) const;
  std::optional<RunKey> run_of(const SweepId& sweep, uint32_t arm, uint32_t seed) const;
  std::optional<Failure> failure_of(const SweepId& sweep, uint32_t arm, uint32_t seed) const;
  size_t runs() const { return runs_.size(); }
  uint64_t grants() const { return grants_; }

  // What was contradictory so far, one line each.
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  struct TrialRow {
    std::optional<RunId> run;
    std::optional<Failure> failure;
    bool reused = false;
  };

  void add(const SweepAdded& record);
  void add(const RunAdded& record);
  void add(const TrialResolved& record);
  void add(const TrialFailed& record);
  void add(const AttemptGranted& record);
  void add(const AttemptEnded& record);
  void add(const AttemptForgiven& record);
  void add(const RunFinished& record);
  void add(const RunFailed& record);
  void add(const RunReopened& record);
  void add(const DesignDecided& record);
  void add(const SweepWishChanged& record);
  void add(const SweepPlaced& record);
  void add(const CheckpointKept& record);
  void add(const LogKept&) {}
  void add(const AgentDrained& record);
  void add(const RequestDone& record);
  void add(const Audited&) {}
  StoredRun* open_run(RunId run, const char* what);
  std::vector<StoredAttempt>& attempts_of(RunId run) { return attempts_[run]; }
  void require(bool condition, const std::string& what);

  std::vector<SweepSnapshot> sweeps_;
  std::vector<StoredRun> runs_;
  std::vector<RunKey> keys_;
  std::map<RunKey, RunId> numbers_;
  std::map<RunId, std::vector<StoredAttempt>> attempts_;
  std::map<RunId, std::string> specs_, results_;
  std::map<TrialId, TrialRow> trials_;
  std::set<AgentId> draining_;
  std::set<std::string> requests_;
  std::vector<std::string> violations_;
  uint64_t grants_ = 0;
};

}  // namespace evensweep::coordinator

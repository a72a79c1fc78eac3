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
  // Trials are told again by each process, when their sweep is submitted to it.
  void begin_process() { trials_.clear(); }

  const StoredRun* run(const RunKey& key) const;
  const std::string& spec(const RunKey& key) const { return specs_.at(key); }
  ConfusionMatrix validation(const RunKey& key) const;
  RunCounts counts(const RunKey& key) const;
  const std::vector<DesignDecision>& decisions(const SweepId& sweep) const;
  bool has_result(const RunKey& key) const { return results_.contains(key); }
  // What the records of this process say of the trials of a sweep.
  Counts recount(const SweepId& sweep) const;
  std::optional<RunKey> run_of(const SweepId& sweep, uint32_t arm, uint32_t seed) const;
  std::optional<Failure> failure_of(const SweepId& sweep, uint32_t arm, uint32_t seed) const;
  size_t runs() const { return runs_.size(); }
  uint64_t grants() const { return grants_; }

  // What was contradictory so far, one line each.
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  struct TrialRow {
    std::optional<RunKey> run;
    std::optional<Failure> failure;
  };
  using TrialKey = std::tuple<SweepId, uint32_t, uint32_t>;  // sweep, arm, seed

  void add(const SweepAdded& record);
  void add(const RunAdded& record);
  void add(const TrialResolved& record);
  void add(const TrialFailed& record);
  void add(const AttemptGranted& record);
  void add(const AttemptEnded& record);
  void add(const RunFinished& record);
  void add(const RunFailed& record);
  void add(const RunReopened& record);
  void add(const DesignDecided& record);
  StoredRun* open_run(const RunKey& key, const char* what);
  void require(bool condition, const std::string& what);

  std::map<SweepId, Sweep> sweeps_;
  std::map<RunKey, StoredRun> runs_;
  std::map<RunKey, std::string> specs_, results_;
  std::map<TrialKey, TrialRow> trials_;
  std::map<SweepId, std::vector<DesignDecision>> decisions_;
  std::vector<std::string> violations_;
  uint64_t grants_ = 0;
};

}  // namespace evensweep::coordinator

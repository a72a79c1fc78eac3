#pragma once
// What people see of the core: sweeps, trials and agents as common/model/views.h has them. Reads, never changes.

#include <span>
#include <string>
#include <vector>

#include "common/model/views.h"
#include "coordinator/core/core.h"

namespace evensweep::coordinator {

class CoreView {
 public:
  explicit CoreView(const Core& core) : core_(core) {}

  SweepNumber sweeps() const { return static_cast<SweepNumber>(core_.sweeps_.size()); }
  std::optional<SweepNumber> find(const SweepId& sweep) const;
  const Sweep& definition(SweepNumber sweep) const { return core_.sweeps_[sweep].sweep; }
  const SweepId& id(SweepNumber sweep) const { return core_.sweeps_[sweep].id; }
  // Without the time of its submission and where it was made from, which the store has.
  SweepView sweep(SweepNumber sweep) const;
  uint64_t failed_trials(SweepNumber sweep) const { return core_.sweeps_[sweep].failed; }
  uint64_t leases(SweepNumber sweep) const { return core_.sweeps_[sweep].leased.size(); }

  TrialState state(const TrialId& trial) const;
  // Without the reason of a failure, which the store has.
  TrialView trial(const TrialId& trial) const;
  // Of the trial's last round; absent while it has none.
  std::optional<RunId> run_of(const TrialId& trial) const;
  std::optional<RunId> run_of(const RunKey& key) const;
  bool is_under_way(RunId run) const { return core_.runs_[run].state == Core::RunState::kLeased; }
  uint32_t last_attempt(RunId run) const { return core_.runs_[run].last_attempt; }
  // Why a trial waits, from the first reason to the last; one line of its state where it does not wait.
  std::vector<std::string> explain(TimePoint now, const TrialId& trial) const;

  // Sweeps with something ready, the one whose turn it is first; how many runs of one are ready, and the first of them.
  std::vector<SweepNumber> turns() const;
  uint64_t ready(SweepNumber sweep) const { return core_.sweeps_[sweep].ready.size(); }
  std::vector<TrialId> next_ready(SweepNumber sweep, uint32_t limit) const;
  // Attempts that agents hold, by agent, `limit` at most.
  std::vector<LeaseView> held(uint32_t limit) const;

  // `unix_millis` is the wall-clock time of `now`.
  std::vector<AgentView> agents(TimePoint now, int64_t unix_millis) const;
  // Host and device of an agent that is known now; empty for others.
  std::string host_of(const AgentId& agent) const;

 private:
  AgentView agent(const Core::Agent& agent, TimePoint now, int64_t unix_millis) const;
  TrialState state_of(const Core::SweepState& state, const Core::Trial& trial, uint32_t arm) const;
  void explain_ready(TimePoint now, const Core::SweepState& state, RunId run, std::vector<std::string>& lines) const;
  std::string why_not(const Core::SweepState& state, const Core::Agent& agent) const;

  const Core& core_;
};

}  // namespace evensweep::coordinator

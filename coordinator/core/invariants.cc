#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "coordinator/core/core.h"

namespace evensweep::coordinator {
namespace {

void require(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "coordinator core: invariant broken: %s\n", what.c_str());
  std::abort();
}

}  // namespace

void Core::check_invariants() const {
  check_agents();
  check_runs();
  for (const SweepState& state : sweeps_) check_sweep(state);
}

void Core::check_agents() const {
  size_t leased = 0;
  for (const auto& [id, agent] : agents_) {
    require(expiries_.contains({agent.expires, id}), "agent " + id.str() + " has no expiry");
    const bool has_room =
        agent.connection && !is_draining(agent) && !agent.quarantined_until &&
        std::any_of(agent.credits.begin(), agent.credits.end(), [](uint32_t free) { return free > 0; });
    require(room_of_.contains(id) == has_room, "room of agent " + id.str());
    require(!has_room || rooms_.contains(room_of_.at(id)), "place of agent " + id.str());
    require(!agent.connection || connections_.at(*agent.connection) == id, "connection of agent " + id.str());
    require(!agent.quarantined_until || releases_.contains({*agent.quarantined_until, id}), "quarantine");
    for (const RunId run : agent.leased) {
      require(runs_[run].state == RunState::kLeased && leases_.at(run).agent == id && runs_[run].holder == agent.number,
              "lease of run " + to_hex(runs_[run].key));
      ++leased;
    }
  }
  require(expiries_.size() == agents_.size(), "an expiry for each agent");
  require(rooms_.size() == room_of_.size(), "a place for each agent with room");
  require(leased == leases_.size(), "every lease belongs to one agent");
}

void Core::check_runs() const {
  size_t delayed = 0, leased = 0;
  for (RunId id = 0; id < runs_.size(); ++id) {
    const Run& run = runs_[id];
    const std::string name = "run " + to_hex(run.key);
    require(run_index_.at(run.key) == id, "the number of " + name);
    require((run.state == RunState::kFailed) == run.failure.has_value(), "failure of " + name);
    require((run.state == RunState::kLeased) == leases_.contains(id), "lease of " + name);
    require(!run.delayed || run.state == RunState::kWaiting, "delay of " + name);
    delayed += run.delayed ? 1 : 0;
    leased += run.state == RunState::kLeased ? 1 : 0;
    for (const TrialRef& trial : run.trials) {
      const SweepState& state = sweeps_[trial.sweep];
      const bool ready = run.state == RunState::kWaiting && !run.delayed;
      require(state.ready.contains(ready_key(id, trial.sweep)) == ready, "readiness of " + name);
      require(state.leased.contains(id) == (run.state == RunState::kLeased), "leases of its sweep: " + name);
      require(!state.running.contains(id) || leases_.at(id).started, "running: " + name);
    }
  }
  require(delayed == delayed_.size(), "runs that wait for their time");
  require(leased == leases_.size(), "as many leases as leased runs");
}

void Core::check_sweep(const SweepState& state) const {
  uint64_t finished = 0, failed = 0, asked = 0, not_needed = 0;
  for (const Trial& trial : state.trials) {
    const bool has_run = trial.run != kNoRun, has_earlier = trial.earlier != kNoRun;
    require(trial.asked || (!has_run && !trial.failed), "a trial that nobody asked for has no run");
    require(!trial.asked || !trial.not_needed, "a trial that was asked for is needed");
    asked += trial.asked ? 1 : 0;
    not_needed += trial.not_needed ? 1 : 0;
    require(!has_run || !trial.failed, "a trial with a run has not failed without one");
    require(trial.failed || has_run || !has_earlier || runs_[trial.earlier].state != RunState::kFailed,
            "a trial that waits for a round that failed");
    if (trial.failed || (has_run && runs_[trial.run].state == RunState::kFailed)) ++failed;
    if (has_run && runs_[trial.run].state == RunState::kFinished) ++finished;
  }
  require(finished == state.finished && failed == state.failed, "counts of sweep " + state.id.str());
  require(asked == state.asked && not_needed == state.not_needed, "stages of sweep " + state.id.str());
  require(state.stage || asked + not_needed == state.trials.size(), "a sweep without a further stage leaves none open");
  require(!state.deciding || (state.stage && state.stage->decides), "what is decided of sweep " + state.id.str());
  require(turn_of_.contains(state.number) == (state.is_active() && !state.ready.empty()),
          "turn of sweep " + state.id.str());
}

}  // namespace evensweep::coordinator

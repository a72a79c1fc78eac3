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
  size_t leased = 0;
  for (const auto& [id, agent] : agents_) {
    require(expiries_.contains({agent.expires, id}), "agent " + id.str() + " has no expiry");
    require(hungry_.contains(id) == (agent.connection && agent.credits > 0), "hunger of agent " + id.str());
    require(!agent.connection || connections_.at(*agent.connection) == id, "connection of agent " + id.str());
    for (const RunIndex index : agent.leased) {
      require(runs_[index].state == RunState::kLeased && runs_[index].agent == id,
              "lease of run " + runs_[index].key.str());
      ++leased;
    }
  }
  require(expiries_.size() == agents_.size(), "an expiry for each agent");
  for (RunIndex index = 0; index < runs_.size(); ++index) {
    const Run& run = runs_[index];
    require((run.state == RunState::kFailed) == run.failure.has_value(), "failure of run " + run.key.str());
    const bool ready = !run.trials.empty() && ready_.contains(ready_key(index));
    require(ready == (run.state == RunState::kWaiting && !run.trials.empty()), "readiness of run " + run.key.str());
    if (run.state == RunState::kLeased) --leased;
  }
  require(leased == 0, "every leased run belongs to one agent");
  for (const SweepState& state : sweeps_) {
    uint64_t finished = 0, failed = 0, asked = 0, not_needed = 0;
    for (const Trial& trial : state.trials) {
      require(trial.asked || (!trial.run && !trial.failed), "a trial that nobody asked for has no run");
      require(!trial.asked || !trial.not_needed, "a trial that was asked for is needed");
      asked += trial.asked ? 1 : 0;
      not_needed += trial.not_needed ? 1 : 0;
      require(!trial.run || !trial.failed, "a trial with a run has not failed without one");
      require(trial.failed || trial.run || !trial.earlier || runs_[*trial.earlier].state != RunState::kFailed,
              "a trial that waits for a round that failed");
      if (trial.failed || (trial.run && runs_[*trial.run].state == RunState::kFailed)) ++failed;
      if (trial.run && runs_[*trial.run].state == RunState::kFinished) ++finished;
    }
    require(finished == state.finished && failed == state.failed, "counts of sweep " + state.id.str());
    require(asked == state.asked && not_needed == state.not_needed, "stages of sweep " + state.id.str());
    require(state.stage || asked + not_needed == state.trials.size(),
            "a sweep without a further stage leaves none open");
    require(!state.deciding || (state.stage && state.stage->decides), "what is decided of sweep " + state.id.str());
    for (const RunIndex index : state.running) require(runs_[index].state == RunState::kLeased, "running set");
  }
}

}  // namespace evensweep::coordinator

#include <set>

#include "agent/core/agent_core.h"

namespace evensweep {

Status AgentCore::check_invariants() const {
  const auto broken = [](const char* rule) { return absl::InternalError(rule); };
  size_t waiting = 0, running = 0, ended = 0;
  std::set<TrainerId> trainers;
  for (const auto& [attempt, held] : held_) {
    if (std::holds_alternative<Waiting>(held)) ++waiting;
    if (std::holds_alternative<Ended>(held)) ++ended;
    const auto* training = std::get_if<Running>(&held);
    if (training == nullptr) continue;
    ++running;
    bool found = false;
    for (const Slot& slot : slots_) found = found || (slot.attempt == attempt && slot.trainer == training->trainer);
    if (!found) return broken("a running attempt is in no slot");
  }
  if (waiting != queue_.size()) return broken("the queue does not hold exactly the waiting attempts");
  for (const AttemptId& attempt : queue_)
    if (!held_.contains(attempt) || !std::holds_alternative<Waiting>(held_.at(attempt)))
      return broken("the queue holds an attempt that is not waiting");
  if (ended != ended_) return broken("the number of ended attempts is wrong");
  if (slots_.size() != config_.slots) return broken("the number of slots has changed");
  size_t busy = 0;
  std::set<RunKey> runs;
  for (const Slot& slot : slots_) {
    if (slot.phase != Phase::kEmpty && !trainers.insert(slot.trainer).second)
      return broken("two slots share a trainer");
    if (slot.attempt) ++busy;
    if (slot.attempt && slot.attempt->run != slot.run) return broken("a slot's run is not its attempt's");
    if (!slot.run.empty() && !runs.insert(slot.run).second) return broken("two trainers write to one run folder");
    if (slot.phase == Phase::kBusy && !slot.attempt) return broken("a busy slot has no attempt");
    if ((slot.phase == Phase::kEmpty || slot.phase == Phase::kIdle || slot.phase == Phase::kStarting) && slot.attempt)
      return broken("an attempt is in a slot that does not train");
    if ((slot.phase == Phase::kStarting || slot.phase == Phase::kBusy || slot.phase == Phase::kTerminating) &&
        !slot.deadline)
      return broken("a trainer is watched by no deadline");
    if (slot.phase == Phase::kTerminating && slot.attempt && !slot.verdict)
      return broken("a trainer is being stopped and nobody knows what for");
  }
  if (busy != running) return broken("slots and running attempts do not match");
  if (stopping_ && !queue_.empty()) return broken("an attempt waits on an agent that stops");
  if (!outgoing_.empty()) return broken("an update was left unsent");
  return absl::OkStatus();
}

}  // namespace evensweep

#include <set>

#include "agent/core/agent_core.h"

namespace evensweep {

size_t AgentCore::alive_slots() const {
  size_t alive = 0;
  for (const Slot& slot : slots_)
    if (slot.phase != Phase::kEmpty) ++alive;
  return alive;
}

// What is counted on a device is what is there, and its promises are kept: a slot trains a lease of its own device, the
// memory that leases name suffices unless a run is the only one, and who asked to be alone is.
Status AgentCore::check_device(uint32_t index) const {
  const auto broken = [](const char* rule) { return absl::InternalError(rule); };
  const Device& device = devices_[index];
  uint32_t at_work = 0, starting = 0, leaving = 0;
  uint64_t memory = 0;
  bool alone = false;
  for (uint32_t slot = device.first_slot; slot < device.first_slot + device.slots; ++slot) {
    const Slot& one = slots_[slot];
    if (one.device != index) return broken("a slot is not its device's");
    if (device.idle.contains(slot) != (one.phase == Phase::kIdle)) return broken("the idle slots are wrong");
    if (device.empty.contains(slot) != (one.phase == Phase::kEmpty)) return broken("the empty slots are wrong");
    starting += one.phase == Phase::kStarting ? 1 : 0;
    leaving += one.phase == Phase::kTerminating || one.phase == Phase::kKilled ? 1 : 0;
    at_work += one.run.empty() ? 0 : 1;
    memory += one.memory;
    alone = alone || one.alone;
    const auto held = one.attempt ? held_.find(*one.attempt) : held_.end();
    if (held != held_.end() && std::get<Running>(held->second).device != index)
      return broken("a run is trained on another device than its lease's");
  }
  if (at_work != device.at_work || starting != device.starting || leaving != device.leaving)
    return broken("the slots of a device are counted wrongly");
  if (memory != device.memory || alone != device.alone) return broken("what runs take of a device is wrong");
  const uint64_t most = config_.devices[index].memory_bytes;
  if (at_work > 1 && most > 0 && memory > most) return broken("runs were promised more memory than there is");
  if (at_work > 1 && alone) return broken("a run that was to be alone is not");
  for (const auto& [order, attempt] : device.queue) {
    const auto held = held_.find(attempt);
    const auto* waiting = held == held_.end() ? nullptr : std::get_if<Waiting>(&held->second);
    if (waiting == nullptr || waiting->order != order || waiting->lease.device != index)
      return broken("a queue holds an attempt that does not wait for its device");
  }
  return absl::OkStatus();
}

Status AgentCore::check_invariants() const {
  const auto broken = [](const char* rule) { return absl::InternalError(rule); };
  size_t waiting = 0, running = 0, saving = 0, ended = 0;
  std::set<TrainerId> trainers;
  for (const auto& [attempt, held] : held_) {
    if (std::holds_alternative<Waiting>(held)) ++waiting;
    if (std::holds_alternative<Saving>(held)) ++saving;
    if (std::holds_alternative<Ended>(held)) ++ended;
    const auto* training = std::get_if<Running>(&held);
    if (training == nullptr) continue;
    ++running;
    bool found = false;
    for (const Slot& slot : slots_) found = found || (slot.attempt == attempt && slot.trainer == training->trainer);
    if (!found) return broken("a running attempt is in no slot");
  }
  if (ended != ended_) return broken("the number of ended attempts is wrong");
  if (alive_slots() != trainers_.size()) return broken("not every trainer is known by its slot");
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
    if (slot.deadline && (!slot.alarm || *slot.alarm > *slot.deadline ||
                          !alarms_.contains({*slot.alarm, static_cast<uint32_t>(&slot - slots_.data())})))
      return broken("a deadline has no alarm");
    if (slot.phase == Phase::kTerminating && slot.attempt && !slot.verdict)
      return broken("a trainer is being stopped and nobody knows what for");
  }
  if (busy != running) return broken("slots and running attempts do not match");
  if (runs != std::set<RunKey>(runs_at_work_.begin(), runs_at_work_.end()))
    return broken("the runs at work are not those of the slots");
  size_t queued = 0, live = 0;
  for (uint32_t device = 0; device < devices_.size(); ++device) {
    EV_RETURN_IF_ERROR(check_device(device));
    queued += devices_[device].queue.size();
    live += devices_[device].live;
  }
  for (const AttemptId& attempt : fetching_)
    if (!held_.contains(attempt) || !std::holds_alternative<Waiting>(held_.at(attempt)))
      return broken("files are brought for an attempt that does not wait");
  if (saving != saving_) return broken("the number of attempts whose checkpoints are being saved is wrong");
  if (!config_.transfers && saving + fetching_.size() > 0) return broken("files are moved where none may be");
  if (waiting != queued + fetching_.size()) return broken("the queues do not hold exactly the waiting attempts");
  if (live != waiting + running) return broken("the number of leases on the devices is wrong");
  if (draining_ && waiting > 0) return broken("an attempt waits on an agent that takes no more");
  if (!outgoing_.empty()) return broken("an update was left unsent");
  return absl::OkStatus();
}

}  // namespace evensweep

#include "agent/core/agent_core.h"

#include <algorithm>
#include <utility>

#include "common/model/json.h"

namespace evensweep {
namespace {

// More leases than any credit ever announced are refused, so that a mad coordinator cannot fill the memory.
constexpr size_t kMostWaiting = 10000;
// Updates are gathered into messages of about this size; a single larger one goes alone.
constexpr size_t kMessageBytes = 1 << 20;
// Whatever the coordinator asks for, it is not spoken to without pause.
constexpr Duration kShortestHeartbeat{100};
// Of a device's memory, one part in so many may be in use without being what a dead trainer left.
constexpr uint64_t kMemorySlack = 32;
// After the trainers have gone, so long is waited for acknowledgements.
constexpr Duration kLastWords{1000};

size_t weight(const Update& update) {
  constexpr size_t kOverhead = 128;
  if (const auto* succeeded = std::get_if<Succeeded>(&update.what)) return kOverhead + succeeded->result_json.size();
  if (const auto* failure = std::get_if<Failure>(&update.what))
    return kOverhead + failure->message.size() + failure->stderr_tail.size();
  if (const auto* lines = std::get_if<LogLines>(&update.what)) return kOverhead + lines->text.size();
  return kOverhead;
}

bool is_preempted(const Update& end) {
  const auto* failure = std::get_if<Failure>(&end.what);
  return failure != nullptr && failure->failure == FailureClass::kPreempted;
}

bool is_end(const Update& update) {
  return std::holds_alternative<Succeeded>(update.what) || std::holds_alternative<Failure>(update.what);
}

std::string unknown_trainer(const std::string& wanted, const std::vector<std::string>& known) {
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  return clean_line("the run is for the trainer " + wanted + ", this agent has " + names +
                        "; name it in the agent's configuration, or install the same version everywhere",
                    1000);
}

}  // namespace

AgentCore::AgentCore(AgentConfig config) : config_(std::move(config)), devices_(config_.devices.size()) {
  for (uint32_t index = 0; index < devices_.size(); ++index) {
    devices_[index].first_slot = static_cast<uint32_t>(slots_.size());
    devices_[index].slots = config_.devices[index].slots;
    for (uint32_t slot = 0; slot < config_.devices[index].slots; ++slot) {
      devices_[index].empty.insert(static_cast<uint32_t>(slots_.size()));
      slots_.push_back(Slot{.device = index});
    }
  }
}

AgentStep AgentCore::handle(TimePoint now, const AgentEvent& event) {
  now_ = now;
  step_ = {};
  outgoing_.clear();
  if (stopped_) return {};
  if (!welcome_ && !away_since_) away_since_ = now_;
  if (config_.transfers && !look_for_uploads_) look_for_uploads_ = now_;
  std::visit([this](const auto& e) { on(e); }, event);
  for (auto& [program, trouble] : trouble_)
    if (trouble.cool_until && now_ >= *trouble.cool_until) trouble.cool_until.reset();
  for (uint32_t device = 0; device < devices_.size(); ++device) assign(device);
  flush();
  finish_stop();
  return std::exchange(step_, {});
}

std::optional<TimePoint> AgentCore::next_deadline() const {
  if (stopped_) return std::nullopt;
  std::optional<TimePoint> next;
  const auto consider = [&next](const std::optional<TimePoint>& time) {
    if (time && (!next || *time < *next)) next = time;
  };
  if (!alarms_.empty()) consider(alarms_.begin()->first);
  for (const auto& [program, trouble] : trouble_) consider(trouble.cool_until);
  for (const Device& device : devices_)
    if (!device.queue.empty() && device.suspect_until > now_) consider(device.suspect_until);
  consider(stop_by_);
  consider(look_for_uploads_);
  if (welcome_) consider(heartbeat_at_ + welcome_->heartbeat);
  return next;
}

// ---- events

void AgentCore::on(const Restored& event) {
  for (const Update& end : event.ended) {
    if (!is_end(end) || held_.contains(end.attempt)) continue;
    held_.emplace(end.attempt, Ended{end, true});
    ++ended_;
  }
}

void AgentCore::on(const Connected&) {
  connected_ = true;
  draining_ = stopping_;  // a coordinator that still wants it drained says so again
  welcome_.reset();
  Hello hello{.agent = config_.id,
              .incarnation = config_.incarnation,
              .host = config_.host,
              .version = config_.version,
              .devices = config_.devices,
              .labels = config_.labels,
              .trainers = config_.trainers,
              .cores = config_.cores,
              .memory_bytes = config_.memory_bytes};
  for (const auto& [attempt, held] : held_) hello.held.push_back(attempt);
  send(std::move(hello));
}

void AgentCore::on(const Disconnected&) {
  connected_ = false;
  welcome_.reset();
  if (!away_since_) away_since_ = now_;
}

void AgentCore::on(const CoordinatorMessage& event) {
  if (!connected_) return;
  std::visit([this](const auto& message) { hear(message); }, event);
}

void AgentCore::hear(const Welcome& welcome) {
  welcome_ = welcome;
  welcome_->heartbeat = std::max(welcome.heartbeat, kShortestHeartbeat);
  heartbeat_at_ = now_;
  away_since_.reset();
  for (Device& device : devices_) device.credits.reset();
  if (stopping_) send(Draining{});
  for (const auto& [attempt, held] : held_) {
    if (const auto* ended = std::get_if<Ended>(&held); ended != nullptr && ended->may_send) tell(ended->end);
    if (const auto* running = std::get_if<Running>(&held); running != nullptr && running->started)
      tell({attempt, *running->started});
    if (const auto* running = std::get_if<Running>(&held); running != nullptr && running->checkpoint_stored)
      tell({attempt, *running->checkpoint_stored});
  }
}

void AgentCore::hear(const Leases& leases) {
  for (const Lease& lease : leases.leases) take(lease);
}

void AgentCore::take(const Lease& lease) {
  if (held_.contains(lease.attempt)) return;
  if (lease.device < devices_.size())
    if (std::optional<uint32_t>& credits = devices_[lease.device].credits; credits && *credits > 0) --*credits;
  const Status status = examine(lease);
  if (!status.ok()) {
    const bool bad_input = absl::IsInvalidArgument(status);
    return end(lease.attempt, Failure{bad_input                     ? FailureClass::kBadInput
                                      : absl::IsUnavailable(status) ? FailureClass::kPreempted
                                                                    : FailureClass::kInfrastructure,
                                      clean_line(std::string(status.message()), 1000), ""});
  }
  const uint64_t order = ++last_order_;
  Device& device = devices_[lease.device];
  ++device.live;
  if (!config_.transfers || (lease.files.empty() && !lease.checkpoint)) {
    device.queue.emplace(order, lease.attempt);
  } else {
    fetching_.insert(lease.attempt);
    step_.effects.push_back(FetchFiles{lease.attempt, lease.files, lease.checkpoint});
  }
  held_.emplace(lease.attempt, Waiting{lease, order});
}

// Whether a lease can be trained. InvalidArgument: it is wrong everywhere; Unavailable: not now; else it is wrong here.
Status AgentCore::examine(const Lease& lease) const {
  if (run_key_of_text(lease.run_spec_json) != lease.attempt.run)
    return absl::InvalidArgumentError("the run spec does not have the hash that the lease names");
  if (!is_one_json_line(lease.run_spec_json)) return absl::InvalidArgumentError("the run spec is not one line of JSON");
  if (!knows(lease.trainer)) return absl::InvalidArgumentError(unknown_trainer(lease.trainer, config_.trainers));
  if (lease.device >= devices_.size()) return absl::NotFoundError("the agent has no such device");
  if (draining_) return absl::UnavailableError(stopping_ ? "the agent is stopping" : "the agent is being drained");
  if (devices_[lease.device].live >= kMostWaiting)
    return absl::ResourceExhaustedError("the agent was given more leases than it can hold");
  return absl::OkStatus();
}

void AgentCore::hear(const Acks& acks) {
  for (const AttemptId& attempt : acks.attempts) {
    const auto found = held_.find(attempt);
    if (found == held_.end()) continue;
    const auto* ended = std::get_if<Ended>(&found->second);
    if (ended == nullptr) continue;  // it acknowledges an end that has not come yet
    forget_end(attempt, !is_preempted(ended->end));
  }
}

void AgentCore::hear(const Cancels& cancels) {
  for (const AttemptId& attempt : cancels.attempts) cancel(attempt);
}

void AgentCore::hear(const Withdraw& withdraw) {
  for (const AttemptId& attempt : withdraw.attempts) {
    const auto found = held_.find(attempt);
    if (found != held_.end() && std::holds_alternative<Waiting>(found->second))
      end(attempt, Failure{FailureClass::kPreempted, "withdrawn", ""});
  }
}

void AgentCore::hear(const Drain&) {
  draining_ = true;
  give_back_waiting("the agent is being drained");
}

void AgentCore::give_back_waiting(const std::string& why) {
  for (Device& device : devices_)
    while (!device.queue.empty())
      end(AttemptId(device.queue.begin()->second), Failure{FailureClass::kPreempted, why, ""});
  while (!fetching_.empty()) end(AttemptId(*fetching_.begin()), Failure{FailureClass::kPreempted, why, ""});
}

void AgentCore::cancel(const AttemptId& attempt) {
  const auto found = held_.find(attempt);
  if (found == held_.end()) return;
  if (std::holds_alternative<Ended>(found->second)) return forget_end(attempt, true);
  if (const auto* running = std::get_if<Running>(&found->second)) {
    Slot& slot = *slot_of(running->trainer);
    slot.attempt.reset();
    slot.verdict.reset();
    slot.discard_folder = true;
    --devices_[slot.device].live;
    held_.erase(found);
    if (slot.phase == Phase::kBusy) terminate(slot, std::nullopt);
    return;
  }
  if (const auto* waiting = std::get_if<Waiting>(&found->second))
    leave_queue(attempt, *waiting);
  else
    --saving_;
  held_.erase(found);
  discard(attempt.run);
}

void AgentCore::on(const TaskRefused& event) {
  Slot* slot = slot_of(event.trainer);
  if (slot == nullptr || slot->attempt != event.attempt) return;
  remark(LogLevel::kError, name_of(event.attempt) + ": " + event.failure.message);
  end(event.attempt, event.failure);
  release(*slot);
}

void AgentCore::on(const SpoolWritten& event) {
  const auto found = held_.find(event.attempt);
  if (found == held_.end()) return;
  auto* ended = std::get_if<Ended>(&found->second);
  if (ended == nullptr || ended->may_send) return;
  if (!event.error.empty())
    remark(LogLevel::kError,
           name_of(event.attempt) + ": the result could not be spooled and is kept in memory only: " + event.error);
  ended->may_send = true;
  tell(ended->end);
}

void AgentCore::on(const StopRequested&) {
  if (stopping_) return;
  stopping_ = draining_ = true;
  if (welcome_) send(Draining{});
  stop_by_ = now_ + config_.grace + kLastWords;
  give_back_waiting("the agent was stopped before the training began");
  for (Slot& slot : slots_) {
    if (slot.phase == Phase::kBusy)
      terminate(slot, Failure{FailureClass::kPreempted, "the agent was stopped; the checkpoint is kept", ""});
    else if (slot.phase == Phase::kStarting || slot.phase == Phase::kIdle)
      terminate(slot, std::nullopt);
  }
}

void AgentCore::on(const TimePassed&) {
  while (!alarms_.empty() && alarms_.begin()->first <= now_) {
    Slot& slot = slots_[alarms_.begin()->second];
    alarms_.erase(alarms_.begin());
    slot.alarm.reset();
    if (slot.deadline && now_ >= *slot.deadline)
      slot_overdue(slot);
    else
      set_deadline(slot, slot.deadline);  // it was put off meanwhile
  }
  upload_checkpoints();
  if (stop_by_ && now_ >= *stop_by_) end_saving();
  if (!welcome_ || now_ < heartbeat_at_ + welcome_->heartbeat) return;
  // Also where other messages show that the agent lives: what it measured is in no other.
  heartbeat_at_ = now_;
  // Between runs that end one after another a lease too many, from an offer that crossed others, is soon begun.
  const bool quiet = now_ >= last_sent_ + welcome_->heartbeat;
  send(heartbeat_);
  if (!quiet) return;
  for (uint32_t device = 0; device < devices_.size(); ++device) give_back_surplus(device);
}

void AgentCore::on(const Measured& event) {
  heartbeat_ = event.machine;
  for (const DeviceState& state : heartbeat_.devices) {
    if (state.device >= devices_.size() || !state.memory_used) continue;
    Device& device = devices_[state.device];
    device.bare_memory = std::min(device.bare_memory.value_or(*state.memory_used), *state.memory_used);
    const uint64_t slack = config_.devices[state.device].memory_bytes / kMemorySlack;
    if (*state.memory_used <= *device.bare_memory + slack) device.suspect_until.reset();
  }
}

// ---- ends

void AgentCore::end(const AttemptId& attempt, std::variant<Succeeded, Failure> how) {
  Update update{attempt, {}};
  std::visit([&update](auto&& what) { update.what = std::move(what); }, std::move(how));
  const bool spooled = !is_preempted(update);
  Ended ended{update, !spooled};
  if (const auto found = held_.find(attempt); found != held_.end()) {
    if (const auto* waiting = std::get_if<Waiting>(&found->second)) leave_queue(attempt, *waiting);
    if (std::holds_alternative<Saving>(found->second)) --saving_;
    if (const auto* running = std::get_if<Running>(&found->second)) --devices_[running->device].live;
    found->second = std::move(ended);
  } else {
    held_.emplace(attempt, std::move(ended));
  }
  ++ended_;
  if (spooled)
    step_.effects.push_back(SpoolEnd{std::move(update)});
  else
    tell(std::move(update));
}

void AgentCore::leave_queue(const AttemptId& attempt, const Waiting& waiting) {
  fetching_.erase(attempt);
  Device& device = devices_[waiting.lease.device];
  device.queue.erase(waiting.order);
  --device.live;
}

void AgentCore::forget_end(const AttemptId& attempt, bool discard_folder) {
  step_.effects.push_back(ForgetEnd{attempt});
  held_.erase(attempt);
  --ended_;
  if (discard_folder) discard(attempt.run);
}

void AgentCore::discard(const RunKey& run) {
  if (!is_run_live(run)) step_.effects.push_back(RemoveRunFolder{run});
}

bool AgentCore::is_run_live(const RunKey& run) const {
  for (auto held = held_.lower_bound(AttemptId{run, 0}); held != held_.end() && held->first.run == run; ++held)
    if (!std::holds_alternative<Ended>(held->second)) return true;
  return runs_at_work_.contains(run);
}

// ---- telling

void AgentCore::tell(Update update) {
  if (welcome_) outgoing_.push_back(std::move(update));
}

void AgentCore::send(AgentMessage message) {
  last_sent_ = now_;
  step_.effects.push_back(SendMessage{std::move(message)});
}

void AgentCore::flush() {
  Updates batch;
  size_t bytes = 0;
  for (Update& update : std::exchange(outgoing_, {})) {
    const size_t more = weight(update);
    if (!batch.updates.empty() && bytes + more > kMessageBytes) {
      send(std::exchange(batch, {}));
      bytes = 0;
    }
    bytes += more;
    batch.updates.push_back(std::move(update));
  }
  if (!batch.updates.empty()) send(std::move(batch));
  offer_places();
}

void AgentCore::finish_stop() {
  if (!stopping_ || stopped_) return;
  const bool overdue = now_ >= *stop_by_;
  const bool trainers_gone = std::ranges::all_of(slots_, [](const Slot& slot) { return slot.phase == Phase::kEmpty; });
  const bool told = !welcome_ || ended_ + saving_ == 0;
  if (!overdue && !(trainers_gone && told)) return;
  if (trainers_gone && !told) remark(LogLevel::kInfo, "stopping with ends that the coordinator has not acknowledged");
  stopped_ = true;
  step_.effects.push_back(Stopped{});
}

void AgentCore::remark(LogLevel level, std::string text) {
  step_.effects.push_back(Remark{level, clean_line(text, 2000)});
}

}  // namespace evensweep

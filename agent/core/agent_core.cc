#include "agent/core/agent_core.h"

#include <algorithm>
#include <utility>

#include "common/model/json.h"

namespace evensweep {
namespace {

// Progress is a picture for people: four a second for each attempt are enough.
constexpr Duration kProgressInterval{250};
// A coordinator that acknowledges nothing gets no more results than these.
constexpr size_t kMostUnacknowledged = 256;
// More leases than any credit ever announced are refused, so that a mad coordinator cannot fill the memory.
constexpr size_t kMostWaiting = 10000;
// Updates are gathered into messages of about this size; a single larger one goes alone.
constexpr size_t kMessageBytes = 1 << 20;
// Whatever the coordinator asks for, it is not spoken to without pause.
constexpr Duration kShortestHeartbeat{100};
// After the trainers have gone, so long is waited for acknowledgements.
constexpr Duration kLastWords{1000};

size_t weight(const Update& update) {
  constexpr size_t kOverhead = 128;
  if (const auto* succeeded = std::get_if<Succeeded>(&update.what)) return kOverhead + succeeded->result_json.size();
  if (const auto* failure = std::get_if<Failure>(&update.what))
    return kOverhead + failure->message.size() + failure->stderr_tail.size();
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

AgentCore::AgentCore(AgentConfig config) : config_(std::move(config)), slots_(config_.slots) {}

AgentStep AgentCore::handle(TimePoint now, const AgentEvent& event) {
  now_ = now;
  step_ = {};
  outgoing_.clear();
  if (stopped_) return {};
  std::visit([this](const auto& e) { on(e); }, event);
  for (auto& [program, trouble] : trouble_)
    if (trouble.cool_until && now_ >= *trouble.cool_until) trouble.cool_until.reset();
  assign();
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
  for (const Slot& slot : slots_) consider(slot.deadline);
  for (const auto& [program, trouble] : trouble_) consider(trouble.cool_until);
  consider(stop_by_);
  if (welcome_) consider(last_sent_ + welcome_->heartbeat);
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
  credits_sent_.reset();
  Hello hello{.agent = config_.id,
              .incarnation = config_.incarnation,
              .host = config_.host,
              .version = config_.version,
              .devices = cpu_device(config_.slots),
              .trainers = config_.trainers};
  for (const auto& [attempt, held] : held_) hello.held.push_back(attempt);
  send(std::move(hello));
}

void AgentCore::on(const Disconnected&) {
  connected_ = false;
  welcome_.reset();
}

void AgentCore::on(const CoordinatorMessage& event) {
  if (!connected_) return;
  std::visit([this](const auto& message) { hear(message); }, event);
}

void AgentCore::hear(const Welcome& welcome) {
  welcome_ = welcome;
  welcome_->heartbeat = std::max(welcome.heartbeat, kShortestHeartbeat);
  credits_sent_.reset();
  if (stopping_) send(Draining{});
  for (const auto& [attempt, held] : held_) {
    if (const auto* ended = std::get_if<Ended>(&held); ended != nullptr && ended->may_send) tell(ended->end);
    if (const auto* running = std::get_if<Running>(&held); running != nullptr && running->started)
      tell({attempt, *running->started});
  }
}

void AgentCore::hear(const Leases& leases) {
  for (const Lease& lease : leases.leases) take(lease);
}

void AgentCore::take(const Lease& lease) {
  if (held_.contains(lease.attempt)) return;
  Waiting waiting{lease.run_spec_json, {}, 0};
  std::optional<Failure> refusal;
  if (run_key_of_text(lease.run_spec_json) != lease.attempt.run)
    refusal = Failure{FailureClass::kBadInput, "the run spec does not have the hash that the lease names", ""};
  else if (StatusOr<RunSpec> spec = parse_run_spec(lease.run_spec_json); !spec.ok())
    refusal = Failure{FailureClass::kBadInput, clean_line(std::string(spec.status().message()), 1000), ""};
  else if (!knows(spec->trainer))
    refusal = Failure{FailureClass::kBadInput, unknown_trainer(spec->trainer, config_.trainers), ""};
  else if (lease.device != 0)
    refusal = Failure{FailureClass::kInfrastructure, "the agent has no such device", ""};
  else if (draining_)
    refusal = Failure{FailureClass::kPreempted, stopping_ ? "the agent is stopping" : "the agent is being drained", ""};
  else if (queue_.size() >= kMostWaiting)
    refusal = Failure{FailureClass::kInfrastructure, "the agent was given more leases than it can hold", ""};
  else {
    waiting.numerics = spec->trainer;
    waiting.classes = static_cast<int64_t>(spec->treatment.class_weights.size());
  }
  held_.emplace(lease.attempt, std::move(waiting));
  queue_.push_back(lease.attempt);
  if (refusal) end(lease.attempt, *std::move(refusal));
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
  for (const AttemptId& attempt : std::deque<AttemptId>(queue_))
    end(attempt, Failure{FailureClass::kPreempted, why, ""});
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
    held_.erase(found);
    if (slot.phase == Phase::kBusy) terminate(slot, std::nullopt);
    return;
  }
  std::erase(queue_, attempt);
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
  for (Slot& slot : slots_)
    if (slot.deadline && now_ >= *slot.deadline) slot_overdue(slot);
  if (welcome_ && now_ >= last_sent_ + welcome_->heartbeat) send(Heartbeat{});
}

// ---- what trainers say about a run

bool AgentCore::belongs(Slot& slot, const AttemptId& attempt) {
  if (slot.attempt == attempt && (slot.phase == Phase::kBusy || slot.phase == Phase::kTerminating)) {
    // While it is stopped for a fault of its own its words count no more; while it is stopped for us they do.
    return !slot.verdict || slot.verdict->failure == FailureClass::kPreempted;
  }
  if (slot.phase == Phase::kTerminating || slot.phase == Phase::kKilled) return false;
  on(TrainerBroke{slot.trainer, "it spoke of " + name_of(attempt) + ", which it was not given"});
  return false;
}

void AgentCore::said(Slot& slot, const RunStarted& line) {
  if (!belongs(slot, line.attempt)) return;
  auto& running = std::get<Running>(held_.at(line.attempt));
  running.started = Started{line.resumed_at_epoch};
  tell({line.attempt, *running.started});
}

void AgentCore::said(Slot& slot, const RunProgress& line) {
  if (!belongs(slot, line.attempt)) return;
  auto& running = std::get<Running>(held_.at(line.attempt));
  if (running.progress_sent && now_ - *running.progress_sent < kProgressInterval) return;
  running.progress_sent = now_;
  tell({line.attempt, line.progress});
}

void AgentCore::said(Slot& slot, const RunFinished& line) {
  if (!belongs(slot, line.attempt)) return;
  if (!line.read_error.empty())
    return on(TrainerBroke{slot.trainer, "it finished without a result: " + line.read_error});
  if (line.result_json.size() > kMaxResultBytes)
    return on(TrainerBroke{slot.trainer, "result.json is larger than " + std::to_string(kMaxResultBytes) + " bytes"});
  const int64_t classes = std::get<Running>(held_.at(line.attempt)).classes;
  const StatusOr<RunResult> result = parse_run_result(line.result_json, classes);
  if (!result.ok())
    return on(TrainerBroke{slot.trainer, "result.json is not valid: " + std::string(result.status().message())});
  end(line.attempt, Succeeded{line.result_json});
  release(slot);
}

void AgentCore::said(Slot& slot, const RunFailed& line) {
  if (!belongs(slot, line.attempt)) return;
  Failure failure = line.failure;
  failure.message = clean_line(failure.message, 1000);
  end(line.attempt, std::move(failure));
  release(slot);
}

void AgentCore::said(Slot& slot, const RunStopped& line) {
  if (!belongs(slot, line.attempt)) return;
  if (slot.phase == Phase::kBusy) {
    // Somebody else stopped it, a batch system perhaps. It is about to exit.
    end(line.attempt,
        Failure{FailureClass::kPreempted, "the trainer was stopped from outside; the checkpoint is kept", ""});
    slot.attempt.reset();
    return terminate(slot, std::nullopt);
  }
  end(line.attempt, *std::exchange(slot.verdict, std::nullopt));
  slot.attempt.reset();
}

// ---- ends

void AgentCore::end(const AttemptId& attempt, std::variant<Succeeded, Failure> how) {
  Held& held = held_.at(attempt);
  if (std::holds_alternative<Waiting>(held)) std::erase(queue_, attempt);
  Update update{attempt, {}};
  std::visit([&update](auto&& what) { update.what = std::move(what); }, std::move(how));
  const bool spooled = !is_preempted(update);
  held = Ended{update, !spooled};
  ++ended_;
  if (spooled)
    step_.effects.push_back(SpoolEnd{std::move(update)});
  else
    tell(std::move(update));
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
  return is_run_in_slot(run);
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
  if (!welcome_ || credits_sent_ == free_places()) return;
  credits_sent_ = free_places();
  send(cpu_credits(*credits_sent_));
}

uint32_t AgentCore::free_places() const {
  const bool all_cooling = std::ranges::all_of(config_.trainers, [this](const auto& one) { return is_cooling(one); });
  if (draining_ || all_cooling || ended_ >= kMostUnacknowledged) return 0;
  const size_t places = 2 * slots_.size(), live = held_.size() - ended_;
  return live >= places ? 0 : static_cast<uint32_t>(places - live);
}

void AgentCore::finish_stop() {
  if (!stopping_ || stopped_) return;
  const bool overdue = now_ >= *stop_by_;
  const bool trainers_gone = std::ranges::all_of(slots_, [](const Slot& slot) { return slot.phase == Phase::kEmpty; });
  const bool told = !welcome_ || ended_ == 0;
  if (!overdue && !(trainers_gone && told)) return;
  if (trainers_gone && !told) remark(LogLevel::kInfo, "stopping with ends that the coordinator has not acknowledged");
  stopped_ = true;
  step_.effects.push_back(Stopped{});
}

void AgentCore::remark(LogLevel level, std::string text) {
  step_.effects.push_back(Remark{level, clean_line(text, 2000)});
}

}  // namespace evensweep

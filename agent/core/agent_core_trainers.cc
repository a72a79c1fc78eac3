// AgentCore's slots: starting, feeding and ending trainers.

#include <algorithm>
#include <utility>

#include "agent/core/agent_core.h"
#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr uint32_t kMostStartFailures = 3;  // in a row, before leases fail of it
constexpr Duration kCoolFirst{1000}, kCoolMost{60000};
// How long a killed process may take to vanish before its attempt is reported without it.
constexpr Duration kGiveUp{10000};
constexpr size_t kMaxTail = 8192;

}  // namespace

// ---- leases into slots

// One lease after the other, oldest first: into an idle trainer, or else a trainer is started for it. A run waits while
// an earlier attempt of it may still be writing to its folder.
void AgentCore::assign() {
  if (stopping_) return;
  auto starting = static_cast<size_t>(
      std::ranges::count_if(slots_, [](const Slot& slot) { return slot.phase == Phase::kStarting; }));
  for (const AttemptId& attempt : std::deque<AttemptId>(queue_)) {
    if (is_run_in_slot(attempt.run)) continue;
    if (Slot* idle = idle_slot()) {
      give(*idle, attempt);
      continue;
    }
    if (starting > 0) {
      --starting;  // the trainer that is coming up is for this lease
      continue;
    }
    const auto empty = std::ranges::find_if(slots_, [](const Slot& slot) { return slot.phase == Phase::kEmpty; });
    if (empty == slots_.end() || cool_until_) return;
    start_in(static_cast<uint32_t>(empty - slots_.begin()));
  }
}

bool AgentCore::is_run_in_slot(const RunKey& run) const {
  return std::ranges::any_of(slots_, [&run](const Slot& slot) { return !slot.run.empty() && slot.run == run; });
}

AgentCore::Slot* AgentCore::idle_slot() {
  const auto idle = std::ranges::find_if(slots_, [](const Slot& slot) { return slot.phase == Phase::kIdle; });
  return idle == slots_.end() ? nullptr : &*idle;
}

AgentCore::Slot* AgentCore::slot_of(TrainerId trainer) {
  const auto found = std::ranges::find_if(
      slots_, [trainer](const Slot& slot) { return slot.phase != Phase::kEmpty && slot.trainer == trainer; });
  return found == slots_.end() ? nullptr : &*found;
}

void AgentCore::start_in(uint32_t index) {
  Slot& slot = slots_[index];
  slot = Slot{};
  slot.phase = Phase::kStarting;
  slot.trainer = TrainerId{++last_trainer_};
  slot.deadline = now_ + config_.startup;
  step_.effects.push_back(StartTrainer{index, slot.trainer});
}

void AgentCore::give(Slot& slot, const AttemptId& attempt) {
  Held& held = held_.at(attempt);
  Waiting waiting = std::get<Waiting>(std::move(held));
  if (waiting.numerics != slot.numerics) {
    end(attempt, Failure{FailureClass::kBadInput,
                         clean_line("the run is for a trainer of numerics \"" + waiting.numerics +
                                        "\", this agent's trainer is of \"" + slot.numerics +
                                        "\"; install the same version on agents and coordinator",
                                    1000),
                         ""});
    return;
  }
  std::erase(queue_, attempt);
  held = Running{slot.trainer, waiting.classes, std::nullopt, std::nullopt};
  slot.phase = Phase::kBusy;
  slot.attempt = attempt;
  slot.run = attempt.run;
  slot.deadline = now_ + config_.silence;
  step_.effects.push_back(GiveTask{slot.trainer, Lease{attempt, std::move(waiting.run_spec_json)}});
}

// The run in the slot has ended by the trainer's own word.
void AgentCore::release(Slot& slot) {
  slot.attempt.reset();
  slot.verdict.reset();
  slot.run = RunKey();
  if (slot.phase != Phase::kBusy) return;  // it is being stopped, and will exit
  slot.phase = Phase::kIdle;
  slot.deadline.reset();
}

// ---- what trainers do

void AgentCore::on(const TrainerSaid& event) {
  Slot* slot = slot_of(event.trainer);
  if (slot == nullptr || slot->phase == Phase::kKilled) return;
  if (slot->phase == Phase::kBusy) slot->deadline = now_ + config_.silence;
  std::visit([&](const auto& line) { said(*slot, line); }, event.line);
}

void AgentCore::said(Slot& slot, const TrainerHello& line) {
  if (slot.phase == Phase::kTerminating) return;
  if (slot.phase != Phase::kStarting) return on(TrainerBroke{slot.trainer, "it said hello twice"});
  start_failures_ = 0;
  slot.phase = Phase::kIdle;
  slot.numerics = line.numerics;
  slot.deadline.reset();
}

void AgentCore::on(const TrainerBroke& event) {
  Slot* slot = slot_of(event.trainer);
  if (slot == nullptr || slot->phase == Phase::kKilled) return;
  const std::string what = clean_line("the trainer broke its contract: " + event.what, 1000);
  remark(LogLevel::kWarning, what);
  kill(*slot, Failure{FailureClass::kTrainerError, what, ""});
}

void AgentCore::on(const TrainerExited& event) {
  Slot* slot = slot_of(event.trainer);
  if (slot == nullptr) return;
  const Slot gone = std::exchange(*slot, Slot{});
  if (gone.attempt) {
    Failure failure = gone.verdict ? *gone.verdict : failure_of_exit(event.exit, event.stderr_tail);
    if (failure.failure != FailureClass::kPreempted) {
      failure.stderr_tail = clean_text(event.stderr_tail, kMaxTail);
      if (!gone.verdict) remark(LogLevel::kWarning, failure.message);  // else it was said when it was killed
    }
    end(*gone.attempt, std::move(failure));
  }
  if (gone.discard_folder) discard(gone.run);
  if (gone.phase == Phase::kStarting || (gone.phase == Phase::kKilled && gone.numerics.empty())) start_failed(event);
}

void AgentCore::start_failed(const TrainerExited& event) {
  if (stopping_) return;
  const std::string reason =
      event.start_error.empty() ? "it " + exit_text(event.exit) + " before its hello" : event.start_error;
  const std::string what = clean_line("the trainer does not start: " + reason, 1000);
  remark(LogLevel::kError, what);
  if (++start_failures_ < kMostStartFailures) return;
  const uint32_t doublings = std::min(start_failures_ - kMostStartFailures, 6u);
  cool_until_ = now_ + std::min(kCoolFirst * (1 << doublings), kCoolMost);
  const bool others = std::ranges::any_of(slots_, [](const Slot& slot) { return slot.phase != Phase::kEmpty; });
  if (others) return;  // the leases can wait for a trainer that did start
  for (const AttemptId& attempt : std::deque<AttemptId>(queue_))
    end(attempt, Failure{FailureClass::kTrainerError, what, clean_text(event.stderr_tail, kMaxTail)});
}

// ---- ending trainers

void AgentCore::terminate(Slot& slot, std::optional<Failure> verdict) {
  slot.phase = Phase::kTerminating;
  slot.verdict = std::move(verdict);
  slot.deadline = now_ + config_.grace;
  step_.effects.push_back(TerminateTrainer{slot.trainer});
}

void AgentCore::kill(Slot& slot, std::optional<Failure> verdict) {
  slot.phase = Phase::kKilled;
  slot.verdict = std::move(verdict);
  slot.deadline = now_ + kGiveUp;
  step_.effects.push_back(KillTrainer{slot.trainer});
}

void AgentCore::slot_overdue(Slot& slot) {
  switch (slot.phase) {
    case Phase::kEmpty:
    case Phase::kIdle: return;
    case Phase::kStarting:
      remark(LogLevel::kError, "a trainer did not say hello in time and is killed");
      return kill(slot, std::nullopt);
    case Phase::kBusy: {
      const std::string what = "no sign of life from the trainer for " +
                               shortest(static_cast<double>(config_.silence.count()) / 1000) + " s";
      remark(LogLevel::kWarning, what);
      return kill(slot, Failure{FailureClass::kTrainerError, what, ""});
    }
    case Phase::kTerminating: return kill(slot, std::exchange(slot.verdict, std::nullopt));
    case Phase::kKilled:
      // The kernel does not let go of it. The slot stays taken until it does.
      remark(LogLevel::kError, "a killed trainer does not vanish; its slot is lost until it does");
      slot.deadline.reset();
      if (slot.attempt) end(*slot.attempt, *std::exchange(slot.verdict, std::nullopt));
      slot.attempt.reset();
      return;
  }
}

}  // namespace evensweep

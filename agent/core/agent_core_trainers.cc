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

// One lease after the other, oldest first: into an idle trainer of its program, or else one is started for it. A run
// waits while an earlier attempt of it may still be writing to its folder.
void AgentCore::assign() {
  if (stopping_) return;
  std::map<std::string, size_t> starting;
  size_t leaving = 0;
  for (const Slot& slot : slots_) {
    if (slot.phase == Phase::kStarting) ++starting[slot.program];
    if (slot.phase == Phase::kTerminating || slot.phase == Phase::kKilled) ++leaving;
  }
  for (const AttemptId& attempt : std::deque<AttemptId>(queue_)) {
    if (is_run_in_slot(attempt.run)) continue;
    const std::string program = std::get<Waiting>(held_.at(attempt)).numerics;
    if (Slot* idle = find_slot(Phase::kIdle, program)) {
      give(*idle, attempt);
    } else if (size_t& coming = starting[program]; coming > 0) {
      --coming;  // the trainer that is coming up is for this lease
    } else if (is_cooling(program)) {
      continue;
    } else if (Slot* empty = find_slot(Phase::kEmpty, "")) {
      start_in(*empty, program);
    } else if (leaving > 0) {
      --leaving;  // the slot will be free in a moment
    } else if (Slot* other = find_idle_of_others(program)) {
      terminate(*other, std::nullopt);
    }
  }
}

bool AgentCore::knows(const std::string& program) const { return std::ranges::count(config_.trainers, program) > 0; }

bool AgentCore::is_cooling(const std::string& program) const {
  const auto found = trouble_.find(program);
  return found != trouble_.end() && found->second.cool_until.has_value();
}

bool AgentCore::is_run_in_slot(const RunKey& run) const {
  return std::ranges::any_of(slots_, [&run](const Slot& slot) { return !slot.run.empty() && slot.run == run; });
}

AgentCore::Slot* AgentCore::find_slot(Phase phase, const std::string& program) {
  const auto found =
      std::ranges::find_if(slots_, [&](const Slot& slot) { return slot.phase == phase && slot.program == program; });
  return found == slots_.end() ? nullptr : &*found;
}

AgentCore::Slot* AgentCore::find_idle_of_others(const std::string& program) {
  const auto found = std::ranges::find_if(
      slots_, [&](const Slot& slot) { return slot.phase == Phase::kIdle && slot.program != program; });
  return found == slots_.end() ? nullptr : &*found;
}

AgentCore::Slot* AgentCore::slot_of(TrainerId trainer) {
  const auto found = std::ranges::find_if(
      slots_, [trainer](const Slot& slot) { return slot.phase != Phase::kEmpty && slot.trainer == trainer; });
  return found == slots_.end() ? nullptr : &*found;
}

void AgentCore::start_in(Slot& slot, const std::string& program) {
  slot = Slot{};
  slot.program = program;
  slot.phase = Phase::kStarting;
  slot.trainer = TrainerId{++last_trainer_};
  slot.deadline = now_ + config_.startup;
  step_.effects.push_back(StartTrainer{static_cast<uint32_t>(&slot - slots_.data()), slot.trainer, program});
}

void AgentCore::give(Slot& slot, const AttemptId& attempt) {
  Held& held = held_.at(attempt);
  Waiting waiting = std::get<Waiting>(std::move(held));
  if (waiting.numerics != slot.numerics) {
    end(attempt, Failure{FailureClass::kBadInput,
                         clean_line("the run is for the trainer " + waiting.numerics +
                                        ", but what was started for it calls itself " + slot.numerics +
                                        " in its hello; install the same version everywhere, or "
                                        "mend the agent's configuration",
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
  trouble_.erase(slot.program);
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
  if (gone.phase == Phase::kStarting || (gone.phase == Phase::kKilled && gone.numerics.empty()))
    start_failed(gone.program, event);
}

void AgentCore::start_failed(const std::string& program, const TrainerExited& event) {
  if (stopping_) return;
  const std::string reason =
      event.start_error.empty() ? "it " + exit_text(event.exit) + " before its hello" : event.start_error;
  const std::string what = clean_line("the trainer " + program + " does not start: " + reason, 1000);
  remark(LogLevel::kError, what);
  StartTrouble& trouble = trouble_[program];
  if (++trouble.failures < kMostStartFailures) return;
  const uint32_t doublings = std::min(trouble.failures - kMostStartFailures, 6u);
  trouble.cool_until = now_ + std::min(kCoolFirst * (1 << doublings), kCoolMost);
  const bool others = std::ranges::any_of(
      slots_, [&](const Slot& slot) { return slot.phase != Phase::kEmpty && slot.program == program; });
  if (others) return;  // the leases can wait for a trainer that did start
  for (const AttemptId& attempt : std::deque<AttemptId>(queue_))
    if (std::get<Waiting>(held_.at(attempt)).numerics == program)
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

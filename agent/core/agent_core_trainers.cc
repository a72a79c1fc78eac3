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
constexpr Duration kSuspicion{60000};  // that a dead trainer's memory is still taken
constexpr int kFirstSilence = 5;       // times AgentConfig::silence
constexpr size_t kPauses = 9;

}  // namespace

// ---- leases into slots

// One lease after the other, oldest first: into an idle trainer of its program, or else one is started for it. A run
// waits while an earlier attempt of it may still be writing to its folder. Where memory is short those behind wait as
// well, lest small ones pass a large one for ever.
void AgentCore::assign(uint32_t index) {
  Device& device = devices_[index];
  if (stopping_ || device.queue.empty() || is_detached()) return;
  if (device.suspect_until > now_) return;
  if (device.idle.empty() && device.empty.empty()) return;
  Round round{.coming = programs_starting(index), .leaving = device.leaving};
  for (auto next = device.queue.begin(); next != device.queue.end();) {
    const AttemptId attempt = next->second;
    ++next;
    if (runs_at_work_.contains(attempt.run)) continue;
    if (!place(device, attempt, round)) return;
    if (device.idle.empty() && device.empty.empty()) return;
  }
}

// False where those behind have to wait.
bool AgentCore::place(Device& device, const AttemptId& attempt, Round& round) {
  const auto& waiting = std::get<Waiting>(held_.at(attempt));
  const std::string program = waiting.lease.trainer;
  const bool alone = waiting.lease.alone;
  if (!fits(device, waiting.lease, round)) return false;
  if (alone && !clear_for(device, program, round)) return false;
  if (Slot* idle = find_idle(device, program)) {
    give(*idle, attempt);
    return !alone;
  }
  if (uint32_t& trainers = round.coming[program]; trainers > 0) {
    --trainers;  // the one that is coming up is for this lease
  } else if (is_cooling(program)) {
    return true;
  } else if (!device.empty.empty()) {
    start_in(slots_[*device.empty.begin()], program);
  } else if (round.leaving > 0) {
    --round.leaving;  // the slot will be free in a moment
  } else if (Slot* other = find_idle_of_others(device, program)) {
    terminate(*other, std::nullopt);
  }
  ++round.runs;
  round.memory += waiting.lease.memory_bytes;
  return !alone;
}

std::map<std::string, uint32_t> AgentCore::programs_starting(uint32_t index) const {
  std::map<std::string, uint32_t> programs;
  if (devices_[index].starting == 0) return programs;
  const uint32_t first = devices_[index].first_slot;
  for (uint32_t slot = first; slot < first + config_.devices[index].slots; ++slot)
    if (slots_[slot].phase == Phase::kStarting) ++programs[slots_[slot].program];
  return programs;
}

bool AgentCore::fits(const Device& device, const Lease& lease, const Round& round) const {
  const uint32_t runs = device.at_work + round.runs;
  if (runs == 0) return true;  // if it does not fit now, it never will: the trainer is to tell
  const uint64_t memory = config_.devices[lease.device].memory_bytes;
  if (device.alone || lease.alone) return false;
  return memory == 0 || device.memory + round.memory + lease.memory_bytes <= memory;
}

// For a run that is to be alone: idle trainers may hold memory and go. True once nothing is left but its own trainer.
bool AgentCore::clear_for(Device& device, const std::string& program, const Round& round) {
  const Slot* own = find_idle(device, program);
  for (const uint32_t slot : std::set<uint32_t>(device.idle))
    if (&slots_[slot] != own) terminate(slots_[slot], std::nullopt);
  const bool comes = own == nullptr && device.starting == 1 && round.coming.contains(program);
  const size_t left = device.slots - device.empty.size();
  return left == (own != nullptr || comes ? 1u : 0u);
}

bool AgentCore::knows(const std::string& program) const { return std::ranges::count(config_.trainers, program) > 0; }

bool AgentCore::is_cooling(const std::string& program) const {
  const auto found = trouble_.find(program);
  return found != trouble_.end() && found->second.cool_until.has_value();
}

bool AgentCore::is_detached() const { return away_since_ && now_ - *away_since_ >= config_.detached; }

AgentCore::Slot* AgentCore::find_idle(const Device& device, const std::string& program) {
  for (const uint32_t slot : device.idle)
    if (slots_[slot].program == program) return &slots_[slot];
  return nullptr;
}

AgentCore::Slot* AgentCore::find_idle_of_others(const Device& device, const std::string& program) {
  for (const uint32_t slot : device.idle)
    if (slots_[slot].program != program) return &slots_[slot];
  return nullptr;
}

AgentCore::Slot* AgentCore::slot_of(TrainerId trainer) {
  const auto found = trainers_.find(trainer.value);
  return found == trainers_.end() ? nullptr : &slots_[found->second];
}

void AgentCore::start_in(Slot& slot, const std::string& program) {
  slot.program = program;
  slot.trainer = TrainerId{++last_trainer_};
  trainers_[slot.trainer.value] = static_cast<uint32_t>(&slot - slots_.data());
  set_phase(slot, Phase::kStarting);
  set_deadline(slot, now_ + config_.startup);
  step_.effects.push_back(StartTrainer{slot.trainer, program, slot.device});
}

void AgentCore::give(Slot& slot, const AttemptId& attempt) {
  Held& held = held_.at(attempt);
  if (const auto& waiting = std::get<Waiting>(held); waiting.lease.trainer != slot.numerics)
    return end(attempt, Failure{FailureClass::kBadInput,
                                clean_line("the run is for the trainer " + waiting.lease.trainer +
                                               ", but what was started for it calls itself " + slot.numerics +
                                               " in its hello; install the same version everywhere, or "
                                               "mend the agent's configuration",
                                           1000),
                                ""});
  Waiting waiting = std::get<Waiting>(std::move(held));
  Device& device = devices_[slot.device];
  device.queue.erase(waiting.order);
  held = Running{.trainer = slot.trainer,
                 .classes = waiting.lease.classes,
                 .device = slot.device,
                 .since = now_,
                 .files = waiting.lease.files,
                 .upload_at = now_ + config_.checkpoint_every};
  slot.attempt = attempt;
  slot.run = attempt.run;
  slot.memory = waiting.lease.memory_bytes;
  slot.alone = waiting.lease.alone;
  slot.heard = now_;
  slot.pauses.clear();
  runs_at_work_.insert(slot.run);
  ++device.at_work;
  device.memory += slot.memory;
  device.alone = slot.alone;
  set_phase(slot, Phase::kBusy);
  set_deadline(slot, now_ + patience(slot));
  step_.effects.push_back(GiveTask{slot.trainer, std::move(waiting.lease), !slot.makes_folders});
}

// The run in the slot has ended by the trainer's own word.
void AgentCore::release(Slot& slot) {
  slot.attempt.reset();
  slot.verdict.reset();
  leave_run(slot);
  if (slot.phase != Phase::kBusy) return;  // it is being stopped, and will exit
  set_phase(slot, Phase::kIdle);
  set_deadline(slot, std::nullopt);
}

// Nobody writes to the run's folder any more.
void AgentCore::leave_run(Slot& slot) {
  if (slot.run.empty()) return;
  Device& device = devices_[slot.device];
  runs_at_work_.erase(slot.run);
  --device.at_work;
  device.memory -= slot.memory;
  device.alone = false;  // if it was, it was the only one
  slot.run = RunKey();
  slot.memory = 0;
  slot.alone = false;
}

// The trainer is gone: what was known of it, and an empty slot.
AgentCore::Slot AgentCore::vacate(Slot& slot) {
  const Slot gone = slot;
  trainers_.erase(slot.trainer.value);
  leave_run(slot);
  set_deadline(slot, std::nullopt);
  set_phase(slot, Phase::kEmpty);
  slot = Slot{.device = slot.device, .alarm = slot.alarm};
  return gone;
}

void AgentCore::set_phase(Slot& slot, Phase phase) {
  Device& device = devices_[slot.device];
  const auto index = static_cast<uint32_t>(&slot - slots_.data());
  const auto leaves = [](Phase one) { return one == Phase::kTerminating || one == Phase::kKilled; };
  if (slot.phase == Phase::kEmpty) device.empty.erase(index);
  if (slot.phase == Phase::kIdle) device.idle.erase(index);
  device.starting -= slot.phase == Phase::kStarting ? 1 : 0;
  device.leaving -= leaves(slot.phase) ? 1 : 0;
  slot.phase = phase;
  if (phase == Phase::kEmpty) device.empty.insert(index);
  if (phase == Phase::kIdle) device.idle.insert(index);
  device.starting += phase == Phase::kStarting ? 1 : 0;
  device.leaving += leaves(phase) ? 1 : 0;
}

// An alarm that is too early is left as it is, and put off when it rings: most deadlines are put off again and again.
void AgentCore::set_deadline(Slot& slot, std::optional<TimePoint> deadline) {
  slot.deadline = deadline;
  if (!deadline || (slot.alarm && *slot.alarm <= *deadline)) return;
  const auto index = static_cast<uint32_t>(&slot - slots_.data());
  if (slot.alarm) alarms_.erase({*slot.alarm, index});
  slot.alarm = deadline;
  alarms_.insert({*deadline, index});
}

// ---- what trainers do

void AgentCore::on(const TrainerSaid& event) {
  Slot* slot = slot_of(event.trainer);
  if (slot == nullptr || slot->phase == Phase::kKilled) return;
  if (slot->phase == Phase::kBusy) note_life(*slot, std::holds_alternative<RunProgress>(event.line));
  std::visit([&](const auto& line) { said(*slot, line); }, event.line);
}

// Hangs are told from slow steps by what the run itself has shown: ten times the median of its last pauses.
void AgentCore::note_life(Slot& slot, bool progress) {
  if (progress) {
    if (slot.pauses.size() == kPauses) slot.pauses.erase(slot.pauses.begin());
    slot.pauses.push_back(now_ - slot.heard);
  }
  slot.heard = now_;
  set_deadline(slot, now_ + patience(slot));
}

Duration AgentCore::patience(const Slot& slot) const {
  if (slot.pauses.empty()) return config_.first_silence.value_or(kFirstSilence * config_.silence);
  std::vector<Duration> pauses = slot.pauses;
  const auto middle = pauses.begin() + static_cast<std::ptrdiff_t>(pauses.size() / 2);
  std::ranges::nth_element(pauses, middle);
  return std::max(config_.silence, 10 * *middle);
}

void AgentCore::said(Slot& slot, const TrainerHello& line) {
  if (slot.phase == Phase::kTerminating) return;
  if (slot.phase != Phase::kStarting) return on(TrainerBroke{slot.trainer, "it said hello twice"});
  trouble_.erase(slot.program);
  slot.numerics = line.numerics;
  slot.makes_folders = line.makes_folders;
  set_phase(slot, Phase::kIdle);
  set_deadline(slot, std::nullopt);
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
  const Slot gone = vacate(*slot);
  suspect(devices_[gone.device], config_.devices[gone.device], event.exit);
  if (gone.attempt) {
    Failure failure = gone.verdict ? *gone.verdict : failure_of_exit(event.exit, event.stderr_tail);
    if (failure.failure != FailureClass::kPreempted) {
      failure.stderr_tail = clean_text(event.stderr_tail, kMaxTail);
      if (!gone.verdict) remark(LogLevel::kWarning, failure.message);  // else it was said when it was killed
    }
    if (failure.failure == FailureClass::kPreempted)
      save_and_end(*gone.attempt, std::move(failure));
    else
      end(*gone.attempt, std::move(failure));
  }
  if (gone.discard_folder) discard(gone.run);
  if (gone.phase == Phase::kStarting || (gone.phase == Phase::kKilled && gone.numerics.empty()))
    start_failed(gone.program, event);
}

// A GPU's memory may be held for a while after a trainer that did not exit by itself, by a process of its that lives on
// perhaps. Until a measurement shows that it is free, the next training would fail for lack of it.
void AgentCore::suspect(Device& device, const AgentDevice& info, ExitStatus exit) {
  const bool bare = device.empty.size() == device.slots;
  const bool clean = !exit.by_signal && exit.number == 0;
  if (info.kind != "cuda" || !device.bare_memory || !bare || clean) return;
  device.suspect_until = now_ + kSuspicion;
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
  for (const Device& device : devices_)
    for (const auto& [order, attempt] : std::map<uint64_t, AttemptId>(device.queue))
      if (std::get<Waiting>(held_.at(attempt)).lease.trainer == program)
        end(attempt, Failure{FailureClass::kTrainerError, what, clean_text(event.stderr_tail, kMaxTail)});
}

// ---- ending trainers

void AgentCore::terminate(Slot& slot, std::optional<Failure> verdict) {
  set_phase(slot, Phase::kTerminating);
  slot.verdict = std::move(verdict);
  set_deadline(slot, now_ + config_.grace);
  step_.effects.push_back(TerminateTrainer{slot.trainer});
}

void AgentCore::kill(Slot& slot, std::optional<Failure> verdict) {
  set_phase(slot, Phase::kKilled);
  slot.verdict = std::move(verdict);
  set_deadline(slot, now_ + kGiveUp);
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
                               shortest(static_cast<double>((now_ - slot.heard).count()) / 1000) + " s";
      remark(LogLevel::kWarning, what);
      return kill(slot, Failure{FailureClass::kTrainerError, what, ""});
    }
    case Phase::kTerminating: return kill(slot, std::exchange(slot.verdict, std::nullopt));
    case Phase::kKilled:
      // The kernel does not let go of it. The slot stays taken until it does.
      remark(LogLevel::kError, "a killed trainer does not vanish; its slot is lost until it does");
      set_deadline(slot, std::nullopt);
      if (const auto attempt = std::exchange(slot.attempt, std::nullopt))
        end(*attempt, *std::exchange(slot.verdict, std::nullopt));
      return;
  }
}

}  // namespace evensweep

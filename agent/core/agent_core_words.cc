// AgentCore and what trainers say about their runs.

#include <utility>

#include "agent/core/agent_core.h"

namespace evensweep {
namespace {

// Progress is a picture for people: four a second for each attempt are enough.
constexpr Duration kProgressInterval{250};
// How much the last run counts in what a run is thought to take.
constexpr double kLately = 0.1;

}  // namespace

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
  running.fraction = line.progress.fraction;
  if (running.progress_sent && now_ - *running.progress_sent < kProgressInterval) return;
  running.progress_sent = now_;
  tell({line.attempt, line.progress});
}

void AgentCore::said(Slot& slot, const RunFinished& line) {
  if (!belongs(slot, line.attempt)) return;
  if (!line.trouble.empty()) return on(TrainerBroke{slot.trainer, line.trouble});
  const int64_t classes = std::get<Running>(held_.at(line.attempt)).classes;
  if (line.classes != classes)
    return on(TrainerBroke{slot.trainer, "the result is for " + std::to_string(line.classes) + " classes, not for " +
                                             std::to_string(classes)});
  note_duration(std::get<Running>(held_.at(line.attempt)));
  end(line.attempt, Succeeded{line.result_json, line.peak_memory_bytes});
  release(slot);
}

void AgentCore::said(Slot& slot, const RunFailed& line) {
  if (!belongs(slot, line.attempt)) return;
  Failure failure = line.failure;
  failure.message = clean_line(failure.message, 1000);
  // An error of a GPU can stay with the process that met it, and so can memory that it took.
  const bool on_gpu = config_.devices[slot.device].kind == "cuda";
  const bool spoilt = on_gpu && slot.phase == Phase::kBusy &&
                      (failure.failure == FailureClass::kTrainerError || failure.failure == FailureClass::kOutOfMemory);
  end(line.attempt, std::move(failure));
  release(slot);
  if (spoilt) terminate(slot, std::nullopt);
}

void AgentCore::said(Slot& slot, const RunStopped& line) {
  if (!belongs(slot, line.attempt)) return;
  if (slot.phase == Phase::kBusy) {
    // Somebody else stopped it, a batch system perhaps. It is about to exit.
    save_and_end(line.attempt,
                 {FailureClass::kPreempted, "the trainer was stopped from outside; the checkpoint is kept", ""});
    slot.attempt.reset();
    return terminate(slot, std::nullopt);
  }
  save_and_end(line.attempt, *std::exchange(slot.verdict, std::nullopt));
  slot.attempt.reset();
}

void AgentCore::note_duration(const Running& running) {
  const auto millis = static_cast<double>((now_ - running.since).count());
  ++devices_[running.device].finished;
  std::optional<double>& lately = devices_[running.device].run_millis;
  lately = lately ? *lately + kLately * (millis - *lately) : millis;
}

}  // namespace evensweep

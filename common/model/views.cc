#include "common/model/views.h"

namespace evensweep {

const char* phase_name(SweepPhase phase) {
  switch (phase) {
    case SweepPhase::kActive: return "active";
    case SweepPhase::kPaused: return "paused";
    case SweepPhase::kStopping: return "stopping";
    case SweepPhase::kStopped: return "stopped";
    case SweepPhase::kCancelled: return "cancelled";
    case SweepPhase::kOver: return "over";
  }
  return "active";
}

const char* trial_state_name(TrialState state) {
  switch (state) {
    case TrialState::kUnresolved: return "unresolved";
    case TrialState::kWaitingForBaseline: return "waiting_for_baseline";
    case TrialState::kReady: return "ready";
    case TrialState::kLeased: return "leased";
    case TrialState::kRunning: return "running";
    case TrialState::kFinished: return "finished";
    case TrialState::kFailed: return "failed";
    case TrialState::kNotNeeded: return "not_needed";
    case TrialState::kCancelled: return "cancelled";
  }
  return "unresolved";
}

std::optional<TrialState> parse_trial_state(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(TrialState::kCancelled); ++i)
    if (const auto state = static_cast<TrialState>(i); name == trial_state_name(state)) return state;
  return std::nullopt;
}

}  // namespace evensweep

#include "common/model/views.h"

#include <algorithm>
#include <array>
#include <ctime>

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

std::string time_text(int64_t unix_millis) {
  constexpr int64_t kLast = 253'402'300'799;  // in the year 9999; what is outside is no time that anybody meant
  const auto seconds = static_cast<std::time_t>(std::clamp<int64_t>(unix_millis / 1000, 0, kLast));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string trial_reference(const TrialView& trial) {
  return std::string(trial.sweep.brief()) + "/" + std::to_string(trial.arm) + "/" + std::to_string(trial.seed);
}

}  // namespace evensweep

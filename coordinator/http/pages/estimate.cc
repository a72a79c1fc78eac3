#include "coordinator/http/pages/estimate.h"

#include <algorithm>
#include <cmath>

namespace evensweep::coordinator {
namespace {

constexpr size_t kFewestRuns = 4;

}  // namespace

uint32_t live_slots(const std::vector<AgentView>& agents) {
  uint32_t slots = 0;
  for (const AgentView& agent : agents)
    if (agent.connected && !agent.draining && agent.quarantined.empty())
      for (const DeviceView& device : agent.devices) slots += device.device.slots;
  return slots;
}

std::optional<double> quantile(const std::vector<double>& ascending, double q) {
  if (ascending.empty()) return std::nullopt;
  const double at = q * static_cast<double>(ascending.size() - 1);
  const auto low = static_cast<size_t>(std::floor(at));
  const size_t high = std::min(low + 1, ascending.size() - 1);
  return std::lerp(ascending[low], ascending[high], at - static_cast<double>(low));
}

std::optional<std::pair<double, double>> time_left(const SweepStatus& status, const std::vector<double>& latest_seconds,
                                                   uint32_t slots) {
  if (status.over || status.phase != SweepPhase::kActive || slots == 0 || latest_seconds.size() < kFewestRuns)
    return std::nullopt;
  const uint64_t ended = status.trials_finished + status.trials_failed + status.trials_not_needed;
  const double left = static_cast<double>(status.trials - std::min(ended, status.trials)) - status.running_fraction;
  if (left <= 0) return std::nullopt;
  const double each = std::max(1.0, left / slots);
  return std::pair(*quantile(latest_seconds, 0.25) * each, *quantile(latest_seconds, 0.75) * each);
}

}  // namespace evensweep::coordinator

// How many leases AgentCore asks for and keeps.

#include <algorithm>
#include <utility>

#include "agent/core/agent_core.h"

namespace evensweep {
namespace {

// A coordinator that acknowledges nothing gets no more results than these, or than twice what runs and waits.
constexpr size_t kMostUnacknowledged = 256;
// What waits for a slot should keep it busy for so long, however short the runs are: the network and the coordinator's
// disk are slower than the shortest runs.
constexpr double kAheadMillis = 50;
constexpr uint32_t kMostAhead = 64;

}  // namespace

// More places are told in portions, lest every end costs a message of its own; the first one after none at once.
void AgentCore::offer_places() {
  if (!welcome_) return;
  Credits credits;
  for (uint32_t index = 0; index < devices_.size(); ++index) {
    Device& device = devices_[index];
    const uint32_t free = free_places(index), known = device.credits.value_or(0);
    const bool enough = known == 0 ? free > 0 : free >= known + std::max(1u, places(index) / 8);
    if (device.credits && !enough && free >= known) continue;
    device.credits = free;
    credits.devices.push_back({.device = index, .free = free});
  }
  if (!credits.devices.empty()) send(std::move(credits));
}

// Leases that the device should have, running and waiting. The number rises with the square of what each slot has
// finished, as runs prove to be short.
uint32_t AgentCore::places(uint32_t index) const {
  const Device& device = devices_[index];
  const uint64_t rounds = std::min<uint64_t>(device.finished / device.slots, kMostAhead);
  const auto most = static_cast<double>(std::clamp<uint64_t>(rounds * rounds, 1, kMostAhead));
  const double ahead = device.run_millis ? kAheadMillis / std::max(*device.run_millis, 0.001) : 1;
  return device.slots * (1 + static_cast<uint32_t>(std::clamp(ahead, 1.0, most)));
}

uint32_t AgentCore::free_places(uint32_t index) const {
  const bool all_cooling = std::ranges::all_of(config_.trainers, [this](const auto& one) { return is_cooling(one); });
  const uint32_t most = places(index), live = devices_[index].live;
  if (draining_ || all_cooling || ended_ >= std::max<size_t>(kMostUnacknowledged, 2 * most)) return 0;
  return live >= most ? 0 : most - live;
}

// Runs that were short have turned long: what was fetched ahead for them is better given to others.
void AgentCore::give_back_surplus(uint32_t index) {
  Device& device = devices_[index];
  if (device.queue.size() <= device.slots || device.idle.size() + device.empty.size() > 0) return;
  Duration shortest = Duration::max();
  for (uint32_t slot = device.first_slot; slot < device.first_slot + device.slots; ++slot)
    if (slots_[slot].attempt)
      shortest = std::min(shortest, now_ - std::get<Running>(held_.at(*slots_[slot].attempt)).since);
  if (shortest == Duration::max()) return;
  device.run_millis = std::max(device.run_millis.value_or(0), static_cast<double>(shortest.count()));
  while (device.live > places(index) && device.queue.size() > device.slots)
    end(AttemptId(device.queue.rbegin()->second),
        Failure{FailureClass::kPreempted, "given back, since runs take longer now than those before", ""});
}

}  // namespace evensweep

#include "tests/simulation/weather.h"

#include <array>

namespace evensweep::simulation {
namespace {

constexpr size_t kFaults = static_cast<size_t>(Fault::kCount);

// In the order of Fault.
constexpr std::array<const char*, kFaults> kNames = {
    "slow-network", "broken-streams",    "half-open",         "zombie-messages",
    "repeats",      "reordering",        "partition",         "one-way",
    "swizzle",      "coordinator-crash", "coordinator-pause", "coordinator-reboot",
    "slow-disk",    "commit-fails",      "commit-unknown",    "disk-full",
    "agent-crash",  "agent-pause",       "agent-suspend",     "clock-drift",
    "agent-stop",   "spool-full",        "slow-spool",        "spool-revives",
    "impostor",     "trainer-crash",     "out-of-memory",     "hang",
    "diverges",     "bad-result",        "other-data",        "repeats-itself",
    "ignores-term", "undying",           "no-start",          "no-file",
    "stops-itself", "impatience",        "pausing",           "giving-up",
    "retrying",     "draining"};

}  // namespace

const char* fault_name(Fault fault) { return kNames.at(static_cast<size_t>(fault)); }

std::optional<Fault> fault_of_name(std::string_view name) {
  for (size_t i = 0; i < kFaults; ++i)
    if (name == kNames[i]) return static_cast<Fault>(i);
  return std::nullopt;
}

std::string names_of(const Faults& faults) {
  std::string names;
  for (size_t i = 0; i < kFaults; ++i)
    if (faults.test(i)) names += (names.empty() ? "" : ", ") + std::string(kNames[i]);
  return names.empty() ? "none" : names;
}

Weather weather_of(uint64_t seed, const Faults& without) {
  Rng chance(seed, "simulation/weather");
  Weather weather;
  // Few faults, some, or most of them; now and then none at all.
  constexpr std::array<double, 8> kShares = {0, 0.06, 0.12, 0.12, 0.25, 0.25, 0.5, 0.8};
  const double share = kShares[chance.below(kShares.size())];
  for (size_t i = 0; i < kFaults; ++i) weather.faults.set(i, chance.uniform() < share);
  weather.faults &= ~without;
  weather.intensity = 0.05 + 0.95 * chance.uniform();
  weather.chaos_ends = 30'000 + static_cast<int64_t>(chance.below(chance.below(4) == 0 ? 600'000 : 120'000));
  return weather;
}

}  // namespace evensweep::simulation

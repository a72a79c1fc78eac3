#pragma once
// A whole system in virtual time and one thread: a core with its store, agents that train for pretend, and a network
// that loses, repeats and delays what they say. Everything follows from the seed.

#include <cstdint>
#include <string>
#include <vector>

namespace evensweep::coordinator {

// How often each thing happened, so that a test can see that it happened at all.
struct SimulationCounts {
  uint64_t steps = 0, grants = 0, results = 0, decisions = 0, late_results = 0, failed_runs = 0, reopened = 0;
  uint64_t lost_messages = 0, repeated_messages = 0, disconnects = 0, agent_crashes = 0, coordinator_crashes = 0;
  uint64_t expired_leases = 0, refused_results = 0, stale_updates = 0;
};

struct SimulationOutcome {
  std::vector<std::string> violations;  // of what must always hold, or hold at the end; empty: all is well
  SimulationCounts counts;
};

SimulationOutcome simulate(uint64_t seed);

}  // namespace evensweep::coordinator

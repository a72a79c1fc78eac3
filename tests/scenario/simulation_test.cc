// Thousands of small histories with lost, repeated and late messages, crashes of agents and coordinators and failing
// trainings. EVENSWEEP_SIMULATION_SEED=n runs one of them, EVENSWEEP_SIMULATIONS=n so many.

#include "tests/scenario/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace evensweep::coordinator {
namespace {

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void add(SimulationCounts& sum, const SimulationCounts& more) {
  sum.steps += more.steps;
  sum.grants += more.grants;
  sum.results += more.results;
  sum.late_results += more.late_results;
  sum.failed_runs += more.failed_runs;
  sum.reopened += more.reopened;
  sum.lost_messages += more.lost_messages;
  sum.repeated_messages += more.repeated_messages;
  sum.disconnects += more.disconnects;
  sum.agent_crashes += more.agent_crashes;
  sum.coordinator_crashes += more.coordinator_crashes;
  sum.expired_leases += more.expired_leases;
  sum.refused_results += more.refused_results;
  sum.stale_updates += more.stale_updates;
}

TEST(Simulation, EverySweepEndsAndNothingIsLostOrCountedTwice) {
  const bool one = std::getenv("EVENSWEEP_SIMULATION_SEED") != nullptr;
  const uint64_t first = number_from_environment("EVENSWEEP_SIMULATION_SEED", 1);
  const uint64_t count = one ? 1 : number_from_environment("EVENSWEEP_SIMULATIONS", 1000);
  SimulationCounts sum;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const SimulationOutcome outcome = simulate(seed);
    for (const std::string& violation : outcome.violations)
      ADD_FAILURE() << violation << "\nagain with EVENSWEEP_SIMULATION_SEED=" << seed;
    if (HasFailure()) return;
    add(sum, outcome.counts);
  }
  if (count < 500) return;
  // Each kind of trouble has come up.
  for (const uint64_t often : {sum.grants, sum.results, sum.late_results, sum.failed_runs, sum.reopened,
                               sum.lost_messages, sum.repeated_messages, sum.disconnects, sum.agent_crashes,
                               sum.coordinator_crashes, sum.expired_leases, sum.refused_results, sum.stale_updates})
    EXPECT_GT(often, count / 20);
}

TEST(Simulation, FollowsFromItsSeed) {
  for (const uint64_t seed : {3, 4, 5}) EXPECT_EQ(simulate(seed).counts.steps, simulate(seed).counts.steps);
}

}  // namespace
}  // namespace evensweep::coordinator

// A thousand small histories with lost, repeated and late messages, crashes of agents and coordinators and failing
// trainings. EVENSWEEP_SIMULATION_SEED=n runs one of them, EVENSWEEP_SIMULATIONS=n so many.

#include "tests/scenario/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace evensweep::coordinator {
namespace {

#ifdef NDEBUG
constexpr uint64_t kSimulations = 1000;
#else
constexpr uint64_t kSimulations = 200;
#endif

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void add(SimulationCounts& sum, const SimulationCounts& more) {
  sum.steps += more.steps;
  sum.grants += more.grants;
  sum.results += more.results;
  sum.decisions += more.decisions;
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
  const uint64_t count = one ? 1 : number_from_environment("EVENSWEEP_SIMULATIONS", kSimulations);
  SimulationCounts sum;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const SimulationOutcome outcome = simulate(seed);
    for (const std::string& violation : outcome.violations)
      ADD_FAILURE() << violation << "\nagain with EVENSWEEP_SIMULATION_SEED=" << seed;
    if (HasFailure()) return;
    add(sum, outcome.counts);
  }
  if (count < 200) return;
  // Each kind of trouble has come up.
  const std::pair<const char*, uint64_t> kinds[] = {{"grants", sum.grants},
                                                    {"results", sum.results},
                                                    {"decisions", sum.decisions},
                                                    {"late results", sum.late_results},
                                                    {"failed runs", sum.failed_runs},
                                                    {"reopened runs", sum.reopened},
                                                    {"lost messages", sum.lost_messages},
                                                    {"repeated messages", sum.repeated_messages},
                                                    {"disconnects", sum.disconnects},
                                                    {"crashes of agents", sum.agent_crashes},
                                                    {"crashes of the coordinator", sum.coordinator_crashes},
                                                    {"expired leases", sum.expired_leases},
                                                    {"refused results", sum.refused_results},
                                                    {"stale updates", sum.stale_updates}};
  for (const auto& [kind, often] : kinds) EXPECT_GT(often, 0u) << kind;
}

TEST(Simulation, FollowsFromItsSeed) {
  for (const uint64_t seed : {3, 4, 5}) EXPECT_EQ(simulate(seed).counts.steps, simulate(seed).counts.steps);
}

}  // namespace
}  // namespace evensweep::coordinator

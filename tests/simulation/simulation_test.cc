// Seeds of the whole system; `simulate --seed N --trace` shows one of them. EVENSWEEP_SIMULATIONS=n runs so many.

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/simulation/simulate.h"

namespace evensweep::simulation {
namespace {

uint64_t seeds_asked_for(uint64_t otherwise) {
  const char* text = std::getenv("EVENSWEEP_SIMULATIONS");
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Simulation, NothingIsLostOrCountedTwiceAndEverySweepEnds) {
#ifdef NDEBUG
  const uint64_t seeds = seeds_asked_for(600);
#else
  const uint64_t seeds = seeds_asked_for(60);
#endif
  Tally sum{};
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);  // of an abort too
    const Outcome outcome = simulate(seed);
    ASSERT_EQ(outcome.violation, "") << "again with: simulate --seed " << seed << " --trace";
    for (size_t i = 0; i < kSeen; ++i) sum[i] += outcome.tally[i];
  }
  if (seeds < 600) return;
  // Each kind of trouble has come up, and each state was reached.
  for (size_t i = 0; i < kSeen; ++i) EXPECT_GT(sum[i], 0u) << seen_name(static_cast<Seen>(i));
}

TEST(Simulation, FollowsFromItsSeed) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome first = simulate(seed), second = simulate(seed);
    EXPECT_EQ(first.trace, second.trace) << seed;
    EXPECT_EQ(first.steps, second.steps) << seed;
  }
  EXPECT_NE(simulate(1).trace, simulate(2).trace);
}

TEST(Simulation, FaultsCanBeLeftOut) {
  const Outcome calm = simulate(3, {.without = Faults().set()});
  EXPECT_EQ(calm.violation, "");
  EXPECT_EQ(calm.tally[static_cast<size_t>(Seen::kAgentCrashes)], 0u);
  EXPECT_EQ(calm.tally[static_cast<size_t>(Seen::kRestores)], 0u);
}

TEST(Simulation, FaultsHaveNames) {
  for (size_t i = 0; i < Faults().size(); ++i) {
    const auto fault = static_cast<Fault>(i);
    EXPECT_EQ(fault_of_name(fault_name(fault)), fault);
  }
  EXPECT_EQ(fault_of_name("rain"), std::nullopt);
}

}  // namespace
}  // namespace evensweep::simulation

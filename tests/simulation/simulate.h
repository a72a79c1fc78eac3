#pragma once
// A whole system in virtual time and one thread: the real cores of coordinator and agents, and around them a store, a
// network, machines, trainers and people that fail in all the ways that a seed asks for. Everything follows from the
// seed: the same one gives the same history, to the last message.
//
// First there is chaos, then all faults end, and within a bound every trial must have ended as it must. What must hold
// at any time is checked after every step (docs/simulation.md).

#include <cstdint>
#include <string>

#include "tests/simulation/tally.h"
#include "tests/simulation/weather.h"

namespace evensweep::simulation {

struct SimulateOptions {
  Faults without;        // these do not happen
  bool printed = false;  // every event on a line of standard output
};

struct Outcome {
  std::string violation;  // of what must hold; empty: all is well
  uint64_t trace = 0;     // a hash of all that happened
  Tally tally{};
  Faults faults;         // of this seed
  uint64_t steps = 0;    // events of any node
  int64_t ended_at = 0;  // virtual ms
};

Outcome simulate(uint64_t seed, const SimulateOptions& options = {});

// Some of the faults of a seed that fails, such that it fails with these alone and without any one of them does not.
Faults faults_needed(uint64_t seed);

}  // namespace evensweep::simulation

#pragma once
// Which faults a seed has. Each seed gets a random subset of all of them (swarm testing: a fault that is everywhere
// hides what only shows without it), and the subset can be made smaller to find out which of them a failure needs.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/rng.h"

namespace evensweep::simulation {

enum class Fault : uint8_t {
  // The network.
  kSlowNetwork,     // delays are log-normal, up to a minute
  kBrokenStreams,   // a stream ends, with it all that was under way
  kHalfOpen,        // and the coordinator is not told
  kZombieMessages,  // and what was under way arrives after the next stream has begun
  kRepeats,         // a message arrives twice
  kReordering,      // messages overtake each other
  kPartition,       // nothing passes, for up to five minutes
  kOneWay,          // nothing passes in one direction
  kSwizzle,         // the links of all agents are clogged one by one and freed in another order
  // The coordinator.
  kCoordinatorCrash,   // also between handling, commit and effects
  kCoordinatorPause,   // it stands still while its clock goes on
  kCoordinatorReboot,  // after a crash its clock begins anew
  kSlowDisk,           // commits take up to three seconds
  kCommitFails,        // an error, and nothing is stored
  kCommitUnknown,      // an error, yet all is stored
  kDiskFull,           // no commit succeeds for a while
  // Agents.
  kAgentCrash,
  kAgentPause,    // it stands still while its clock and its trainers go on
  kAgentSuspend,  // its clock stands still too
  kClockDrift,    // of agents and coordinator, up to 1 %
  kAgentStop,     // a batch system takes the machine: SIGTERM, later a new process
  kSpoolFull,     // entries of the spool can't be written for a while
  kSlowSpool,     // writing one takes seconds, a crash meanwhile may lose it or not
  kSpoolRevives,  // a removed entry is back after a crash
  kImpostor,      // somebody speaks of attempts that it was never given
  // Trainers.
  kTrainerCrash,
  kOutOfMemory,
  kHang,
  kDiverges,
  kBadResult,
  kOtherData,      // a foreign trainer has evaluated other numbers of examples
  kRepeatsItself,  // says things twice, or of the wrong run
  kIgnoresTerm,
  kUndying,  // outlives SIGKILL for a while
  kNoStart,
  kNoFile,       // the agent lacks a data file for a while
  kStopsItself,  // is stopped from outside, with a checkpoint
  // People.
  kImpatience,  // sweeps are submitted again and again
  kPausing,     // sweeps are paused and resumed
  kGivingUp,    // sweeps are stopped and cancelled, and wanted again later
  kRetrying,    // failed runs are asked for again
  kDraining,    // agents are drained and released
  kCount
};

using Faults = std::bitset<static_cast<size_t>(Fault::kCount)>;

const char* fault_name(Fault fault);
std::optional<Fault> fault_of_name(std::string_view name);
std::string names_of(const Faults& faults);  // "slow-network, half-open"

struct Weather {
  Faults faults;
  double intensity = 0;    // in (0, 1]: how often what can happen does
  int64_t chaos_ends = 0;  // ms; from then on nothing breaks any more
  bool has(Fault fault) const { return faults.test(static_cast<size_t>(fault)); }
};

Weather weather_of(uint64_t seed, const Faults& without);

}  // namespace evensweep::simulation

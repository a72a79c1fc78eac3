#pragma once
// How often each thing happened in simulations, so that a test can see that it happened at all: a simulation that never
// reaches a state proves nothing about it.

#include <array>
#include <cstddef>
#include <cstdint>

namespace evensweep::simulation {

enum class Seen : uint8_t {
  kCoordinatorEvents,
  kCommits,
  kGroupCommits,
  kGrants,
  kResults,
  kLateResults,
  kRetries,
  kFailedRuns,
  kFailedTrials,
  kReopenedRuns,
  kForgiven,
  kDecisions,
  kDependentTrials,
  kReusedRuns,
  kExpiredLeases,
  kLeasesLostAtHello,
  kWentOnAtHello,
  kCancelsSent,
  kClosesSent,
  kUnknownConnection,
  kUnknownRun,
  kStaleAttempts,
  kForeignAttempts,
  kBadResults,
  kAudited,
  kCrashBeforeCommit,
  kCrashAfterCommit,
  kCrashAmidEffects,
  kCommitFailed,
  kCommitUnknown,
  kDiskWasFull,
  kRestores,
  kSpooled,
  kSpoolFailed,
  kSpoolLost,
  kSpoolKept,
  kSpoolRevived,
  kRestoredEnds,
  kAgentCrashes,
  kAgentStops,
  kPauses,
  kSuspensions,
  kConnects,
  kDisconnects,
  kHalfOpen,
  kZombieMessages,
  kRepeated,
  kReordered,
  kHeldBack,
  kImpostures,
  kTrainersStarted,
  kTrainersNotStarted,
  kTrainings,
  kResumed,
  kTrainerCrashes,
  kOutOfMemory,
  kHangs,
  kDiverged,
  kBadResultsWritten,
  kContractBroken,
  kTerminated,
  kIgnoredTerm,
  kKilled,
  kUndying,
  kRefusedTasks,
  kStoppedThemselves,
  kResubmissions,
  kPausedSweeps,
  kStoppedSweeps,
  kCancelledSweeps,
  kRetriedSweeps,
  kResumedSweeps,
  kDrains,
  kWithdrawals,
  kSlicedExpansions,
  kRepeatedRequests,
  kCount
};

inline constexpr size_t kSeen = static_cast<size_t>(Seen::kCount);
using Tally = std::array<uint64_t, kSeen>;

const char* seen_name(Seen seen);

}  // namespace evensweep::simulation

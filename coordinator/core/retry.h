#pragma once
// What follows from a failed attempt: a pure function of what has failed so far.

#include <cstdint>

#include "common/base/clock.h"
#include "common/model/result.h"

namespace evensweep::coordinator {

// Failed attempts of a run that are held against it. Lost machines and preemptions are not its fault.
struct Charges {
  uint8_t trainer_errors = 0;
  uint8_t out_of_memory = 0;
  // Attempts that an agent gave back because of its machine (no data file, full disk), and agents that were lost while
  // they trained it. Not the run's fault either, but where every attempt ends so, somebody must look: counted since the
  // start of the process, so that a restart after the repair begins anew.
  uint8_t given_back = 0, lost = 0;
};

inline constexpr uint32_t kMostTrainerRetries = 2;
inline constexpr uint32_t kMostMemoryRetries = 1;
inline constexpr uint32_t kMostGivenBackRetries = 5;
inline constexpr uint32_t kMostLostRetries = 5;

void charge(Charges& charges, FailureClass failure);
// Takes back what charge() did, where the machine was to blame.
void forgive(Charges& charges, FailureClass failure);
// Whether the run may be attempted again after `failure`, which is already charged.
bool may_retry(const Charges& charges, FailureClass failure);
// Whether a run that has failed for good is tried again when somebody asks for it again: findings stay findings.
bool worth_another_try(FailureClass failure);
// How long a run waits that a machine gave back: `first`, doubled each time, at most a minute.
Duration backoff(const Charges& charges, Duration first);

}  // namespace evensweep::coordinator

#pragma once
// What follows from a failed attempt: a pure function of what has failed so far.

#include <cstdint>

#include "common/model/result.h"

namespace evensweep::coordinator {

// Failed attempts of a run that are held against it. Lost machines and preemptions are not its fault.
struct Charges {
  uint32_t trainer_errors = 0;
  uint32_t out_of_memory = 0;
  // Attempts that an agent gave back because of its machine (no data file, full disk). Not the run's fault either, but
  // where every attempt ends so, somebody must look: counted since the start of the process, so that a restart after
  // the repair begins anew.
  uint32_t given_back = 0;
};

inline constexpr uint32_t kMostTrainerRetries = 2;
inline constexpr uint32_t kMostMemoryRetries = 1;
inline constexpr uint32_t kMostGivenBackRetries = 5;

void charge(Charges& charges, FailureClass failure);
// Whether the run may be attempted again after `failure`, which is already charged.
bool may_retry(const Charges& charges, FailureClass failure);

}  // namespace evensweep::coordinator

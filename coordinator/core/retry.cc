#include "coordinator/core/retry.h"

namespace evensweep::coordinator {

void charge(Charges& charges, FailureClass failure) {
  if (failure == FailureClass::kTrainerError) ++charges.trainer_errors;
  if (failure == FailureClass::kOutOfMemory) ++charges.out_of_memory;
}

bool may_retry(const Charges& charges, FailureClass failure) {
  switch (failure) {
    case FailureClass::kTrainerError: return charges.trainer_errors <= kMostTrainerRetries;
    case FailureClass::kOutOfMemory: return charges.out_of_memory <= kMostMemoryRetries;
    case FailureClass::kInfrastructure: return charges.given_back <= kMostGivenBackRetries;
    case FailureClass::kPreempted: return true;
    case FailureClass::kBadInput:
    case FailureClass::kDiverged: return false;
  }
  return false;
}

}  // namespace evensweep::coordinator

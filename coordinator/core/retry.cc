#include "coordinator/core/retry.h"

#include <algorithm>

namespace evensweep::coordinator {

void charge(Charges& charges, FailureClass failure) {
  if (failure == FailureClass::kTrainerError) ++charges.trainer_errors;
  if (failure == FailureClass::kOutOfMemory) ++charges.out_of_memory;
}

void forgive(Charges& charges, FailureClass failure) {
  if (failure == FailureClass::kTrainerError && charges.trainer_errors > 0) --charges.trainer_errors;
  if (failure == FailureClass::kInfrastructure && charges.given_back > 0) --charges.given_back;
}

bool may_retry(const Charges& charges, FailureClass failure) {
  switch (failure) {
    case FailureClass::kTrainerError: return charges.trainer_errors <= kMostTrainerRetries;
    case FailureClass::kOutOfMemory: return charges.out_of_memory <= kMostMemoryRetries;
    case FailureClass::kInfrastructure:
      return charges.given_back <= kMostGivenBackRetries && charges.lost <= kMostLostRetries;
    case FailureClass::kPreempted: return true;
    case FailureClass::kBadInput:
    case FailureClass::kDiverged: return false;
  }
  return false;
}

bool worth_another_try(FailureClass failure) { return failure != FailureClass::kDiverged; }

Duration backoff(const Charges& charges, Duration first) {
  constexpr Duration kMost{60'000};
  const int times = std::clamp<int>(charges.given_back, 1, 16) - 1;
  return std::min(kMost, first * (int64_t{1} << times));
}

}  // namespace evensweep::coordinator

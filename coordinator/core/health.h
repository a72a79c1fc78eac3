#pragma once
// Whether a machine is to blame: pure rules over what failed on it.

#include <cstdint>
#include <vector>

#include "common/model/result.h"

namespace evensweep::coordinator {

// Attempts of one agent that failed one after another, without a success between them.
struct Health {
  struct Failed {
    uint32_t run = 0, attempt = 0;
    FailureClass failure = FailureClass::kTrainerError;
    bool forgiven = false;  // it was taken off the run
  };
  std::vector<Failed> in_a_row;  // at most kMostFailuresInARow
};

// So many in a row, of two runs at least, and the machine is to blame: it gets no more runs, and those are not charged.
inline constexpr size_t kMostFailuresInARow = 3;

// Diverged trainings and bad input are findings; preempted ones say nothing.
bool may_be_the_machine(FailureClass failure);
void note_failure(Health& health, Health::Failed failed);
bool is_to_blame(const Health& health);
// After a quarantine: the next failure is enough for another one.
void put_on_probation(Health& health);

}  // namespace evensweep::coordinator

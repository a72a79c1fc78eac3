#include "coordinator/core/health.h"

#include <algorithm>

namespace evensweep::coordinator {

bool may_be_the_machine(FailureClass failure) {
  return failure == FailureClass::kTrainerError || failure == FailureClass::kInfrastructure;
}

void note_failure(Health& health, Health::Failed failed) {
  if (health.in_a_row.size() >= kMostFailuresInARow) health.in_a_row.erase(health.in_a_row.begin());
  health.in_a_row.push_back(failed);
}

bool is_to_blame(const Health& health) {
  if (health.in_a_row.size() < kMostFailuresInARow) return false;
  const uint32_t first = health.in_a_row.front().run;
  return std::any_of(health.in_a_row.begin(), health.in_a_row.end(), [&](const auto& one) { return one.run != first; });
}

void put_on_probation(Health& health) {
  if (!health.in_a_row.empty()) health.in_a_row.erase(health.in_a_row.begin());
}

}  // namespace evensweep::coordinator

#pragma once
// When a sweep will be done, as far as that can be told.

#include <optional>
#include <utility>
#include <vector>

#include "common/model/views.h"

namespace evensweep::coordinator {

// Trainings that the connected agents take at a time.
uint32_t live_slots(const std::vector<AgentView>& agents);

// The value at share `q` of ascending values, between neighbours in proportion; absent for none.
std::optional<double> quantile(const std::vector<double>& ascending, double q);

// Seconds from now, at least and at most: what is left to train, each as long as a short and as a long one of the
// latest runs took (quarter and three quarters), over all slots, and never less than one such run. Absent below four
// runs, without a slot, and where nothing is left or the sweep does not go on.
std::optional<std::pair<double, double>> time_left(const SweepStatus& status, const std::vector<double>& latest_seconds,
                                                   uint32_t slots);

}  // namespace evensweep::coordinator

#include "coordinator/host/tally.h"

#include <algorithm>
#include <variant>

#include "common/base/overloaded.h"

namespace evensweep::coordinator {

void Histogram::add(double seconds) {
  const auto bound = std::ranges::lower_bound(kBounds, seconds);
  ++counts[static_cast<size_t>(bound - kBounds.begin())];
  sum += seconds;
}

static_assert(static_cast<size_t>(FailureClass::kPreempted) + 1 == kFailureClassCount);

void Tally::note(std::span<const Record> records, TimePoint now) {
  for (const Record& record : records)
    std::visit(Overloaded{
                   [&](const AttemptGranted& granted) {
                     ++counts_.attempts_granted;
                     open_[{granted.run, granted.number}] = now;
                   },
                   [&](const AttemptEnded& ended) {
                     if (ended.failure)
                       ++counts_.attempts_failed[static_cast<size_t>(ended.failure->failure)];
                     else
                       ++counts_.attempts_succeeded;
                     // One that an earlier process granted is counted, but nobody knows how long it took.
                     const auto open = open_.find({ended.run, ended.number});
                     if (open == open_.end()) return;
                     counts_.attempt_seconds.add(static_cast<double>((now - open->second).count()) / 1000);
                     open_.erase(open);
                   },
                   [&](const RunFinished&) { ++counts_.runs_finished; },
                   [&](const RunFailed&) { ++counts_.runs_failed; },
                   [](const auto&) {},
               },
               record);
}

}  // namespace evensweep::coordinator

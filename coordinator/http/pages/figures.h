#pragma once
// The figures of sweeps that many look at, summed up no more often than is worth it.

#include <map>

#include "common/base/clock.h"
#include "common/model/views.h"
#include "coordinator/store/reader.h"

namespace evensweep::coordinator {

// Of one thread alone.
class FiguresMemory {
 public:
  // `clock` must live longer.
  explicit FiguresMemory(const Clock& clock) : clock_(clock) {}

  // As of `reader`, or as they were: where nothing has ended since, and for twenty times as long as it took to sum them
  // up, so that a large sweep under way costs a twentieth of a core however often it changes. Those of a sweep that is
  // over are exact.
  StatusOr<SweepFigures> of(StoreReader& reader, const SweepView& sweep);

 private:
  struct Kept {
    SweepStatus status;
    TimePoint at;
    Duration cost{0};
    SweepFigures figures;
  };
  const Clock& clock_;
  std::map<SweepId, Kept> kept_;
};

}  // namespace evensweep::coordinator

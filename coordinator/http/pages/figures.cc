#include "coordinator/http/pages/figures.h"

namespace evensweep::coordinator {
namespace {

constexpr int kRest = 20;          // times the cost
constexpr size_t kMostKept = 100;  // sweeps

bool is_same(const SweepStatus& one, const SweepStatus& other) {
  return one.trials_finished == other.trials_finished && one.trials_failed == other.trials_failed;
}

}  // namespace

StatusOr<SweepFigures> FiguresMemory::of(StoreReader& reader, const SweepView& sweep) {
  const TimePoint begin = clock_.now();
  if (const auto known = kept_.find(sweep.id); known != kept_.end()) {
    const Kept& kept = known->second;
    const bool is_fresh = !sweep.status.over && begin - kept.at < kRest * kept.cost;
    if (is_fresh || is_same(kept.status, sweep.status)) return kept.figures;
  }
  EV_ASSIGN_OR_RETURN(SweepFigures figures, reader.figures(sweep.id));
  if (kept_.size() >= kMostKept) kept_.clear();
  const TimePoint end = clock_.now();
  kept_[sweep.id] = {.status = sweep.status, .at = end, .cost = end - begin, .figures = figures};
  return figures;
}

}  // namespace evensweep::coordinator

#pragma once
// Selection, racing and stopping as pure functions: from what is trained to which arms get which seeds next. A sweep
// goes from stage to stage: what next_stage() names is trained, decide_stage() decides, the decision is kept, and so on
// until there is no stage left. Rules, formulas and sources: docs/statistics.md, section 13.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/model/design.h"
#include "common/model/spec.h"

namespace evensweep {

// Arms at consecutive seeds that are trained together, the baseline always with them.
struct Stage {
  StageKind kind = StageKind::kLook;
  bool decides = true;         // else: the rest of a sweep that is decided on when all is trained
  size_t first = 0, end = 0;   // positions in all_seeds()
  std::vector<uint32_t> arms;  // 1 is the sweep's first arm
};

// Absent: nothing more is needed. `decisions` are those made so far.
std::optional<Stage> next_stage(const Sweep& sweep, std::span<const DesignDecision> decisions);

// What one model gave, in squared TPRs.
struct StageCell {
  std::optional<double> validation_variance, test_variance;  // unbiased; absent without a result
  bool diverged = false;
  bool as_baseline = false;  // it is the baseline's own run
};
// Of arm a (0: the baseline) at the seed with position s in all_seeds(): cells[a][s].
using StageCells = std::vector<std::vector<StageCell>>;

// The decision at the end of next_stage(), which must decide. Only cells of that stage and of those before it are
// looked at. The chance that any arm without an effect is ever kEffective is at most alpha under symmetric differences
// (each such arm's, with correction "none").
DesignDecision decide_stage(const Sweep& sweep, std::span<const DesignDecision> decisions, const StageCells& cells);

// The chance to reject by the last of the planned blocks at one-sided `level` if the drift seen in `d` goes on: `share`
// of the blocks are seen. Absent for fewer than two blocks.
std::optional<double> conditional_power(std::span<const double> d, double share, double level);

}  // namespace evensweep

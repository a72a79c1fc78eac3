#include "common/model/design.h"

#include <algorithm>
#include <map>

#include "common/model/expand.h"
#include "common/model/result.h"

namespace evensweep {

void mark_not_needed(SweepResults& results) {
  std::map<std::string, std::string> gone;  // by the name of the arm
  bool selecting = results.sweep.analysis.selection.has_value(), any_left = true;
  for (const DesignDecision& decision : results.decisions) {
    any_left = false;
    for (const ArmAtDecision& arm : decision.arms) {
      if (arm.arm > results.sweep.arms.size()) continue;
      any_left = any_left || (arm.fate == ArmFate::kGoesOn && !is_control(results.sweep.arms[arm.arm - 1]));
      if (arm.fate != ArmFate::kGoesOn)
        gone.emplace(arm_name(results.sweep.arms[arm.arm - 1]), fate_words(decision, arm.fate));
    }
    selecting = selecting && decision.kind == StageKind::kRacing && any_left;
  }
  if (results.decisions.empty()) return;
  const std::vector<uint64_t>& seeds = results.sweep.seeds;
  for (TrialOutcome& trial : results.trials) {
    if (trial.run || trial.failure) continue;
    const auto found = gone.find(arm_name(trial.arm));
    const bool selects = std::ranges::find(seeds, trial.seed) == seeds.end();
    if (found != gone.end())
      trial.not_needed = found->second;
    else if (!any_left)
      trial.not_needed = "no arm is left to compare with";
    else if (selects && !selecting)
      trial.not_needed = "the arms were selected without it";
  }
}

std::vector<int64_t> default_looks(int64_t seeds, const std::string& rule) {
  std::vector<int64_t> looks;
  if (rule == kEProcess) {
    for (int64_t look = std::min<int64_t>(4, seeds); look <= seeds; ++look) looks.push_back(look);
    return looks;
  }
  for (int64_t twelfths = 3; twelfths <= 12; ++twelfths) {
    const int64_t look = std::min(seeds, std::max<int64_t>(3, (seeds * twelfths + 11) / 12));
    if (looks.empty() || look > looks.back()) looks.push_back(look);
  }
  return looks;
}

}  // namespace evensweep

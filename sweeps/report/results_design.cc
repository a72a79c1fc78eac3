// Selection and stopping: the plan that was fixed at submission, and what was decided by it.

#include <algorithm>

#include "sweeps/report/results_parts.h"

namespace evensweep {
namespace {

std::string name_of(const Sweep& sweep, uint32_t arm) {
  return arm >= 1 && arm <= sweep.arms.size() ? arm_name(sweep.arms[arm - 1]) : std::string();
}

Json decision_json(const Sweep& sweep, const DesignDecision& decision) {
  Json arms = Json::array();
  for (const ArmAtDecision& arm : decision.arms)
    arms.push_back({{"name", name_of(sweep, arm.arm)},
                    {"fate", arm_fate_name(arm.fate)},
                    {"mean", number_json(arm.mean)},
                    {"p", number_json(arm.p)},
                    {"conditional_power", number_json(arm.conditional_power)}});
  return {{"kind", stage_kind_name(decision.kind)},
          {"look", decision.kind == StageKind::kLook ? Json(decision.look) : Json()},
          {"seeds", decision.seeds},
          {"blocks", decision.blocks},
          {"scale", number_json(decision.scale)},
          {"arms", std::move(arms)}};
}

// The last decision on selection seeds about each arm, beside what the sweep's own seeds say of it.
Json selection_json(const SweepResults& results, const Evidence& evidence) {
  if (!results.sweep.analysis.selection) return nullptr;
  Json list = Json::array();
  for (uint32_t place = 1; place <= results.sweep.arms.size(); ++place) {
    const ArmAtDecision* last = nullptr;
    const DesignDecision* decision = nullptr;
    for (const DesignDecision& made : results.decisions)
      for (const ArmAtDecision& arm : made.arms)
        if (arm.arm == place && made.kind != StageKind::kLook) last = &arm, decision = &made;
    if (last == nullptr) continue;
    const ArmEvidence& arm = evidence.arms[place - 1];
    const bool confirmed = arm.selected && !arm.blocks.empty();
    const std::optional<double> mean = confirmed ? std::optional(arm.d.mean) : std::nullopt;
    list.push_back(
        {{"name", arm.name},
         {"selected", last->fate == ArmFate::kGoesOn && decision->kind == StageKind::kSelection},
         {"fate", arm_fate_name(last->fate)},
         {"seeds", decision->blocks.size()},
         {"d_selection", number_json(last->mean)},
         {"d_confirmation", number_json(mean)},
         {"shrinkage", number_json(mean && last->mean ? std::optional(*last->mean - *mean) : std::nullopt)}});
  }
  return list;
}

}  // namespace

Json design_json(const SweepResults& results, const Evidence& evidence) {
  Json decisions = Json::array();
  for (const DesignDecision& decision : results.decisions) decisions.push_back(decision_json(results.sweep, decision));
  const auto left_out =
      std::ranges::count_if(results.trials, [](const TrialOutcome& trial) { return !trial.not_needed.empty(); });
  return {{"plan", analysis_plan(results.sweep)},
          {"plan_sha256", plan_hash(results.sweep)},
          {"decisions", std::move(decisions)},
          {"selection", selection_json(results, evidence)},
          {"trials_not_needed", left_out}};
}

}  // namespace evensweep

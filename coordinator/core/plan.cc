#include "coordinator/core/plan.h"

#include <set>

#include "common/model/expand.h"
#include "common/model/json.h"
#include "sweeps/methods/method.h"

namespace evensweep::coordinator {
namespace {

class Planner {
 public:
  Planner(const Sweep& sweep, const FinishedRun& finished) : sweep_(sweep), finished_(finished) {
    for (size_t arm = 0; arm <= sweep.arms.size(); ++arm) {
      const Arm described = arm_of_trial(sweep, arm);
      plan_.arms.push_back({.name = arm_name(described),
                            .identity = arm == 0 ? std::nullopt : known_identity(described, sweep.classes.train)});
    }
    plan_.trials = plan_.arms.size() * sweep.seeds.size();
  }

  StatusOr<Plan> make() {
    for (const uint64_t seed : sweep_.seeds) {
      EV_ASSIGN_OR_RETURN(const std::optional<RunResult> baseline,
                          count(0, seed, unit_treatment(sweep_.classes.names.size())));
      for (size_t arm = 1; arm <= sweep_.arms.size(); ++arm) EV_RETURN_IF_ERROR(plan_trial(arm, seed, baseline));
    }
    return plan_;
  }

 private:
  Status plan_trial(size_t arm, uint64_t seed, const std::optional<RunResult>& baseline) {
    const Arm& described = sweep_.arms[arm - 1];
    if (plan_.arms[arm].identity) return count(arm, seed, unit_treatment(sweep_.classes.names.size())).status();
    std::optional<ConfusionMatrix> validation;
    if (baseline) validation = baseline->validation;
    if (needs_baseline(described) && !validation) {
      ++plan_.arms[arm].to_train;
      ++plan_.arms[arm].after_baseline;
      ++plan_.runs_to_train;
      return absl::OkStatus();
    }
    EV_ASSIGN_OR_RETURN(const Decision decision, decide(described, sweep_.classes.train, validation));
    return count(arm, seed, decision.treatment).status();
  }

  // Counts the trial and gives its run's result, if there is one.
  StatusOr<std::optional<RunResult>> count(size_t arm, uint64_t seed, const Treatment& treatment) {
    const RunKey key = run_key(make_run_spec(sweep_, seed, treatment));
    EV_ASSIGN_OR_RETURN(std::optional<RunResult> result, finished_(key));
    ArmPlan& counts = plan_.arms[arm];
    if (result) ++counts.trained;
    if (!seen_.insert(key).second) {
      if (!result) ++counts.shared;
      return result;
    }
    if (!result) ++counts.to_train;
    ++(result ? plan_.runs_trained : plan_.runs_to_train);
    return result;
  }

  const Sweep& sweep_;
  const FinishedRun& finished_;
  std::set<RunKey> seen_;
  Plan plan_;
};

}  // namespace

StatusOr<Plan> plan(const Sweep& sweep, const FinishedRun& finished) { return Planner(sweep, finished).make(); }

}  // namespace evensweep::coordinator

#include "coordinator/core/plan.h"

#include <set>
#include <tuple>
#include <utility>

#include "common/model/expand.h"
#include "common/model/json.h"
#include "sweeps/methods/method.h"

namespace evensweep::coordinator {
namespace {

class Planner {
 public:
  Planner(const Sweep& sweep, const FinishedRun& finished)
      : sweep_(sweep), seeds_(all_seeds(sweep)), finished_(finished) {
    for (size_t arm = 0; arm <= sweep.arms.size(); ++arm) {
      const Arm described = arm_of_trial(sweep, arm);
      plan_.arms.push_back({.name = arm_name(described),
                            .control = is_control(described),
                            .identity = arm == 0 ? std::nullopt : known_identity(described, sweep.classes.train)});
    }
    plan_.trials = plan_.arms.size() * seeds_.size();
    plan_.known.id = sweep_id(sweep);
    plan_.known.sweep = sweep;
    for (size_t arm = 0; arm <= sweep.arms.size(); ++arm)
      for (const uint64_t seed : seeds_) plan_.known.trials.push_back({.arm = arm_of_trial(sweep, arm), .seed = seed});
  }

  StatusOr<Plan> make() {
    for (size_t block = 0; block < seeds_.size(); ++block) {
      EV_ASSIGN_OR_RETURN(const std::optional<RunResult> baseline, count(0, block, untreated()));
      for (size_t arm = 1; arm <= sweep_.arms.size(); ++arm) EV_RETURN_IF_ERROR(plan_trial(arm, block, baseline));
    }
    return plan_;
  }

 private:
  Decision untreated() const { return {.treatment = unit_treatment(sweep_.classes.names.size())}; }

  Status plan_trial(size_t arm, size_t block, const std::optional<RunResult>& baseline) {
    const Arm& described = sweep_.arms[arm - 1];
    if (plan_.arms[arm].identity) return count(arm, block, untreated()).status();
    std::optional<ConfusionMatrix> validation;
    if (baseline) validation = baseline->validation;
    const int64_t rounds = rounds_of(described);
    for (int64_t round = 1; round <= rounds; ++round) {
      if (needs_baseline(described) && !validation) {
        count_unknown(arm, block, round);
        return absl::OkStatus();
      }
      EV_ASSIGN_OR_RETURN(const Decision decision, decide(described, sweep_.classes.train, validation, seeds_[block]));
      if (round == rounds) return count(arm, block, decision).status();
      EV_ASSIGN_OR_RETURN(validation, count_round(arm, block, decision));
    }
    return absl::OkStatus();
  }

  // Rounds whose treatments are made from counts that nobody has yet. Arms that differ in the number of their rounds
  // alone share the earlier ones.
  void count_unknown(size_t arm, size_t block, int64_t first_round) {
    Arm stem = sweep_.arms[arm - 1];
    const int64_t rounds = rounds_of(stem);
    stem.parameters.erase("rounds");
    ArmPlan& counts = plan_.arms[arm];
    for (int64_t round = first_round; round <= rounds; ++round) {
      const bool fresh = unknown_.emplace(stem, block, round).second;
      if (fresh) ++plan_.runs_to_train;
      if (round < rounds)
        counts.earlier_rounds += fresh ? 1 : 0;
      else
        ++(fresh ? counts.to_train : counts.shared);
      if (fresh && round == rounds) ++counts.after_baseline;
    }
  }

  RunKey key_of(size_t block, const Decision& decision) const {
    return run_key(make_run_spec(sweep_, seeds_[block], decision.treatment, decision.variation));
  }

  // Counts a round before the last and gives its validation counts, if there are any.
  StatusOr<std::optional<ConfusionMatrix>> count_round(size_t arm, size_t block, const Decision& decision) {
    const RunKey key = key_of(block, decision);
    EV_ASSIGN_OR_RETURN(const std::optional<RunResult> result, finished_(key));
    if (seen_.insert(key).second) {
      ++(result ? plan_.runs_trained : plan_.runs_to_train);
      if (!result) ++plan_.arms[arm].earlier_rounds;
    }
    return result ? std::optional(result->validation) : std::nullopt;
  }

  // Counts the trial and gives its run's result, if there is one.
  StatusOr<std::optional<RunResult>> count(size_t arm, size_t block, const Decision& decision) {
    const RunKey key = key_of(block, decision);
    EV_ASSIGN_OR_RETURN(std::optional<RunResult> result, finished_(key));
    plan_.known.trials[arm * seeds_.size() + block].run = key;
    if (result) note(key, decision.treatment, *result);
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

  void note(const RunKey& key, const Treatment& treatment, const RunResult& result) {
    RunOutcome outcome{.key = key, .treatment = treatment, .result = result};
    outcome.result->test_predictions.clear();
    outcome.result->curve.clear();
    plan_.known.runs.emplace(key, std::move(outcome));
  }

  const Sweep& sweep_;
  const std::vector<uint64_t> seeds_;
  const FinishedRun& finished_;
  std::set<RunKey> seen_;
  std::set<std::tuple<Arm, size_t, int64_t>> unknown_;  // arm without its rounds, block, round
  Plan plan_;
};

}  // namespace

StatusOr<Plan> plan(const Sweep& sweep, const FinishedRun& finished) { return Planner(sweep, finished).make(); }

}  // namespace evensweep::coordinator

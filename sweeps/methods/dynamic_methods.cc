#include "common/model/expand.h"
#include "sweeps/methods/definition.h"

namespace evensweep {
namespace {

// The class weights of the treatment stay 1: the trainer sets them as it goes.
Decision by_rule(const ClassEvidence& evidence, const char* name, double strength) {
  Decision decision{unit_treatment(evidence.train_counts.size()), {}};
  decision.treatment.rule = WeightRule{.name = name, .strength = strength};
  return decision;
}

std::optional<std::string> no_identity(const Arm&, std::span<const int64_t>) { return std::nullopt; }

std::optional<std::string> cdb_identity(const Arm& arm, std::span<const int64_t>) {
  if (parameter(arm, "tau") != 0) return std::nullopt;
  return "tau = 0 gives every class the weight 1: the same training as the baseline";
}

StatusOr<Decision> decide_cdb(const Arm& arm, const ClassEvidence& evidence) {
  const double tau = parameter(arm, "tau");
  if (tau == 0) return Decision{unit_treatment(evidence.train_counts.size()), {}};
  return by_rule(evidence, kCdbRule, tau);
}

MethodDefinition cdb() {
  return {.description = {"cdb",
                          {{"tau", 0, 10, false, "strength; 0 does nothing"}},
                          {},
                          "class weights (1 - accuracy)^tau from the validation accuracies of the last epoch"},
          .touches = {Touch::kClassWeights},
          .needs_baseline = never,
          .identity = cdb_identity,
          .decide = decide_cdb};
}

MethodDefinition cdb_dynamic() {
  return {.description = {"cdb_dynamic", {}, {}, "cdb with a tau that rises with the imbalance of the accuracies"},
          .touches = {Touch::kClassWeights},
          .needs_baseline = never,
          .identity = no_identity,
          .decide = [](const Arm&, const ClassEvidence& evidence) -> StatusOr<Decision> {
            return by_rule(evidence, kDynamicCdbRule, 0);
          }};
}

MethodDefinition recall_loss_method() {
  return {.description = {"recall_loss", {}, {}, "class weights 1 - recall of each batch"},
          .touches = {Touch::kClassWeights},
          .needs_baseline = never,
          .identity = no_identity,
          .decide = [](const Arm&, const ClassEvidence& evidence) -> StatusOr<Decision> {
            return by_rule(evidence, kRecallLossRule, 0);
          }};
}

MethodDefinition group_dro() {
  return {.description = {"group_dro",
                          {{"eta", 0, 10, false,
                            "step size of the classes' shares; 0 keeps them equal, which is not the baseline"}},
                          {},
                          "the loss is a sum over classes whose shares grow with their losses"},
          .touches = {Touch::kClassWeights},
          .needs_baseline = never,
          .identity = no_identity,
          .decide = [](const Arm& arm, const ClassEvidence& evidence) -> StatusOr<Decision> {
            return by_rule(evidence, kGroupDroRule, parameter(arm, "eta"));
          }};
}

}  // namespace

std::vector<MethodDefinition> dynamic_methods() { return {cdb(), cdb_dynamic(), recall_loss_method(), group_dro()}; }

}  // namespace evensweep

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

#include "common/base/rng.h"
#include "common/model/expand.h"
#include "sweeps/methods/definition.h"

namespace evensweep {
namespace {

constexpr char kGammaZero[] = "gamma = 0 gives every class the weight 1: the same training as the baseline";

MethodDefinition baseline() {
  return {.description = {kBaseline, {}, {}, "plain cross entropy, all class weights 1"},
          .touches = {Touch::kWholeRun},
          .may_start_late = false,
          .needs_baseline = never,
          .identity = [](const Arm&, auto) { return std::optional<std::string>("it is the baseline"); },
          .decide = [](const Arm&, const ClassEvidence& evidence) -> StatusOr<Decision> {
            return Decision{unit_treatment(evidence.train_counts.size()), {}};
          }};
}

std::optional<std::string> zero_gamma(const Arm& arm, std::span<const int64_t>) {
  if (parameter(arm, "gamma") == 0) return kGammaZero;
  return std::nullopt;
}

MethodDefinition tpr_weighting() {
  return {.description = {"tpr_weighting",
                          {{"gamma", -10, 10, false,
                            "strength; 0 does nothing, below 0 favours the classes that are already good"}},
                          {},
                          "class weights (mean TPR / TPR)^gamma from the baseline's validation TPRs"},
          .touches = {Touch::kClassWeights},
          .normalizes = true,
          .needs_baseline = always,
          .identity = zero_gamma,
          .decide = [](const Arm& arm, const ClassEvidence& evidence) -> StatusOr<Decision> {
            return weigh_by_tpr(parameter(arm, "gamma"), evidence);
          }};
}

// The same permutation for every gamma of a block, so that arms differ in their strength alone.
StatusOr<Decision> decide_placebo(const Arm& arm, const ClassEvidence& evidence) {
  Decision decision = weigh_by_tpr(parameter(arm, "gamma"), evidence);
  std::vector<size_t> giver(evidence.train_counts.size());
  std::iota(giver.begin(), giver.end(), size_t{0});
  Rng(evidence.seed, "placebo").shuffle(std::span(giver));
  const std::vector<double> own = decision.treatment.class_weights;
  for (size_t c = 0; c < giver.size(); ++c) decision.treatment.class_weights[c] = own[giver[c]];
  decision.notes.push_back(
      fmt::format("the classes have, in order, the weights of the classes {}", fmt::join(giver, ", ")));
  return decision;
}

MethodDefinition placebo() {
  return {
      .description = {kPlacebo,
                      {{"gamma", -10, 10, false, "as in tpr_weighting, whose control it is; 0 does nothing"}},
                      {},
                      "control: the weights of tpr_weighting dealt out to the classes by chance, anew for every seed"},
      .touches = {Touch::kClassWeights},
      .normalizes = true,
      .needs_baseline = always,
      .identity = zero_gamma,
      .decide = decide_placebo};
}

std::optional<std::string> effective_number_identity(const Arm& arm, std::span<const int64_t> train_counts) {
  if (parameter(arm, "beta") == 0) {
    return "beta = 0 gives every class the weight 1: the same training as the baseline";
  }
  return equal_sizes_identity(arm, train_counts, "every class gets the weight 1");
}

StatusOr<Decision> decide_effective_number(const Arm& arm, const ClassEvidence& evidence) {
  EV_ASSIGN_OR_RETURN(ClassSizes classes, class_sizes(arm, evidence));
  EV_ASSIGN_OR_RETURN(const EffectiveNumberWeights w, effective_number_weights(classes.sizes, parameter(arm, "beta")));
  Decision decision{unit_treatment(classes.sizes.size()), std::move(classes.notes)};
  decision.treatment.class_weights = portable(w.weights);
  return decision;
}

MethodDefinition effective_number() {
  return {.description = {"effective_number",
                          {{"beta", 0, 1, true,
                            "overlap of samples; 0 does nothing, towards 1 it becomes inverse class frequency"}},
                          {counts_option()},
                          "class weights 1 / effective number of samples"},
          .touches = {Touch::kClassWeights},
          .normalizes = true,
          .needs_baseline = counts_by_tpr,
          .identity = effective_number_identity,
          .decide = decide_effective_number};
}

MethodDefinition focal() {
  return {
      .description = {"focal",
                      {{"gamma", 0, 10, false, "how much well-classified examples are played down; 0 does nothing"}},
                      {},
                      "focal loss, all class weights 1"},
      .touches = {Touch::kFocus},
      .needs_baseline = never,
      .identity = [](const Arm& arm, auto) -> std::optional<std::string> {
        if (parameter(arm, "gamma") != 0) return std::nullopt;
        return "gamma = 0 makes the focal loss the cross entropy: the same training as the baseline";
      },
      .decide = [](const Arm& arm, const ClassEvidence& evidence) -> StatusOr<Decision> {
        Decision decision{unit_treatment(evidence.train_counts.size()), {}};
        decision.treatment.focal_gamma = parameter(arm, "gamma");
        return decision;
      }};
}

}  // namespace

std::vector<MethodDefinition> weighting_methods() {
  return {baseline(), tpr_weighting(), effective_number(), focal(), placebo()};
}

}  // namespace evensweep

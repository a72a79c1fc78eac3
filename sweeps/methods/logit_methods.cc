#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/model/expand.h"
#include "sweeps/methods/definition.h"
#include "sweeps/methods/frequency.h"

namespace evensweep {
namespace {

bool all_equal(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); });
}

std::optional<std::string> logit_adjustment_identity(const Arm& arm, std::span<const int64_t> train_counts) {
  if (parameter(arm, "tau") == 0) return "tau = 0 adds nothing to the logits: the same training as the baseline";
  return equal_sizes_identity(arm, train_counts, "the same is added to every logit, which changes no probability");
}

StatusOr<Decision> decide_logit_adjustment(const Arm& arm, const ClassEvidence& evidence) {
  EV_ASSIGN_OR_RETURN(ClassSizes classes, class_sizes(arm, evidence));
  Decision decision{unit_treatment(classes.sizes.size()), std::move(classes.notes)};
  std::vector<double> offsets = portable(log_priors(classes.sizes, parameter(arm, "tau")));
  if (all_equal(offsets)) return decision;
  decision.notes.push_back(fmt::format("added to the logits in training: {:.4g}", fmt::join(offsets, ", ")));
  decision.treatment.logit_offsets = std::move(offsets);
  return decision;
}

MethodDefinition logit_adjustment() {
  return {.description = {"logit_adjustment",
                          {{"tau", -10, 10, false, "strength; 1 is the balanced softmax, 0 does nothing"}},
                          {counts_option()},
                          "tau log prior added to the logits in training, priors from class sizes"},
          .touches = {Touch::kLogits},
          .needs_baseline = counts_by_tpr,
          .identity = logit_adjustment_identity,
          .decide = decide_logit_adjustment};
}

// As in the authors' code.
constexpr double kLdamScale = 30;
constexpr double kLdamBeta = 0.9999;

StatusOr<Decision> decide_ldam_drw(const Arm& arm, const ClassEvidence& evidence) {
  EV_ASSIGN_OR_RETURN(ClassSizes classes, class_sizes(arm, evidence));
  EV_ASSIGN_OR_RETURN(const EffectiveNumberWeights w, effective_number_weights(classes.sizes, kLdamBeta));
  Decision decision{unit_treatment(classes.sizes.size()), std::move(classes.notes)};
  MarginSpec margin{.margins = portable(ldam_margins(classes.sizes, parameter(arm, "margin"))), .scale = kLdamScale};
  decision.notes.push_back(fmt::format("margins: {:.4g}", fmt::join(margin.margins, ", ")));
  decision.treatment.margin = std::move(margin);
  const std::vector<double> weights = portable(w.weights);
  // What is not weighted has no beginning, so that equal trainings have equal keys.
  if (all_equal(weights) || parameter(arm, "start") == 1) return decision;
  decision.treatment.class_weights = weights;
  decision.treatment.weights_from = parameter(arm, "start");
  return decision;
}

std::optional<std::string> no_last_layer(const Arm&, const Sweep& sweep) {
  if (sweep.model.name != kTorchscript) return std::nullopt;
  return "its margins need the model's last layer, which a TorchScript module does not show; use a built-in model";
}

MethodDefinition ldam_drw() {
  return {.description = {"ldam_drw",
                          {{"margin", 0, 1, false, "the largest margin, that of the smallest class"},
                           {"start", 0, 1, false, "share of the epochs before the classes are weighted; 1 is never"}},
                          {counts_option()},
                          "margins (class size)^(-1/4) on cosine logits, then effective-number weights as well"},
          .touches = {Touch::kLogits, Touch::kClassWeights},
          .may_start_late = false,
          .normalizes = true,
          .needs_baseline = counts_by_tpr,
          .identity = [](const Arm&, auto) { return std::optional<std::string>(); },
          .decide = decide_ldam_drw,
          .undefined = no_last_layer};
}

}  // namespace

std::vector<MethodDefinition> logit_methods() { return {logit_adjustment(), ldam_drw()}; }

}  // namespace evensweep

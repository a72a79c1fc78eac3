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
          .needs_baseline = counts_by_tpr,
          .identity = logit_adjustment_identity,
          .decide = decide_logit_adjustment};
}

}  // namespace

std::vector<MethodDefinition> logit_methods() { return {logit_adjustment()}; }

}  // namespace evensweep

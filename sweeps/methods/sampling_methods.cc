#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "common/model/expand.h"
#include "sweeps/methods/definition.h"
#include "sweeps/methods/frequency.h"

namespace evensweep {
namespace {

std::optional<std::string> oversampling_identity(const Arm& arm, std::span<const int64_t>) {
  if (parameter(arm, "gamma") != 0) return std::nullopt;
  return "gamma = 0 takes every row once in an epoch: the same training as the baseline";
}

// Chawla et al. 2002, section 4.2; imbalanced-learn's default.
constexpr int64_t kSmoteNeighbours = 5;

// The quotas of an epoch that is as long as without them.
StatusOr<Decision> decide_oversampling(const Arm& arm, const ClassEvidence& evidence) {
  const std::span<const int64_t> counts = evidence.train_counts;
  Decision weighed = weigh_by_tpr(parameter(arm, "gamma"), evidence);
  const int64_t rows = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  EV_ASSIGN_OR_RETURN(ResampleQuota quota, resample_quota(counts, weighed.treatment.class_weights, rows));
  Decision decision{unit_treatment(counts.size()), std::move(weighed.notes)};
  if (std::equal(counts.begin(), counts.end(), quota.rows.begin())) {
    if (parameter(arm, "gamma") != 0)
      decision.notes.push_back("every class keeps its number of rows, so the training is the baseline's");
    return decision;
  }
  decision.notes.push_back(fmt::format("rows of each class in an epoch: {}", fmt::join(quota.rows, ", ")));
  decision.treatment.epoch_rows = std::move(quota.rows);
  return decision;
}

bool in_features(const Arm& arm) { return option(arm, "space", "pixels") == "features"; }

StatusOr<Decision> decide_smote(const Arm& arm, const ClassEvidence& evidence) {
  EV_ASSIGN_OR_RETURN(Decision decision, decide_oversampling(arm, evidence));
  const std::vector<int64_t>& quota = decision.treatment.epoch_rows;
  if (quota.empty()) return decision;
  decision.treatment.smote_neighbours = kSmoteNeighbours;
  decision.treatment.smote_features = in_features(arm);
  for (size_t c = 0; c < quota.size(); ++c) {
    const int64_t own = evidence.train_counts[c];
    if (quota[c] <= own || own > kSmoteNeighbours) continue;
    decision.notes.push_back(own == 1 ? fmt::format("class {}: its only row is repeated", c)
                                      : fmt::format("class {}: has {} rows, so only {} neighbours", c, own, own - 1));
  }
  return decision;
}

MethodDefinition oversampling() {
  return {.description = {"oversampling",
                          {{"gamma", -10, 10, false,
                            "strength, as in tpr_weighting; 0 does nothing, below 0 favours the classes that are "
                            "already good"}},
                          {},
                          "as many rows of a class in an epoch as its TPR weight says, the epoch's length unchanged"},
          .touches = {Touch::kEpochRows},
          .needs_baseline = always,
          .identity = oversampling_identity,
          .decide = decide_oversampling};
}

MethodDefinition smote_method() {
  MethodDefinition method = oversampling();
  method.description.name = "smote";
  method.description.meaning = "oversampling with rows that a class lacks made between neighbours instead of repeated";
  method.description.options.push_back(
      {.name = "space",
       .values = {"pixels", "features"},
       .meaning =
           "between what: pixels (of an image; of a table its columns), or features, the inputs of the last layer",
       .left_out = true});
  method.decide = decide_smote;
  method.check = [](const Arm& arm, const Arm& whole) -> Status {
    if (!in_features(arm) || parameter(whole, kStartEpoch) > 0) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "smote: the features of a network that has learned nothing say nothing; give a start_epoch above 0");
  };
  method.undefined = [](const Arm& arm, const Sweep& sweep) -> std::optional<std::string> {
    if (in_features(arm) && sweep.model.name == kTorchscript)
      return "a TorchScript module does not show what its last layer gets; use a built-in model";
    const DatasetFormat format = sweep.dataset.format;
    if (in_features(arm) || format == DatasetFormat::kCsv || format == DatasetFormat::kCifar10) return std::nullopt;
    return "no text lies between two texts; use space: features";
  };
  return method;
}

}  // namespace

std::vector<MethodDefinition> sampling_methods() { return {oversampling(), smote_method()}; }

}  // namespace evensweep

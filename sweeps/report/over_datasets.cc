#include "sweeps/report/over_datasets.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sweeps/report/results_parts.h"
#include "sweeps/report/view.h"
#include "sweeps/stats/datasets.h"
#include "sweeps/stats/meta.h"

namespace evensweep {
namespace {

constexpr size_t kFewForChi2 = 5, kFewForMeta = 3;

// What one document says of one arm.
struct OnDataset {
  std::optional<double> var_baseline, var_rebalanced;  // means of Var_u
  std::optional<double> log_ratio, log_ratio_se;
  Json json;
  std::string lacking;  // why it cannot be used
};

OnDataset read_arm(View arm) {
  OnDataset on;
  const View variance = arm["var_unbiased"], logs = arm["ratio"]["log_ratio"];
  on.var_baseline = variance["baseline"]["mean"].number();
  on.var_rebalanced = variance["rebalanced"]["mean"].number();
  on.log_ratio = logs["mean"].number();
  on.log_ratio_se = logs["se"].number();
  if (arm["identity"].truth()) on.lacking = "trains as the baseline does";
  if (on.lacking.empty() && (!on.var_baseline || !on.var_rebalanced)) on.lacking = "has no complete block";
  on.json = {{"blocks", arm["blocks"].size()},
             {"d_unbiased", number_json(arm["d_unbiased"]["mean"].number())},
             {"var_unbiased_baseline", number_json(on.var_baseline)},
             {"var_unbiased_rebalanced", number_json(on.var_rebalanced)},
             {"log_ratio", number_json(on.log_ratio)},
             {"log_ratio_se", number_json(on.log_ratio_se)},
             {"verdict", arm["verdict"].text()}};
  return on;
}

struct MatchedArm {
  std::string name;
  std::vector<OnDataset> on;  // one for each document
};

struct Matching {
  std::vector<MatchedArm> arms;
  Json left_out = Json::array();
};

Matching match(const std::vector<NamedResults>& documents) {
  std::vector<std::string> names;
  std::vector<std::map<std::string, OnDataset>> found;
  for (const NamedResults& document : documents) {
    auto& arms = found.emplace_back();
    for (const View& arm : View(document.results)["arms"].items()) {
      const std::string name = arm["name"].text();
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      arms.emplace(name, read_arm(arm));
    }
  }
  Matching matching;
  for (const std::string& name : names) {
    MatchedArm arm{name, {}};
    std::string reason;
    for (size_t i = 0; i < documents.size() && reason.empty(); ++i) {
      const auto here = found[i].find(name);
      if (here == found[i].end()) {
        reason = "is not in " + documents[i].file;
      } else if (!here->second.lacking.empty()) {
        reason = here->second.lacking + " in " + documents[i].file;
      } else {
        arm.on.push_back(here->second);
      }
    }
    if (reason.empty()) {
      matching.arms.push_back(std::move(arm));
    } else {
      matching.left_out.push_back({{"arm", name}, {"reason", reason}});
    }
  }
  return matching;
}

Json meta_json(const MatchedArm& arm, double alpha) {
  std::vector<StudyEffect> studies;
  for (const OnDataset& on : arm.on) {
    if (!on.log_ratio || !on.log_ratio_se) return nullptr;  // a Var_u that is not above 0 has no logarithm
    studies.push_back({*on.log_ratio, *on.log_ratio_se * *on.log_ratio_se});
  }
  const MetaAnalysis meta = random_effects(studies, alpha);
  if (meta.status != MetaStatus::kOk) return nullptr;
  return {{"mean", number_json(meta.mean)},
          {"se", number_json(meta.se)},
          {"t", number_json(meta.t)},
          {"p_two_sided", number_json(meta.p)},
          {"ci_low", number_json(meta.interval.low)},
          {"ci_high", number_json(meta.interval.high)},
          {"prediction_low", number_json(meta.prediction.low)},
          {"prediction_high", number_json(meta.prediction.high)},
          {"tau2", number_json(meta.tau2)},
          {"q", number_json(meta.q)},
          {"p_q", number_json(meta.p_q)},
          {"i2", number_json(meta.i2)}};
}

// The baseline first, then the arms; the lower Var_u, the higher the score.
std::vector<std::vector<double>> scores_of(const std::vector<MatchedArm>& arms) {
  std::vector<std::vector<double>> scores;
  for (size_t i = 0; i < arms.front().on.size(); ++i) {
    auto& row = scores.emplace_back();
    row.push_back(-*arms.front().on[i].var_baseline);
    for (const MatchedArm& arm : arms) row.push_back(-*arm.on[i].var_rebalanced);
  }
  return scores;
}

Json ranks_json(const Friedman& ranks, double alpha) {
  return {{"mean_ranks", ranks.mean_ranks},
          {"chi2", number_json(ranks.chi2)},
          {"p_chi2", number_json(ranks.p_chi2)},
          {"kendall_w", number_json(ranks.kendall_w)},
          {"f", number_json(ranks.f)},
          {"p_f", number_json(ranks.p_f)},
          {"p_permutation", number_json(ranks.p_permutation)},
          {"permutation_exact", ranks.permutation_exact},
          {"nemenyi_cd", number_json(nemenyi_cd(ranks, alpha))},
          {"bonferroni_dunn_cd", number_json(bonferroni_dunn_cd(ranks, alpha))}};
}

std::vector<std::string> remarks_on(const std::vector<NamedResults>& documents, const Json& arms) {
  std::vector<std::string> remarks;
  std::map<std::string, std::string> seen;
  for (const NamedResults& document : documents) {
    const View dataset = View(document.results)["sweep"]["dataset"];
    std::string digests;
    for (const char* files : {"train_files", "validation_files", "test_files"})
      for (const View& file : dataset[files].items()) digests += file["sha256"].text() + " ";
    if (digests.empty()) continue;
    const auto [first, is_new] = seen.emplace(digests, document.file);
    if (!is_new)
      remarks.push_back(fmt::format("{} and {} are of the same data: they count as two data sets but are one",
                                    first->second, document.file));
  }
  if (documents.size() < kFewForMeta)
    remarks.push_back(
        fmt::format("{} data sets are too few for a meta-analysis; {} are the least", documents.size(), kFewForMeta));
  if (documents.size() < kFewForChi2)
    remarks.push_back("with so few data sets chi2 and F are poor approximations: look at the permutation p");
  for (const Json& arm : arms)
    if (arm["meta"].is_null() && documents.size() >= kFewForMeta)
      remarks.push_back(arm["name"].get<std::string>() +
                        " has no meta-analysis: on some data set its log ratio, or the spread of it, does not exist");
  remarks.push_back(
      "ranks depend on which other arms are in the comparison; the verdict on each data set stays what it is there");
  return remarks;
}

}  // namespace

StatusOr<Json> over_datasets_json(const std::vector<NamedResults>& documents, double alpha) {
  if (!(alpha > 0 && alpha < 1))
    return absl::InvalidArgumentError(fmt::format("alpha is {}; it must be between 0 and 1", alpha));
  if (documents.size() < 2) return absl::InvalidArgumentError("name the results of two data sets at least");
  Matching matching = match(documents);
  if (matching.arms.empty())
    return absl::InvalidArgumentError(matching.left_out.empty()
                                          ? "these results have no arms"
                                          : fmt::format("no arm is in all of these results; for example {} {}",
                                                        matching.left_out[0]["arm"].get<std::string>(),
                                                        matching.left_out[0]["reason"].get<std::string>()));
  EV_ASSIGN_OR_RETURN(const Friedman ranks, friedman(scores_of(matching.arms)));
  const std::vector<ControlComparison> control = compare_with_control(ranks, 0);
  Json datasets = Json::array(), arms = Json::array();
  for (const NamedResults& document : documents) {
    const View results(document.results);
    datasets.push_back({{"file", document.file},
                        {"sweep", results["sweep"]["name"].text()},
                        {"sweep_id", results["sweep_id"].text()}});
  }
  for (size_t a = 0; a < matching.arms.size(); ++a) {
    Json on = Json::array();
    for (const OnDataset& one : matching.arms[a].on) on.push_back(one.json);
    arms.push_back({{"name", matching.arms[a].name},
                    {"datasets", std::move(on)},
                    {"mean_rank", ranks.mean_ranks[a + 1]},
                    {"z_control", number_json(control[a].z)},
                    {"p_control_holm", number_json(control[a].p_holm)},
                    {"meta", meta_json(matching.arms[a], alpha)}});
  }
  Json remarks = remarks_on(documents, arms);
  return Json{{"schema", kOverDatasetsSchema},
              {"schema_version", kOverDatasetsSchemaVersion},
              {"alpha", alpha},
              {"datasets", std::move(datasets)},
              {"arms", std::move(arms)},
              {"baseline_mean_rank", ranks.mean_ranks[0]},
              {"ranks", ranks_json(ranks, alpha)},
              {"left_out", std::move(matching.left_out)},
              {"remarks", std::move(remarks)}};
}

}  // namespace evensweep

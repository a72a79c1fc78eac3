#include "sweeps/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"
#include "sweeps/report/results_parts.h"
#include "sweeps/report/view.h"

namespace evensweep {
namespace {

Json side_json(const NamedResults& side, const SweepCells& cells) {
  const View results(side.results);
  return {{"file", clean_text(side.file)},
          {"sweep", results["sweep"]["name"].text()},
          {"sweep_id", results["sweep_id"].text()},
          {"seeds", cells.seeds.size()},
          {"arms", cells.arms.size()}};
}

Json measure_json(const PairedDifference& difference) {
  Json json = paired_json(difference.t);
  json["sign_flip"] = sign_flip_json(difference.sign_flip);
  json["p_holm"] = number_json(difference.p_holm);
  return json;
}

Json arm_json(const ArmDifference& arm) {
  Json seeds = Json::array();
  for (const SeedDifference& at : arm.seeds)
    seeds.push_back({{"seed", at.seed},
                     {"d_unbiased", number_json(at.d_unbiased)},
                     {"var_unbiased", number_json(at.var_unbiased)},
                     {"accuracy", number_json(at.accuracy)}});
  return {{"name", arm.arm},
          {"seeds", std::move(seeds)},
          {"d_unbiased", measure_json(arm.d_unbiased)},
          {"var_unbiased", measure_json(arm.var_unbiased)},
          {"accuracy", paired_json(arm.accuracy)}};
}

Json baseline_json(const BaselineAgreement& baseline) {
  return {{"identical", baseline.identical},
          {"differing", baseline.differing},
          {"var_unbiased", paired_json(baseline.var_unbiased)}};
}

Json left_out_json(const SweepComparison& comparison) {
  Json arms = Json::array(), seeds = Json::array();
  for (const LeftOutArm& one : comparison.left_out_arms) arms.push_back({{"arm", one.arm}, {"reason", one.reason}});
  for (const LeftOutSeed& one : comparison.left_out_seeds)
    seeds.push_back({{"seed", one.seed}, {"reason", one.reason}});
  return {{"arms", std::move(arms)}, {"seeds", std::move(seeds)}};
}

bool differs_in(const std::vector<SettingDifference>& settings, const char* section) {
  return std::any_of(settings.begin(), settings.end(),
                     [&](const SettingDifference& one) { return one.name.starts_with(section); });
}

// What a reader must know about these differences.
std::vector<std::string> remarks_on(const SweepComparison& comparison, const std::vector<SettingDifference>& settings,
                                    bool same_sweep, double alpha) {
  std::vector<std::string> remarks;
  if (same_sweep) remarks.emplace_back("A and B are the same sweep: what differs is the execution");
  if (differs_in(settings, "dataset") || differs_in(settings, "classes"))
    remarks.emplace_back(
        "the data or their split differ or are unknown: equal seeds then do not mean equal examples, and the "
        "differences "
        "are those of the data as well");
  if (settings.empty() && !comparison.baseline.differing.empty())
    remarks.emplace_back("the baselines differ although no setting does: the trainings are not repeatable bit by bit");
  const auto arms = static_cast<double>(comparison.arms.size());
  const int n = static_cast<int>(std::min<size_t>(comparison.seeds.size(), kExactSignFlips));
  const double least = std::min(1.0, arms * std::ldexp(2.0, -n));
  if (least > alpha)
    remarks.push_back(fmt::format("with {} and {} no adjusted p can be below {}, however large a difference is",
                                  counted(static_cast<int64_t>(comparison.seeds.size()), "seed"),
                                  counted(static_cast<int64_t>(comparison.arms.size()), "arm"), p_value(least)));
  return remarks;
}

StatusOr<SweepCells> cells_of(const NamedResults& side) {
  StatusOr<SweepCells> cells = cells_of_results(side.results);
  if (!cells.ok()) return absl::InvalidArgumentError(side.file + ": " + std::string(cells.status().message()));
  return cells;
}

}  // namespace

StatusOr<Json> comparison_json(const NamedResults& a, const NamedResults& b) {
  EV_ASSIGN_OR_RETURN(const SweepCells in_a, cells_of(a));
  EV_ASSIGN_OR_RETURN(const SweepCells in_b, cells_of(b));
  const double alpha = View(a.results)["analysis"]["alpha"].number().value_or(0.05);
  EV_ASSIGN_OR_RETURN(const SweepComparison comparison, compare_sweeps(in_a, in_b, alpha));
  const std::string id = View(a.results)["sweep_id"].text();
  const bool same_sweep = !id.empty() && id == View(b.results)["sweep_id"].text();
  const std::vector<SettingDifference> settings = setting_differences(a.results, b.results);
  Json arms = Json::array(), differences = Json::array();
  for (const ArmDifference& arm : comparison.arms) arms.push_back(arm_json(arm));
  for (const SettingDifference& one : settings) differences.push_back({{"name", one.name}, {"a", one.a}, {"b", one.b}});
  return Json{{"schema", kComparisonSchema},
              {"schema_version", kComparisonSchemaVersion},
              {"difference", "b - a"},
              {"a", side_json(a, in_a)},
              {"b", side_json(b, in_b)},
              {"same_sweep", same_sweep},
              {"alpha", alpha},
              {"confidence", 1 - alpha},
              {"test", "sign_flip"},
              {"alternative", "two-sided"},
              {"correction", "holm"},
              {"family", comparison.arms.size()},
              {"seeds", comparison.seeds},
              {"arms", std::move(arms)},
              {"baseline", baseline_json(comparison.baseline)},
              {"left_out", left_out_json(comparison)},
              {"settings", std::move(differences)},
              {"remarks", remarks_on(comparison, settings, same_sweep, alpha)}};
}

std::string comparison_csv(const Json& comparison) {
  std::string text = "arm,seeds";
  for (const char* measure : {"d_unbiased", "var_unbiased"})
    for (const char* column : {"mean", "ci_low", "ci_high", "sign_flip_p", "p_holm"})
      text += fmt::format(",{}_{}", measure, column);
  text += ",accuracy_mean,accuracy_ci_low,accuracy_ci_high\n";
  const auto cell = [](View value) {
    const auto number = value.number();
    return "," + (number ? shortest(*number) : std::string());
  };
  for (const View& arm : View(comparison)["arms"].items()) {
    text += csv_text(arm["name"].text()) + "," + std::to_string(arm["seeds"].size());
    for (const char* name : {"d_unbiased", "var_unbiased", "accuracy"}) {
      const View measure = arm[name];
      for (const char* column : {"mean", "ci_low", "ci_high"}) text += cell(measure[column]);
      if (measure["sign_flip"].absent()) continue;
      text += cell(measure["sign_flip"]["p_two_sided"]) + cell(measure["p_holm"]);
    }
    text += "\n";
  }
  return text;
}

}  // namespace evensweep

#include <algorithm>
#include <cmath>

#include "sweeps/report/results_parts.h"

namespace evensweep {
namespace {

// The mean over blocks of what `take` gives, with its Student t interval.
template <typename Take>
Json mean_over(const std::vector<BlockEffect>& blocks, double alpha, Take take) {
  std::vector<double> values;
  for (const BlockEffect& block : blocks) values.push_back(take(block));
  const PairedSummary summary = paired_t(values, alpha);
  return {{"mean", values.empty() ? Json() : number_json(summary.mean)},
          {"ci_low", number_json(summary.ci_low)},
          {"ci_high", number_json(summary.ci_high)}};
}

double tpr_of(const ModelMetrics& metrics, size_t index) {
  return index < metrics.tpr.size() ? metrics.tpr[index] : NAN;
}

Json classes_json(const std::vector<BlockEffect>& blocks, const std::vector<std::string>& names, double alpha) {
  Json list = Json::array();
  for (size_t i = 0; i < names.size(); ++i) {
    const auto baseline = [i](const BlockEffect& block) { return tpr_of(block.baseline, i); };
    const auto rebalanced = [i](const BlockEffect& block) { return tpr_of(block.rebalanced, i); };
    const auto change = [&](const BlockEffect& block) { return rebalanced(block) - baseline(block); };
    list.push_back({{"name", names[i]},
                    {"baseline", mean_over(blocks, alpha, baseline)},
                    {"rebalanced", mean_over(blocks, alpha, rebalanced)},
                    {"change", mean_over(blocks, alpha, change)}});
  }
  return list;
}

// Of Var_u(rebalanced) / Var_u(baseline); null where either is not above 0.
Json ratio_number(const BlockEffect& block, double (*of)(double)) {
  const double baseline = block.baseline.var_unbiased, rebalanced = block.rebalanced.var_unbiased;
  return baseline > 0 && rebalanced > 0 ? number_json(of(rebalanced / baseline)) : Json();
}

Json blocks_json(const std::vector<BlockEffect>& blocks) {
  Json list = Json::array();
  for (const BlockEffect& block : blocks)
    list.push_back({{"seed", block.seed},
                    {"d", number_json(block.d)},
                    {"d_unbiased", number_json(block.d_unbiased)},
                    {"relative_reduction", ratio_number(block, [](double ratio) { return 1 - ratio; })},
                    {"log_ratio", ratio_number(block, [](double ratio) { return std::log(ratio); })},
                    {"accuracy_change", number_json(block.accuracy_change)},
                    {"worst_tpr_change", number_json(block.worst_tpr_change)}});
  return list;
}

Json sign_test_json(const SignTest& test) {
  return {{"positive", test.positive},
          {"negative", test.negative},
          {"p_two_sided", number_json(test.p_two_sided)},
          {"p_greater", number_json(test.p_greater)},
          {"p_less", number_json(test.p_less)}};
}

// Of arms that aren't tested the mean alone.
Json simultaneous_json(const ArmEvidence& arm, const AnalysisSpec& analysis) {
  if (analysis.correction != kMaxT) return nullptr;
  const auto& interval = arm.d_simultaneous;
  return {{"mean", arm.blocks.empty() ? Json() : number_json(arm.d.mean)},
          {"ci_low", interval ? number_json(interval->low) : Json()},
          {"ci_high", interval ? number_json(interval->high) : Json()}};
}

Json arm_json(const ArmEvidence& arm, const Sweep& sweep) {
  const double alpha = sweep.analysis.alpha;
  const auto mean = [&](auto take) { return mean_over(arm.blocks, alpha, take); };
  Json json = to_json(arm.arm);
  json["name"] = arm.name;
  json["primary"] = arm.primary;
  json["control"] = arm.control;
  json["identity"] = arm.identity;
  json["selected"] = arm.selected;
  json["stopped"] = arm.stopped.empty() ? Json() : Json(arm.stopped);
  json["blocks_planned"] = arm.planned_blocks;
  json["blocks_diverged"] = arm.diverged_blocks;
  json["blocks"] = blocks_json(arm.blocks);
  json["d_unbiased"] = paired_json(arm.d);
  json["d_simultaneous"] = simultaneous_json(arm, sweep.analysis);
  json["sign_flip"] = sign_flip_json(arm.sign_flip);
  json["sign_test"] = sign_test_json(arm.sign_test);
  json["p_adjusted"] = number_json(arm.p_adjusted);
  json["p_increase_adjusted"] = number_json(arm.p_increase_adjusted);
  json["accuracy_change"] = paired_json(arm.accuracy);
  json["p_non_inferior"] = number_json(arm.p_non_inferior);
  json["spread_reduced"] = arm.spread_reduced;
  json["accuracy_kept"] = arm.accuracy_kept;
  json["verdict"] = verdict_name(arm.kind);
  json["verdict_sentence"] = arm.verdict;
  json["var_unbiased"] = {{"baseline", mean([](const BlockEffect& b) { return b.baseline.var_unbiased; })},
                          {"rebalanced", mean([](const BlockEffect& b) { return b.rebalanced.var_unbiased; })}};
  json["worst_tpr_change"] = mean([](const BlockEffect& b) { return b.worst_tpr_change; });
  json["classes"] = classes_json(arm.blocks, sweep.classes.names, alpha);
  return json;
}

}  // namespace

// With fewer than two blocks there is a mean at most.
Json paired_json(const PairedSummary& summary) {
  const bool has_spread = summary.n >= 2;
  const auto spread = [&](double value) { return has_spread ? number_json(value) : Json(); };
  return {{"n", summary.n},
          {"status", paired_status_name(summary.status)},
          {"mean", summary.n >= 1 ? number_json(summary.mean) : Json()},
          {"sd", spread(summary.sd)},
          {"se", spread(summary.se)},
          {"t", spread(summary.t)},
          {"p_two_sided", number_json(summary.p_two_sided)},
          {"p_greater", number_json(summary.p_greater)},
          {"p_less", number_json(summary.p_less)},
          {"ci_low", spread(summary.ci_low)},
          {"ci_high", spread(summary.ci_high)}};
}

Json sign_flip_json(const SignFlip& flip) {
  return {{"n", flip.n},
          {"exact", flip.exact},
          {"p_two_sided", number_json(flip.p_two_sided)},
          {"p_greater", number_json(flip.p_greater)},
          {"p_less", number_json(flip.p_less)}};
}

Json number_json(std::optional<double> value) { return value && std::isfinite(*value) ? Json(*value) : Json(); }

Json evidence_json(const SweepResults& results, const Evidence& evidence, const Details& details) {
  Json list = Json::array();
  for (size_t a = 0; a < evidence.arms.size(); ++a) {
    list.push_back(arm_json(evidence.arms[a], results.sweep));
    add_details(evidence.arms[a], details.arms[a], results.sweep.analysis.alpha, list.back());
  }
  return list;
}

Json analysis_json(const SweepResults& results, const Evidence& evidence) {
  const AnalysisSpec& analysis = results.sweep.analysis;
  return {{"measure", "d_unbiased"},
          {"test", "sign_flip"},
          {"alternative", "greater"},
          {"alpha", analysis.alpha},
          {"confidence", 1 - analysis.alpha},
          {"correction", analysis.correction},
          {"accuracy_margin", analysis.accuracy_margin},
          {"primary", analysis.primary ? Json(*analysis.primary) : Json()},
          {"family", evidence.family},
          {"practical_ratio", kPracticalRatio},
          {"equivalence", evidence.equivalence == RatioScale::kLog ? "log_ratio" : "ratio_of_means"},
          {"smallest_p", number_json(evidence.smallest_p)},
          {"baseline_var_unbiased", paired_json(evidence.baseline_spread)},
          {"noise_share", number_json(evidence.noise_share)}};
}

Json completeness_json(const SweepResults& results, const Evidence& evidence) {
  Json missing = Json::array();
  for (const Missing& trial : evidence.missing)
    missing.push_back({{"arm", trial.arm}, {"seed", trial.seed}, {"reason", trial.reason}});
  return {{"blocks_planned", results.sweep.seeds.size()},
          {"blocks_complete", evidence.complete_blocks.size()},
          {"complete_blocks", evidence.complete_blocks},
          {"dropped_blocks", evidence.dropped_blocks},
          {"missing", std::move(missing)}};
}

}  // namespace evensweep

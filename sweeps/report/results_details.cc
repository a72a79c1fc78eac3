// What stands beside the verdicts, in results.json.

#include "sweeps/report/results_parts.h"

namespace evensweep {
namespace {

Json interval_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return {{"low", number_json(interval->low)}, {"high", number_json(interval->high)}};
}

// Mean over blocks with its Student t interval.
Json mean_json(const std::vector<double>& values, double alpha) {
  const PairedSummary summary = paired_t(values, alpha);
  return {{"mean", number_json(summary.mean)},
          {"ci_low", number_json(summary.ci_low)},
          {"ci_high", number_json(summary.ci_high)}};
}

Json estimands_json(const std::vector<Estimand>& estimands, double alpha) {
  Json json = Json::object();
  for (const Estimand& estimand : estimands)
    json[estimand.name] = {{"baseline", mean_json(estimand.baseline, alpha)},
                           {"rebalanced", mean_json(estimand.rebalanced, alpha)},
                           {"change", paired_json(estimand.change)}};
  return json;
}

Json ratio_json(const std::optional<SpreadRatio>& ratio) {
  if (!ratio) return nullptr;
  return {{"of_means", number_json(ratio->of_means)},
          {"fieller", interval_json(ratio->fieller)},
          {"log_ratio", ratio->log_ratio ? paired_json(*ratio->log_ratio) : Json()},
          {"geometric_mean", number_json(ratio->geometric_mean)},
          {"geometric_interval", interval_json(ratio->geometric_interval)}};
}

Json sensitivity_json(const ArmDetails& details) {
  Json p = Json::object(), disagree = Json::array();
  for (const TestOfReduction& test : details.tests) {
    p[test.name] = number_json(test.p);
    if (!test.agrees) disagree.push_back(test.name);
  }
  return {{"p", std::move(p)},
          {"disagree", std::move(disagree)},
          {"p_holm", number_json(details.p_holm)},
          {"p_hochberg", number_json(details.p_hochberg)},
          {"p_benjamini_hochberg", number_json(details.p_benjamini_hochberg)},
          {"p_benjamini_yekutieli", number_json(details.p_benjamini_yekutieli)},
          {"shapiro_w", number_json(details.shapiro_w)}};
}

Json intervals_json(const ArmDetails& details) {
  Json json = {{"sign_flip", interval_json(details.sign_flip_interval)}, {"hodges_lehmann", nullptr}};
  if (const auto& centre = details.hodges_lehmann) {
    json["hodges_lehmann"] = interval_json(centre->interval);
    json["hodges_lehmann"]["estimate"] = centre->estimate;
    json["hodges_lehmann"]["confidence"] = centre->confidence;
  }
  json["bca"] = details.bca ? interval_json(details.bca->interval) : Json();
  return json;
}

Json effect_json(const ArmDetails& details) {
  return {{"dz", number_json(details.effect.dz)},
          {"gz", number_json(details.effect.gz)},
          {"gz_interval", interval_json(details.gz_interval)},
          {"rank_biserial", number_json(details.rank_biserial)},
          {"positive_blocks", details.positive_blocks},
          {"positive_share_interval", interval_json(details.positive_share)},
          {"correlation", number_json(details.correlation)},
          {"detectable", number_json(details.detectable)}};
}

Json posterior_json(const std::optional<Posterior>& posterior) {
  if (!posterior) return nullptr;
  return {{"worse", posterior->worse}, {"rope", posterior->rope}, {"better", posterior->better}};
}

Json test_set_json(const std::optional<TestSetPart>& part) {
  if (!part) return nullptr;
  Json blocks = Json::array();
  for (const BlockOnTest& block : part->blocks)
    blocks.push_back({{"seed", block.seed},
                      {"only_baseline", block.only_baseline},
                      {"only_rebalanced", block.only_rebalanced},
                      {"mcnemar_p", number_json(block.mcnemar_p)},
                      {"d_test_se", number_json(block.d_test_se)}});
  return {{"shared", part->shared},
          {"se_seeds", number_json(part->se_seeds)},
          {"se_test", number_json(part->se_test)},
          {"se_new", number_json(part->se_new)},
          {"accuracy_se", number_json(part->accuracy_se)},
          {"blocks", std::move(blocks)}};
}

}  // namespace

void add_details(const ArmEvidence& arm, const ArmDetails& details, double alpha, Json& json) {
  json["ratio"] = ratio_json(arm.ratio);
  json["p_equivalent"] = number_json(arm.p_equivalent);
  json["p_accuracy_equivalent"] = number_json(arm.p_accuracy_equivalent);
  json["accuracy_ci90"] = interval_json(arm.accuracy_ci90);
  json["estimands"] = estimands_json(details.estimands, alpha);
  json["sensitivity"] = sensitivity_json(details);
  json["intervals"] = intervals_json(details);
  json["effect"] = effect_json(details);
  json["bayes"] = {{"rope", number_json(details.rope)},
                   {"t", posterior_json(details.bayes_t)},
                   {"signed_rank", posterior_json(details.bayes_signed_rank)}};
  json["test_set"] = test_set_json(details.test_set);
  for (size_t c = 0; c < json["classes"].size(); ++c) {
    const bool known = c < details.classes.size();
    json["classes"][c]["p_adjusted"] = known ? number_json(details.classes[c].p_adjusted) : Json();
    json["classes"][c]["simultaneous"] = known ? interval_json(details.classes[c].simultaneous) : Json();
  }
  for (size_t b = 0; b < json["blocks"].size(); ++b)
    for (const Estimand& estimand : details.estimands)
      json["blocks"][b][std::string(estimand.name) + "_change"] =
          number_json(estimand.rebalanced[b] - estimand.baseline[b]);
}

Json trends_json(const Evidence& evidence, const Details& details) {
  Json list = Json::array();
  for (const Trend& trend : details.trends) {
    Json arms = Json::array();
    for (const size_t arm : trend.arms) arms.push_back(evidence.arms[arm].name);
    list.push_back({{"method", trend.method},
                    {"parameter", trend.parameter},
                    {"fixed", trend.fixed},
                    {"arms", std::move(arms)},
                    {"slope", paired_json(trend.slope)},
                    {"sign_flip", sign_flip_json(trend.sign_flip)}});
  }
  return list;
}

}  // namespace evensweep

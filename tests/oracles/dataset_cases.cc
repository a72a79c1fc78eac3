// Several data sets, posteriors, almost stochastic order.

#include <fmt/core.h>

#include "sweeps/stats/bayes.h"
#include "sweeps/stats/datasets.h"
#include "sweeps/stats/stochastic_order.h"
#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

Json friedman_case(const Json& in) {
  const auto scores = in.at("scores_higher_is_better").get<std::vector<std::vector<double>>>();
  const StatusOr<Friedman> test = friedman(scores);
  if (!test.ok()) throw std::invalid_argument(std::string(test.status().message()));
  Json nemenyi, dunn, z_p = Json::array(), holm = Json::array();
  for (double alpha : {0.05, 0.1}) {
    nemenyi[fmt::format("{}", alpha)] = nemenyi_cd(*test, alpha);
    dunn[fmt::format("{}", alpha)] = bonferroni_dunn_cd(*test, alpha);
  }
  for (const ControlComparison& one : compare_with_control(*test, 0)) {
    z_p.push_back(one.p);
    holm.push_back(one.p_holm);
  }
  return {{"mean_ranks", test->mean_ranks},
          {"chi2", number_or_null(test->chi2)},
          {"p_chi2", test->p_chi2},
          {"kendall_W", number_or_null(test->kendall_w)},
          {"iman_davenport_F", number_or_null(test->f)},
          {"p_F", test->p_f},
          {"nemenyi_cd", nemenyi},
          {"nemenyi_p", nemenyi_p(*test)},
          {"bonferroni_dunn_cd", dunn},
          {"control0_z_p", z_p},
          {"control0_holm", holm}};
}

Json nemenyi_q_case(const Json& in) {
  return {{"q_alpha", number_or_null(nemenyi_q(in.at("k").get<int64_t>(), in.at("alpha").get<double>()))}};
}

std::vector<double> paired_differences(const Json& in) {
  std::vector<double> d = numbers_at(in, "x");
  const std::vector<double> y = numbers_at(in, "y");
  for (size_t i = 0; i < d.size(); ++i) d[i] -= y.at(i);
  return d;
}

Json posterior_json(const std::optional<Posterior>& posterior) {
  if (!posterior) return nullptr;
  return {{"p_worse", posterior->worse}, {"p_rope", posterior->rope}, {"p_better", posterior->better}};
}

Json bayes_t_case(const Json& in) {
  const std::vector<double> d = paired_differences(in);
  const double rope = in.at("rope").get<double>();
  return {{"independent_seeds", posterior_json(bayes_t(d, rope))},
          {"nadeau_bengio_cv", posterior_json(bayes_t(d, rope, 1 / static_cast<double>(d.size())))}};
}

Json in_order(const Posterior& posterior) { return {posterior.worse, posterior.rope, posterior.better}; }

Json bayes_signed_rank_case(const Json& in) {
  const auto drawn = bayes_signed_rank(paired_differences(in), in.at("rope").get<double>());
  if (!drawn) return {{"signed_rank_p_worse_rope_better", nullptr}, {"sign_p_worse_rope_better", nullptr}};
  return {{"signed_rank_p_worse_rope_better", in_order(drawn->signed_rank)},
          {"sign_p_worse_rope_better", in_order(drawn->sign)}};
}

Json violation_ratio_case(const Json& in) {
  return {{"eps_w2_exact", number_or_null(aso_violation_ratio(numbers_at(in, "a"), numbers_at(in, "b")))}};
}

}  // namespace

void register_dataset_cases(Registry& registry) {
  registry["friedman_nemenyi"] = friedman_case;
  registry["nemenyi_q"] = nemenyi_q_case;
  registry["bayes_t"] = bayes_t_case;
  registry["bayes_signed_rank"] = bayes_signed_rank_case;
  registry["aso_violation_ratio"] = violation_ratio_case;
}

}  // namespace evensweep

// Tests of whole families of arms, and sequential tests.

#include "sweeps/stats/e_process.h"
#include "sweeps/stats/label_permutation.h"
#include "sweeps/stats/max_t.h"
#include "sweeps/stats/sequential.h"
#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

using Rows = std::vector<std::vector<double>>;

FamilyDifferences columns_of(const Rows& rows) {
  FamilyDifferences columns(rows.empty() ? 0 : rows.front().size());
  for (const auto& row : rows)
    for (size_t a = 0; a < columns.size(); ++a) columns[a].push_back(row.at(a));
  return columns;
}

Json family_json(const FamilyDifferences& arms, Side side, bool studentised) {
  Json statistic = Json::array(), p = Json::array(), single_step = Json::array(), step_down = Json::array();
  for (const auto& arm : max_t_sign_flip(arms, {.side = side, .studentised = studentised})) {
    statistic.push_back(arm ? number_or_null(arm->statistic) : Json());
    p.push_back(arm ? Json(arm->p) : Json());
    single_step.push_back(arm ? Json(arm->p_single_step) : Json());
    step_down.push_back(arm ? Json(arm->p_step_down) : Json());
  }
  return {{"T", statistic}, {"raw_p", p}, {"single_step_p", single_step}, {"step_down_p", step_down}};
}

Json max_t_case(const Json& in) {
  const FamilyDifferences arms = columns_of(in.at("D_seeds_by_methods").get<Rows>());
  return {{"studentized/greater", family_json(arms, Side::kGreater, true)},
          {"studentized/two-sided", family_json(arms, Side::kTwoSided, true)},
          {"studentized/less", family_json(arms, Side::kLess, true)},
          {"mean/greater", family_json(arms, Side::kGreater, false)},
          {"mean/two-sided", family_json(arms, Side::kTwoSided, false)},
          {"mean/less", family_json(arms, Side::kLess, false)}};
}

Json label_permutation_case(const Json& in) {
  const auto test = max_t_label_permutation(in.at("values_baseline_first").get<Rows>());
  if (!test) return {{"n_permutations", nullptr}};
  return {{"T", test->statistic},
          {"raw_p", test->p_raw},
          {"single_step_p", test->p_single_step},
          {"n_permutations", test->permutations}};
}

Json alpha_spending_case(const Json& in) {
  const double alpha = in.at("alpha").get<double>();
  const auto spent = [&](Spending spending) {
    Json list = Json::array();
    for (double t : numbers_at(in, "fraction")) list.push_back(number_or_null(alpha_spent(spending, alpha, t)));
    return list;
  };
  return {{"obrien_fleming", spent(Spending::kObrienFleming)},
          {"pocock", spent(Spending::kPocock)},
          {"hsd_gamma_-4", spent(Spending::kHwangShihDeCani)}};
}

Json sequential_case(const Json& in) {
  const std::string name = in.at("spending").get<std::string>();
  if (name != "pocock" && name != "obrien_fleming" && name != "hsd_gamma_-4") return nullptr;
  SequentialPlan plan{.looks = in.at("looks").get<std::vector<int64_t>>(), .alpha = in.at("alpha").get<double>()};
  plan.spending = name == "pocock"           ? Spending::kPocock
                  : name == "obrien_fleming" ? Spending::kObrienFleming
                                             : Spending::kHwangShihDeCani;
  const auto test = sequential_sign_flip(numbers_at(in, "d"), plan);
  if (!test) return {{"rejected_at_look", nullptr}};
  Json boundaries = Json::array();
  for (double boundary : test->boundaries) boundaries.push_back(number_or_null(boundary));
  return {{"cumulative_alpha", test->alpha_spent},
          {"boundaries", boundaries},
          {"rejected_at_look", test->rejected_at ? Json(*test->rejected_at) : Json()}};
}

Json e_process_case(const Json& in) {
  const auto process =
      e_process_symmetry(numbers_at(in, "d"), in.at("scale").get<double>(), numbers_at(in, "lambda_grid"));
  if (!process) return {{"e_mixture", nullptr}};
  return {
      {"log_e_per_lambda_final", process->log_e_of_bet}, {"e_mixture", process->e}, {"anytime_p", process->p_anytime}};
}

}  // namespace

void register_family_cases(Registry& registry) {
  registry["max_t_sign_flip"] = max_t_case;
  registry["max_t_label_permutation"] = label_permutation_case;
  registry["alpha_spending"] = alpha_spending_case;
  registry["sequential_sign_flip"] = sequential_case;
  registry["e_process_symmetry"] = e_process_case;
}

}  // namespace evensweep

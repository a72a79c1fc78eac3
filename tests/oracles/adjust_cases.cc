// Adjusted p values.

#include <fmt/core.h>

#include "sweeps/stats/adjust.h"
#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

using MaybeP = std::optional<double>;

Json adjusted_json(const std::vector<MaybeP>& p, Correction correction, double alpha) {
  Json adjusted = Json::array(), reject = Json::array();
  for (const MaybeP& a : adjust_p(p, correction)) {
    adjusted.push_back(number_or_null(a));
    reject.push_back(a.has_value() && *a <= alpha);
  }
  return {{"adjusted", adjusted}, {"reject_" + fmt::format("{}", alpha), reject}};
}

Json p_adjust(const Json& in) {
  std::vector<MaybeP> p;
  for (const Json& value : in.at("p")) p.push_back(value.is_null() ? MaybeP() : MaybeP(value.get<double>()));
  const double alpha = in.at("alpha").get<double>();
  const auto comparisons = static_cast<int64_t>(p.size());
  Json out = {{"bonferroni", adjusted_json(p, Correction::kBonferroni, alpha)},
              {"sidak", adjusted_json(p, Correction::kSidak, alpha)},
              {"holm", adjusted_json(p, Correction::kHolm, alpha)},
              {"holm_sidak", adjusted_json(p, Correction::kHolmSidak, alpha)},
              {"hochberg", adjusted_json(p, Correction::kHochberg, alpha)},
              {"hommel", adjusted_json(p, Correction::kHommel, alpha)},
              {"bh", adjusted_json(p, Correction::kBenjaminiHochberg, alpha)},
              {"by", adjusted_json(p, Correction::kBenjaminiYekutieli, alpha)},
              {"min_seeds_one_sided", min_blocks(comparisons, alpha, false)},
              {"min_seeds_two_sided", min_blocks(comparisons, alpha, true)}};
  out["bky"]["reject_" + fmt::format("{}", alpha)] = reject_two_stage(p, alpha);
  return out;
}

}  // namespace

void register_adjust_cases(Registry& registry) { registry["p_adjust"] = p_adjust; }

}  // namespace evensweep

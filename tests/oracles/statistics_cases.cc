// Paired tests, non-inferiority, distributions, effect sizes.

#include <algorithm>
#include <cmath>
#include <limits>

#include "sweeps/stats/distributions.h"
#include "sweeps/stats/effects.h"
#include "sweeps/stats/paired.h"
#include "sweeps/stats/ranks.h"
#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> differences(const Json& in, const char* minuend, const char* subtrahend) {
  std::vector<double> d = numbers_at(in, minuend);
  const std::vector<double> y = numbers_at(in, subtrahend);
  for (size_t i = 0; i < d.size(); ++i) d[i] -= y.at(i);
  return d;
}

Json interval_json(double low, double high) { return {number_or_null(low), number_or_null(high)}; }
Json interval_json(const Interval& interval) { return interval_json(interval.low, interval.high); }

Json sides_json(const std::optional<double>& two_sided, const std::optional<double>& greater,
                const std::optional<double>& less) {
  return {
      {"two-sided", number_or_null(two_sided)}, {"greater", number_or_null(greater)}, {"less", number_or_null(less)}};
}

Json paired_t_case(const Json& in) {
  const std::vector<double> d = differences(in, "x", "y");
  const PairedSummary both = paired_t(d, 0.05);
  const PairedSummary one = paired_t(d, 0.1);  // its limits are those of the one-sided 95 % intervals
  const StandardEffect effect = standard_effect(both);
  const auto side = [&](const std::optional<double>& p, double low, double high) {
    return Json{{"t", number_or_null(both.t)}, {"p", number_or_null(p)}, {"ci", interval_json(low, high)}};
  };
  return {{"n", both.n},
          {"df", both.n - 1},
          {"mean", both.mean},
          {"sd", both.sd},
          {"se", both.se},
          {"dz", number_or_null(effect.dz)},
          {"hedges_J", number_or_null(effect.hedges_j)},
          {"gz", number_or_null(effect.gz)},
          {"results",
           {{"two-sided", side(both.p_two_sided, both.ci_low, both.ci_high)},
            {"greater", side(both.p_greater, one.ci_low, kInfinity)},
            {"less", side(both.p_less, -kInfinity, one.ci_high)}}}};
}

Json sign_flip_case(const Json& in) {
  const std::vector<double> d = numbers_at(in, "d");
  const SignFlip flip = sign_flip(d);
  const SignTest signs = sign_test(d);
  return {{"mean", paired_t(d, 0.05).mean},
          {"p", sides_json(flip.p_two_sided, flip.p_greater, flip.p_less)},
          {"n_signs", flip.exact ? static_cast<int64_t>(std::ldexp(1.0, static_cast<int>(d.size()))) : kDrawnSignFlips},
          {"sign_test",
           {{"pos", signs.positive},
            {"neg", signs.negative},
            {"p", sides_json(signs.p_two_sided, signs.p_greater, signs.p_less)}}}};
}

// The files give the resampling p values of small samples only.
constexpr size_t kSmallSample = 16;

Json tost_case(const Json& in) {
  const std::vector<double> change = differences(in, "rebalanced", "baseline");
  const double margin = in.at("margin").get<double>();
  const NonInferiority test = non_inferiority(change, margin);
  std::vector<double> above = change;
  for (double& x : above) x += margin;
  const bool small = change.size() <= kSmallSample;
  const auto one = [](double t, const std::optional<double>& p) {
    return Json{{"t", number_or_null(t)}, {"p", number_or_null(p)}};
  };
  return {{"mean_diff", test.above_loss.mean - margin},
          {"tost_p", number_or_null(test.p_equivalent)},
          {"lower", one(test.above_loss.t, test.above_loss.p_greater)},
          {"upper", one(test.below_gain.t, test.below_gain.p_less)},
          {"ni_t", number_or_null(test.above_loss.t)},
          {"ni_p", number_or_null(test.above_loss.p_greater)},
          {"ci90", interval_json(test.ci90)},
          {"ni_wilcoxon_p", small ? Json(signed_rank(above, ZeroMethod::kDrop).exact.greater) : Json()},
          {"ni_sign_flip_p", small ? number_or_null(test.p_sign_flip) : Json()}};
}

Json ranks_json(const std::vector<double>& d, ZeroMethod zeros) {
  const SignedRank r = signed_rank(d, zeros);
  return {{"two-sided",
           {{"p_exact", r.exact.two_sided},
            {"statistic", std::min(r.rank_sum_positive, r.rank_sum_negative)},
            {"p_asym", r.normal.two_sided},
            {"p_asym_cc", r.normal_corrected.two_sided}}},
          {"greater",
           {{"p_exact", r.exact.greater},
            {"statistic", r.rank_sum_positive},
            {"p_asym", r.normal.greater},
            {"z", number_or_null(r.z)},
            {"p_asym_cc", r.normal_corrected.greater},
            {"z_cc", number_or_null(r.z_corrected)}}},
          {"less",
           {{"p_exact", r.exact.less},
            {"statistic", r.rank_sum_positive},
            {"p_asym", r.normal.less},
            {"p_asym_cc", r.normal_corrected.less}}},
          {"r_plus", r.rank_sum_positive},
          {"r_minus", r.rank_sum_negative},
          {"rank_biserial", r.rank_biserial}};
}

Json signed_rank_case(const Json& in) {
  const std::vector<double> d = numbers_at(in, "d");
  return {{"wilcox", ranks_json(d, ZeroMethod::kDrop)},
          {"pratt", ranks_json(d, ZeroMethod::kPratt)},
          {"zsplit", ranks_json(d, ZeroMethod::kSplit)}};
}

Json rank_distribution_case(const Json& in) {
  const std::vector<double> probability = signed_rank_distribution(in.at("n").get<int64_t>());
  Json cumulative = Json::array();
  double sum = 0;
  for (size_t w = 0; w < std::min<size_t>(20, probability.size()); ++w) cumulative.push_back(sum += probability[w]);
  return {{"cdf_first_20", cumulative},
          {"min_p_one_sided", probability.front()},
          {"min_p_two_sided", std::min(1.0, 2 * probability.front())}};
}

Json monte_carlo_case(const Json& in) {
  return {{"p", monte_carlo_p(in.at("exceed").get<int64_t>(), in.at("resamples").get<int64_t>())}};
}

Json effect_case(const Json& in) {
  const EffectSizes e = effect_sizes(numbers_at(in, "x"), numbers_at(in, "y"));
  return {{"cliffs_delta", e.cliffs_delta},
          {"a12", e.a12},
          {"paired_prob_superiority", e.paired_superiority},
          {"cohen_d_av", number_or_null(e.cohen_d_average)},
          {"iqm_x", e.interquartile_mean_x}};
}

Json tpr_interval_case(const Json& in) {
  const ProportionIntervals i = proportion_intervals(in.at("correct").get<int64_t>(), in.at("total").get<int64_t>(),
                                                     in.at("confidence").get<double>());
  return {{"wilson", interval_json(i.wilson)},
          {"clopper_pearson", interval_json(i.clopper_pearson)},
          {"jeffreys", interval_json(i.jeffreys)},
          {"wald", interval_json(i.wald)}};
}

void register_distributions(Registry& registry) {
  const auto number = [](const Json& in, const char* name) { return in.at(name).get<double>(); };
  registry["student_t"] = [=](const Json& in) -> Json {
    return {{"sf", student_sf(number(in, "t"), number(in, "df"))},
            {"ppf_p", number_or_null(student_quantile(number(in, "p"), number(in, "df")))}};
  };
  registry["normal"] = [=](const Json& in) -> Json {
    return {{"cdf", normal_cdf(number(in, "z"))},
            {"sf", normal_sf(number(in, "z"))},
            {"ppf_p", number_or_null(normal_quantile(number(in, "p")))}};
  };
  registry["beta_inc"] = [=](const Json& in) -> Json {
    return {{"I", beta_cdf(number(in, "x"), number(in, "a"), number(in, "b"))},
            {"ppf", beta_quantile(number(in, "x"), number(in, "a"), number(in, "b"))}};
  };
  registry["chi2_f_sf"] = [=](const Json& in) -> Json {
    return {{"chi2_sf", chi2_sf(number(in, "x"), number(in, "df"))},
            {"f_sf", f_sf(number(in, "x"), number(in, "df"), number(in, "df2"))}};
  };
}

}  // namespace

void register_statistics_cases(Registry& registry) {
  registry["paired_t"] = paired_t_case;
  registry["sign_flip_exact"] = sign_flip_case;
  registry["mc_permutation_p"] = monte_carlo_case;
  registry["noninferiority_tost"] = tost_case;
  registry["wilcoxon_signed_rank"] = signed_rank_case;
  registry["signed_rank_distribution"] = rank_distribution_case;
  registry["effect_sizes"] = effect_case;
  registry["tpr_interval"] = tpr_interval_case;
  register_distributions(registry);
}

}  // namespace evensweep

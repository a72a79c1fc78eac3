// Intervals, ratios, normality, power.

#include <cmath>

#include "sweeps/stats/bootstrap.h"
#include "sweeps/stats/intervals.h"
#include "sweeps/stats/power.h"
#include "sweeps/stats/ratio.h"
#include "sweeps/stats/shapiro.h"
#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

double number_at(const Json& in, const char* name) { return in.at(name).get<double>(); }

Json interval_json(const Interval& interval) { return {number_or_null(interval.low), number_or_null(interval.high)}; }
Json interval_json(const std::optional<Interval>& interval) { return interval ? interval_json(*interval) : Json(); }

Json hodges_lehmann_case(const Json& in) {
  const std::vector<double> d = numbers_at(in, "d");
  Json out = {{"estimate", nullptr}, {"ci", Json::object()}};
  for (const auto& [level, confidence] : {std::pair("0.9", 0.9), {"0.95", 0.95}, {"0.99", 0.99}}) {
    const std::optional<HodgesLehmann> h = hodges_lehmann(d, 1 - confidence);
    if (!h) continue;
    out["estimate"] = h->estimate;
    out["ci"][level] = {{"ci", interval_json(h->interval)},
                        {"achieved", h->confidence},
                        {"requested_reached", h->confidence >= confidence},
                        {"index", h->index}};
  }
  return out;
}

Json sign_flip_interval_case(const Json& in) {
  const std::vector<double> d = numbers_at(in, "d");
  Json out;
  for (const auto& [level, confidence] : {std::pair("0.8", 0.8), {"0.9", 0.9}, {"0.95", 0.95}, {"0.99", 0.99}})
    out[level] = interval_json(sign_flip_interval(d, 1 - confidence));
  return out;
}

Statistic statistic_at(const Json& in) { return in.at("statistic") == "median" ? sample_median : sample_mean; }

Json bca_case(const Json& in) {
  const auto b = bootstrap_intervals(numbers_at(in, "d"), statistic_at(in), numbers_at(in, "replicates"),
                                     1 - number_at(in, "confidence"));
  if (!b) return {{"bca", nullptr}, {"percentile", nullptr}, {"basic", nullptr}, {"se", nullptr}};
  return {{"bca", b->bca ? interval_json(b->bca->interval) : Json()},
          {"percentile", interval_json(b->percentile)},
          {"basic", interval_json(b->basic)},
          {"se", b->se},
          {"z0", number_or_null(b->z0)},
          {"acceleration", number_or_null(b->acceleration)},
          {"alpha", b->bca ? interval_json(b->bca->level) : Json()}};
}

Json bca_drawn_case(const Json& in) {
  const auto b = bootstrap(numbers_at(in, "d"), statistic_at(in), 1 - number_at(in, "confidence"));
  return {{"ci", b && b->bca ? interval_json(b->bca->interval) : Json()}, {"se", b ? Json(b->se) : Json()}};
}

Json ratio_case(const Json& in) {
  const auto r =
      spread_ratio(numbers_at(in, "var_baseline"), numbers_at(in, "var_rebalanced"), 1 - number_at(in, "confidence"));
  if (!r) return {{"ratio_of_means", nullptr}, {"fieller_ci", nullptr}};
  return {{"ratio_of_means", number_or_null(r->of_means)},
          {"fieller_ci", interval_json(r->fieller)},
          {"geo_mean_ratio", number_or_null(r->geometric_mean)},
          {"geo_ci", interval_json(r->geometric_interval)},
          {"log_ratio_t", r->log_ratio ? number_or_null(r->log_ratio->t) : Json()},
          {"log_ratio_p", r->log_ratio ? number_or_null(r->log_ratio->p_two_sided) : Json()}};
}

Json shapiro_case(const Json& in) {
  const std::optional<ShapiroWilk> test = shapiro_wilk(numbers_at(in, "x"));
  return {{"W", test ? Json(test->w) : Json()}, {"p", test ? Json(test->p) : Json()}};
}

Json power_case(const Json& in) {
  const auto n = in.at("n").get<int64_t>();
  const double dz = number_at(in, "dz"), alpha = number_at(in, "alpha");
  const std::optional<int64_t> seeds = seeds_for_power(dz, 0.8, {alpha, false});
  return {{"power_one_sided", number_or_null(t_power(n, dz, {alpha, false}))},
          {"power_two_sided", number_or_null(t_power(n, dz, {alpha, true}))},
          {"n_for_80_one_sided", seeds ? Json(*seeds) : Json()},
          {"mde_dz_80_one_sided", number_or_null(detectable_effect(n, 0.8, {alpha, false}))}};
}

Json noether_case(const Json& in) {
  const double pairs = noether_pairs(number_at(in, "gamma"), number_at(in, "alpha"), number_at(in, "beta"));
  return {{"n_real", number_or_null(pairs)}, {"n", number_or_null(std::ceil(pairs))}};
}

}  // namespace

void register_interval_cases(Registry& registry) {
  registry["hodges_lehmann"] = hodges_lehmann_case;
  registry["sign_flip_ci"] = sign_flip_interval_case;
  registry["bca_from_replicates"] = bca_case;
  registry["bca_monte_carlo"] = bca_drawn_case;
  registry["ratio_fieller"] = ratio_case;
  registry["shapiro_wilk"] = shapiro_case;
  registry["power_paired_t"] = power_case;
  registry["noether_n"] = noether_case;
}

}  // namespace evensweep

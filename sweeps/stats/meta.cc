#include "sweeps/stats/meta.h"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>

#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

using Studies = std::span<const StudyEffect>;

bool usable(const StudyEffect& study) {
  return std::isfinite(study.effect) && std::isfinite(study.variance) && study.variance > 0;
}

// The studies weighted by 1/(v_i + tau2).
struct Weighted {
  double weight = 0, squared_weight = 0;  // sums of w and w^2
  double mean = 0;
  double q = 0;  // sum w (y - mean)^2
};

Weighted weighted(Studies studies, double tau2) {
  Weighted sum;
  for (const StudyEffect& study : studies) {
    const double w = 1 / (study.variance + tau2);
    sum.weight += w;
    sum.squared_weight += w * w;
    sum.mean += w * study.effect;
  }
  sum.mean /= sum.weight;
  for (const StudyEffect& study : studies) {
    sum.q += (study.effect - sum.mean) * (study.effect - sum.mean) / (study.variance + tau2);
  }
  return sum;
}

double degrees_of_freedom(Studies studies) { return static_cast<double>(studies.size() - 1); }

double dersimonian_laird(Studies studies, const Weighted& fixed) {
  return std::max(0.0, (fixed.q - degrees_of_freedom(studies)) / (fixed.weight - fixed.squared_weight / fixed.weight));
}

// Q falls as tau2 rises. With every v_i set to 0 it is no more than sum (y - mean)^2 / tau2, which bounds the root.
double paule_mandel(Studies studies, const Weighted& fixed) {
  const double df = degrees_of_freedom(studies);
  if (fixed.q <= df) return 0;
  const auto excess = [&](double tau2) { return weighted(studies, tau2).q - df; };
  double squares = 0;
  for (const StudyEffect& study : studies) squares += (study.effect - fixed.mean) * (study.effect - fixed.mean);
  std::uintmax_t steps = 200;
  const auto [low, high] = boost::math::tools::toms748_solve(excess, 0.0, squares / df,
                                                             boost::math::tools::eps_tolerance<double>(50), steps);
  return (low + high) / 2;
}

void set_intervals(double alpha, MetaAnalysis& result) {
  const auto k = static_cast<double>(result.studies);
  const double reach = student_quantile(1 - alpha / 2, k - 1) * result.se;
  result.interval = {result.mean - reach, result.mean + reach};
  const double further = student_quantile(1 - alpha / 2, k - 2) * std::sqrt(result.tau2 + result.se * result.se);
  result.prediction = {result.mean - further, result.mean + further};
}

}  // namespace

MetaAnalysis random_effects(std::span<const StudyEffect> studies, double alpha, BetweenVariance between) {
  MetaAnalysis result;
  result.studies = static_cast<int64_t>(studies.size());
  if (result.studies < 3) return result;
  result.status = MetaStatus::kNotUsable;
  if (!std::all_of(studies.begin(), studies.end(), usable)) return result;
  const double df = degrees_of_freedom(studies);
  const Weighted fixed = weighted(studies, 0);
  if (!std::isfinite(fixed.q) || !std::isfinite(fixed.squared_weight)) return result;
  result.status = MetaStatus::kOk;
  result.q = fixed.q;
  result.p_q = chi2_sf(fixed.q, df);
  result.i2 = fixed.q > df ? 1 - df / fixed.q : 0;
  result.tau2 =
      between == BetweenVariance::kPauleMandel ? paule_mandel(studies, fixed) : dersimonian_laird(studies, fixed);
  const Weighted random = weighted(studies, result.tau2);
  result.mean = random.mean;
  result.se = std::sqrt(random.q / df / random.weight);
  result.t = result.mean == 0 ? 0 : result.mean / result.se;
  result.p = std::min(1.0, 2 * student_sf(std::abs(result.t), df));
  set_intervals(alpha, result);
  return result;
}

}  // namespace evensweep

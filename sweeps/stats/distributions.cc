#include "sweeps/stats/distributions.h"

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/policies/policy.hpp>
#include <cmath>

namespace evensweep {
namespace {

namespace policies = boost::math::policies;
// Errors as NaN and infinities, not as exceptions.
using Quiet =
    policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                     policies::overflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>>;
using Normal = boost::math::normal_distribution<double, Quiet>;
using StudentT = boost::math::students_t_distribution<double, Quiet>;
using NoncentralT = boost::math::non_central_t_distribution<double, Quiet>;
using ChiSquared = boost::math::chi_squared_distribution<double, Quiet>;
using FisherF = boost::math::fisher_f_distribution<double, Quiet>;
using Beta = boost::math::beta_distribution<double, Quiet>;
using Binomial = boost::math::binomial_distribution<double, Quiet>;
using boost::math::complement;

// Boost's series counts up to shift^2 / 2 in an int. Beyond, Z is too small beside the shift to matter.
constexpr double kMostShift = 30'000;

}  // namespace

double normal_cdf(double z) { return boost::math::cdf(Normal(), z); }
double normal_sf(double z) { return boost::math::cdf(complement(Normal(), z)); }
double normal_quantile(double p) { return boost::math::quantile(Normal(), p); }
double student_sf(double t, double df) {
  if (std::isinf(t)) return t > 0 ? 0 : 1;
  return boost::math::cdf(complement(StudentT(df), t));
}
double student_quantile(double p, double df) { return boost::math::quantile(StudentT(df), p); }
double noncentral_t_sf(double t, double df, double shift) {
  if (std::isinf(shift)) return shift > 0 ? 1 : 0;
  if (std::abs(shift) <= kMostShift) return boost::math::cdf(complement(NoncentralT(df, shift), t));
  if ((t > 0) != (shift > 0)) return shift > 0 ? 1 : 0;
  const double nearer_zero = chi2_sf(df * (shift / t) * (shift / t), df);
  return shift > 0 ? 1 - nearer_zero : nearer_zero;
}
double chi2_sf(double x, double df) {
  if (std::isinf(x)) return x > 0 ? 0 : 1;
  return boost::math::cdf(complement(ChiSquared(df), x));
}
double chi2_quantile(double p, double df) { return boost::math::quantile(ChiSquared(df), p); }
double f_sf(double x, double df1, double df2) { return boost::math::cdf(complement(FisherF(df1, df2), x)); }
double beta_cdf(double x, double a, double b) { return boost::math::cdf(Beta(a, b), x); }
double beta_quantile(double p, double a, double b) { return boost::math::quantile(Beta(a, b), p); }
double coin_cdf(double k, double n) { return k < 0 ? 0 : boost::math::cdf(Binomial(n, 0.5), k); }
double coin_sf(double k, double n) { return k <= 0 ? 1 : boost::math::cdf(complement(Binomial(n, 0.5), k - 1)); }

}  // namespace evensweep

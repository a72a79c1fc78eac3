#pragma once
// Tail probabilities and quantiles by Boost.Math, total functions: infinite arguments have their limits, an argument
// outside the domain gives NaN.

namespace evensweep {

double normal_cdf(double z);
double normal_sf(double z);
double normal_quantile(double p);
double student_sf(double t, double df);  // P(T > t)
double student_quantile(double p, double df);
double noncentral_t_sf(double t, double df, double shift);  // P(T > t), T = (Z + shift) / sqrt(chi2_df / df)
double chi2_sf(double x, double df);
double chi2_quantile(double p, double df);
double f_sf(double x, double df1, double df2);
double beta_cdf(double x, double a, double b);
double beta_quantile(double p, double a, double b);
// P(X <= k) and P(X >= k) of the binomial distribution with n trials of probability 1/2.
double coin_cdf(double k, double n);
double coin_sf(double k, double n);

}  // namespace evensweep

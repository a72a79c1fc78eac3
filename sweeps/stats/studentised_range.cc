#include "sweeps/stats/studentised_range.h"

#include <algorithm>
#include <boost/math/constants/constants.hpp>
#include <boost/math/quadrature/trapezoidal.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

#include "sweeps/stats/distributions.h"

namespace evensweep {
namespace {

using boost::math::constants::one_div_root_two_pi;
using boost::math::constants::root_two;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kReach = 9;  // beyond it the normal density is below 1e-18

}  // namespace

double studentised_range_sf(double q, int64_t k) {
  if (k < 2 || std::isnan(q)) return kNaN;
  if (q <= 0) return 1;
  if (std::isinf(q)) return 0;
  // One of the k is the largest, at x; not all of the others lie within q below it. The difference of two powers of
  // nearly the same number is written so that a small tail keeps its digits.
  const auto others = static_cast<double>(k - 1);
  const auto at = [&](double x) {
    const double below = normal_cdf(x), far_below = normal_cdf(x - q);
    const double some_far = -std::expm1(others * std::log1p(-far_below / below));
    return one_div_root_two_pi<double>() * std::exp(-x * x / 2) * std::pow(below, others) * some_far;
  };
  // For a smooth function that vanishes at both ends each halving of the trapezoidal rule's step doubles the digits:
  // the last change is far above the error that is left.
  const double all = boost::math::quadrature::trapezoidal(at, -kReach, kReach + q / 2, 1e-9);
  return std::min(1.0, static_cast<double>(k) * all);
}

double studentised_range_upper(double tail, int64_t k) {
  if (k < 2 || !(tail > 0 && tail < 1)) return kNaN;
  // No more than the sum over all pairs, each of which differs by a normal number with variance 2.
  const double pairs = static_cast<double>(k) * static_cast<double>(k - 1);
  const double bound = root_two<double>() * -normal_quantile(tail / pairs);
  const auto excess = [&](double q) { return studentised_range_sf(q, k) - tail; };
  std::uintmax_t steps = 100;
  const auto [low, high] = boost::math::tools::toms748_solve(excess, 0.0, bound + 1e-6,
                                                             boost::math::tools::eps_tolerance<double>(48), steps);
  return (low + high) / 2;
}

}  // namespace evensweep

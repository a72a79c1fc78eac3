#include "sweeps/stats/e_process.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace evensweep {
namespace {

bool is_positive(double x) { return x > 0 && std::isfinite(x); }

// ln(2 / (1 + exp(-2 x))) without overflow.
double log_payoff(double x) {
  const double rest = std::log1p(std::exp(-2 * std::abs(x)));
  return std::numbers::ln2 - rest + (x < 0 ? 2 * x : 0);
}

double log_mean_exp(const std::vector<double>& logs) {
  const double most = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (double x : logs) sum += std::exp(x - most);
  return most + std::log(sum / static_cast<double>(logs.size()));
}

}  // namespace

std::optional<EProcess> e_process_symmetry(std::span<const double> d, double scale, std::span<const double> bets) {
  if (!is_positive(scale) || bets.empty() || !std::all_of(bets.begin(), bets.end(), is_positive)) return std::nullopt;
  if (!std::all_of(d.begin(), d.end(), [](double x) { return std::isfinite(x); })) return std::nullopt;
  EProcess process;
  process.log_e_of_bet.assign(bets.size(), 0);
  double largest = 0;  // ln 1: before the first block
  for (double x : d) {
    for (size_t b = 0; b < bets.size(); ++b) process.log_e_of_bet[b] += log_payoff(bets[b] * (x / scale));
    const double log_e = log_mean_exp(process.log_e_of_bet);
    largest = std::max(largest, log_e);
    process.e.push_back(std::exp(log_e));
    process.p_anytime.push_back(std::exp(-largest));
  }
  return process;
}

}  // namespace evensweep

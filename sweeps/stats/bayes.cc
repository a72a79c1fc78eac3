#include "sweeps/stats/bayes.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "common/base/rng.h"
#include "sweeps/stats/distributions.h"
#include "sweeps/stats/paired.h"

namespace evensweep {
namespace {

bool usable(std::span<const double> d, double rope) {
  return rope >= 0 && std::all_of(d.begin(), d.end(), [](double x) { return std::isfinite(x); });
}

// Mass on either side of the region; the rest lies within.
struct Mass {
  double below = 0, above = 0, all = 0;
};

// Counts the region with the most mass as the one that this draw speaks for; both sides alike share it.
void count(const Mass& mass, Posterior& share) {
  const double within = mass.all - mass.below - mass.above, side = std::max(mass.below, mass.above);
  if (within > side) {
    ++share.rope;
  } else if (mass.below == mass.above) {
    share.worse += 0.5;
    share.better += 0.5;
  } else {
    ++(mass.below > mass.above ? share.worse : share.better);
  }
}

Posterior shares(Posterior counts) {
  const double draws = counts.worse + counts.rope + counts.better;
  return {counts.worse / draws, counts.rope / draws, counts.better / draws};
}

// For each of the sorted values, how many partners make a sum below -2 rope, and how many one of at most 2 rope. Sums
// on the edge count half.
struct Partners {
  std::vector<size_t> below, below_or_at, within, within_or_at;
};

Partners find_partners(const std::vector<double>& sorted, double rope) {
  Partners partners;
  for (double value : sorted) {
    const auto first = [&](auto stays) {
      return static_cast<size_t>(std::partition_point(sorted.begin(), sorted.end(), stays) - sorted.begin());
    };
    partners.below.push_back(first([&](double other) { return value + other < -2 * rope; }));
    partners.below_or_at.push_back(first([&](double other) { return value + other <= -2 * rope; }));
    partners.within.push_back(first([&](double other) { return value + other < 2 * rope; }));
    partners.within_or_at.push_back(first([&](double other) { return value + other <= 2 * rope; }));
  }
  return partners;
}

// The mass of the pairs whose sum lies outside the region; `upto[i]` is the weight of the i smallest values.
Mass pair_mass(const Partners& partners, const std::vector<double>& weights, const std::vector<double>& upto) {
  Mass mass;
  for (size_t i = 0; i < weights.size(); ++i) {
    mass.below += weights[i] * (upto[partners.below[i]] + upto[partners.below_or_at[i]]) / 2;
    mass.above += weights[i] * (upto.back() - (upto[partners.within[i]] + upto[partners.within_or_at[i]]) / 2);
  }
  mass.all = upto.back() * upto.back();
  return mass;
}

// Draws of the gamma distribution of shape 1 and 1/2. Such weights over their sum are a Dirichlet draw.
double whole_weight(Rng& rng) { return -std::log(1 - rng.uniform()); }
double half_weight(Rng& rng) {
  const double turn = std::cos(2 * std::numbers::pi * rng.uniform());
  return whole_weight(rng) * turn * turn;  // half the square of a normal number (Box and Muller 1958)
}

class Draws {
 public:
  Draws(std::span<const double> d, double rope) : values_(d.begin(), d.end()), rope_(rope) {
    values_.push_back(0);  // where the prior lies
    std::sort(values_.begin(), values_.end());
    prior_ = static_cast<size_t>(std::find(values_.begin(), values_.end(), 0.0) - values_.begin());
    partners_ = find_partners(values_, rope);
    weights_.resize(values_.size());
    upto_.resize(values_.size() + 1);
  }

  void draw(Rng& rng) {
    for (double& weight : weights_) weight = whole_weight(rng);
    count(single_mass(), sign_);
    weights_[prior_] = half_weight(rng);
    for (size_t i = 0; i < weights_.size(); ++i) upto_[i + 1] = upto_[i] + weights_[i];
    count(pair_mass(partners_, weights_, upto_), signed_rank_);
  }

  DrawnPosterior result() const { return {shares(sign_), shares(signed_rank_)}; }

 private:
  Mass single_mass() const {
    Mass mass;
    for (size_t i = 0; i < values_.size(); ++i) {
      mass.below += values_[i] < -rope_ ? weights_[i] : 0;
      mass.above += values_[i] > rope_ ? weights_[i] : 0;
      mass.all += weights_[i];
    }
    return mass;
  }

  std::vector<double> values_, weights_, upto_;
  double rope_;
  size_t prior_ = 0;
  Partners partners_;
  Posterior sign_, signed_rank_;
};

Posterior certain(double mean, double rope) {
  return {mean < -rope ? 1.0 : 0.0, std::abs(mean) <= rope ? 1.0 : 0.0, mean > rope ? 1.0 : 0.0};
}

}  // namespace

std::optional<Posterior> bayes_t(std::span<const double> d, double rope, double rho) {
  if (d.size() < 2 || !usable(d, rope) || !(rho >= 0 && rho < 1)) return std::nullopt;
  const PairedSummary summary = paired_t(d, 0.05);
  if (summary.status != PairedStatus::kOk) return certain(summary.mean, rope);
  const auto n = static_cast<double>(d.size());
  const double scale = summary.sd * std::sqrt(1 / n + rho / (1 - rho));
  Posterior posterior;
  posterior.worse = student_sf((summary.mean + rope) / scale, n - 1);
  posterior.better = student_sf((rope - summary.mean) / scale, n - 1);
  posterior.rope = std::max(0.0, 1 - posterior.worse - posterior.better);
  return posterior;
}

std::optional<DrawnPosterior> bayes_signed_rank(std::span<const double> d, double rope, uint64_t seed, int64_t count) {
  if (d.empty() || !usable(d, rope)) return std::nullopt;
  Rng rng(seed, "bayes signed rank");
  Draws draws(d, rope);
  for (int64_t draw = 0; draw < count; ++draw) draws.draw(rng);
  return draws.result();
}

}  // namespace evensweep

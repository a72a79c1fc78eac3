#include "sweeps/stats/sequential.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "common/base/rng.h"
#include "sweeps/stats/distributions.h"
#include "sweeps/stats/paired.h"

namespace evensweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRelativeZero = 1e-12;

bool is_usable(std::span<const double> d, const SequentialPlan& plan) {
  if (plan.looks.empty() || plan.looks.front() < 1 || std::isnan(alpha_spent(plan.spending, plan.alpha, 1, plan.gamma)))
    return false;
  if (!plan.shares.empty() && plan.shares.size() != plan.looks.size()) return false;
  for (size_t k = 1; k < plan.looks.size(); ++k)
    if (plan.looks[k] <= plan.looks[k - 1]) return false;
  return std::all_of(d.begin(), d.end(), [](double x) { return std::isfinite(x); });
}

// Sums of the first blocks under the sign vectors that have crossed no boundary yet. The first vector is the one seen.
class SignVectors {
 public:
  // All 2^blocks of them, or drawn ones.
  SignVectors(std::optional<size_t> all_of, uint64_t seed) : all_(all_of.has_value()), seed_(seed) {
    const size_t count = all_ ? size_t{1} << *all_of : static_cast<size_t>(kDrawnSignFlips + 1);
    for (size_t v = 0; v < count; ++v) alive_.push_back({v, 0});
    total_ = count;
  }
  size_t total() const { return total_; }
  size_t crossed() const { return total_ - alive_.size(); }

  void add_block(size_t block, double x) {
    // A stream for each block: what is drawn for it doesn't depend on how many blocks there are.
    Rng rng(seed_, "sequential", {block});
    uint64_t bits = 0;
    size_t next = 0;
    for (Vector& vector : alive_) {
      if (all_) {
        bits = vector.number >> block;
      } else {
        for (; next <= vector.number; ++next) bits = next % 64 == 0 ? rng() : bits >> 1;
      }
      vector.sum += (bits & 1) != 0 && vector.number > 0 ? -x : x;
    }
  }

  // The smallest attained sum that at most `most` vectors reach, those that have crossed before included.
  double boundary(size_t most, double tolerance) const {
    if (most <= crossed()) return kInfinity;
    std::vector<double> sums;
    sums.reserve(alive_.size());
    for (const Vector& vector : alive_) sums.push_back(vector.sum);
    // Only the largest matter, and the first one that is too many.
    const size_t top = std::min(sums.size(), most - crossed() + 1);
    const auto end_of_top = sums.begin() + static_cast<std::ptrdiff_t>(top);
    std::partial_sort(sums.begin(), end_of_top, sums.end(), std::greater<>());
    sums.resize(top);
    double boundary = kInfinity;
    for (size_t first = 0; first < sums.size();) {
      size_t end = first;
      while (end < sums.size() && sums[end] >= sums[first] - tolerance) ++end;  // those count as equal
      if (crossed() + end > most) break;
      boundary = sums[end - 1];
      first = end;
    }
    return boundary;
  }
  size_t reaching(double bound) const {
    return static_cast<size_t>(std::ranges::count_if(alive_, [=](const Vector& v) { return v.sum >= bound; }));
  }
  void drop_from(double bound) {
    std::erase_if(alive_, [=](const Vector& vector) { return vector.sum >= bound; });
  }

 private:
  struct Vector {
    size_t number;
    double sum;
  };
  bool all_;
  uint64_t seed_;
  size_t total_ = 0;
  std::vector<Vector> alive_;
};

double sum_of_sizes(std::span<const double> d) {
  double sum = 0;
  for (double x : d) sum += std::abs(x);
  return sum;
}

}  // namespace

double alpha_spent(Spending spending, double alpha, double t, double gamma) {
  if (!(alpha > 0 && alpha < 1) || !std::isfinite(gamma) || std::isnan(t))
    return std::numeric_limits<double>::quiet_NaN();
  if (t <= 0) return 0;
  t = std::min(t, 1.0);
  switch (spending) {
    case Spending::kObrienFleming: return 2 * normal_sf(normal_quantile(1 - alpha / 2) / std::sqrt(t));
    case Spending::kPocock: return alpha * std::log1p((std::numbers::e - 1) * t);
    case Spending::kHwangShihDeCani:
      return gamma == 0 ? alpha * t : alpha * std::expm1(-gamma * t) / std::expm1(-gamma);
  }
  return alpha;
}

std::optional<SequentialTest> sequential_sign_flip(std::span<const double> d, const SequentialPlan& plan) {
  if (!is_usable(d, plan)) return std::nullopt;
  const int64_t planned = plan.looks.back();
  SequentialTest test;
  test.exact = planned <= kExactSequential;
  for (size_t k = 0; k < plan.looks.size(); ++k) {
    const double even = static_cast<double>(plan.looks[k]) / static_cast<double>(planned);
    const double share = plan.shares.empty() ? even : plan.shares[k];
    test.alpha_spent.push_back(alpha_spent(plan.spending, plan.alpha, share, plan.gamma));
  }
  const size_t blocks = std::min(d.size(), static_cast<size_t>(planned));
  SignVectors vectors(test.exact ? std::optional(blocks) : std::nullopt, plan.seed);
  size_t block = 0;
  double seen = 0;
  for (size_t k = 0; k < plan.looks.size() && static_cast<size_t>(plan.looks[k]) <= blocks; ++k) {
    for (; block < static_cast<size_t>(plan.looks[k]); ++block) {
      vectors.add_block(block, d[block]);
      seen += d[block];
    }
    const double tolerance = kRelativeZero * sum_of_sizes(d.first(block));
    const double allowed = test.alpha_spent[k] * static_cast<double>(vectors.total()) * (1 + kRelativeZero);
    const double boundary = vectors.boundary(static_cast<size_t>(allowed), tolerance);
    test.boundaries.push_back(boundary);
    test.p.push_back(static_cast<double>(vectors.crossed() + vectors.reaching(seen - tolerance)) /
                     static_cast<double>(vectors.total()));
    if (!test.rejected_at && seen >= boundary - tolerance) test.rejected_at = static_cast<int64_t>(k) + 1;
    vectors.drop_from(boundary - tolerance);
  }
  return test;
}

}  // namespace evensweep

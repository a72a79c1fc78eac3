#include "sweeps/stats/max_t.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sweeps/stats/flipped_sums.h"

namespace evensweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRelativeZero = 1e-12;

// An arm that is tested. Its differences are scaled so that their sum is the statistic, or grows with it:
// t = sqrt(n - 1) x / sqrt(1 - x^2) with x = sum d / sqrt(n sum d^2), and flips leave sum d^2 alone.
struct Member {
  size_t place = 0;  // among all arms
  std::vector<double> x;
  double sum = 0, reach = 0;  // of x and of its sizes, the most that flips could make of it; two-sided: sum's size
};

// What an arm's differences are multiplied by. Squares are taken of numbers of size 1: they can't overflow.
double scale_of(const std::vector<double>& d, bool studentised) {
  const auto n = static_cast<double>(d.size());
  if (!studentised) return 1 / n;
  double most = 0, squares = 0;
  for (double x : d) most = std::max(most, std::abs(x));
  if (most == 0) return 1;
  for (double x : d) squares += (x / most) * (x / most);
  return 1 / most / std::sqrt(n * squares);
}

Member make_member(size_t place, const std::vector<double>& d, const MaxTOptions& options) {
  Member member{place, d};
  const double scale = scale_of(d, options.studentised) * (options.side == Side::kLess ? -1 : 1);
  for (double& x : member.x) {
    x *= scale;
    member.sum += x;
    member.reach += std::abs(x);
  }
  if (options.side == Side::kTwoSided) member.sum = std::abs(member.sum);
  return member;
}

// The arms that can be tested, the weakest first.
std::vector<Member> make_members(const FamilyDifferences& arms, const MaxTOptions& options) {
  size_t blocks = 1;
  for (const auto& d : arms) blocks = std::max(blocks, d.size());
  std::vector<Member> members;
  for (size_t a = 0; a < arms.size(); ++a) {
    const bool finite = std::all_of(arms[a].begin(), arms[a].end(), [](double x) { return std::isfinite(x); });
    if (finite && arms[a].size() == blocks) members.push_back(make_member(a, arms[a], options));
  }
  std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.sum < b.sum; });
  return members;
}

FlipFamily make_family(const std::vector<Member>& members) {
  FlipFamily family{.blocks = members.empty() ? 0 : members.front().x.size(), .arms = members.size(), .numbers = {}};
  family.numbers.resize(family.blocks * family.arms);
  for (size_t a = 0; a < members.size(); ++a)
    for (size_t i = 0; i < family.blocks; ++i) family.numbers[i * family.arms + a] = members[a].x[i];
  return family;
}

FlipOptions flip_options(Side side, uint64_t seed) {
  return {.sum = side == Side::kTwoSided ? SumOf::kSize : SumOf::kSigned, .seed = seed};
}

// Mean and standard error, which is 0 where the differences agree up to rounding or one is all there is.
struct Spread {
  double mean = 0, se = 0;
};

Spread spread_of(const std::vector<double>& d) {
  const auto n = static_cast<double>(d.size());
  double sum = 0, most = 0, squares = 0;
  for (double x : d) sum += x, most = std::max(most, std::abs(x));
  for (double x : d) squares += (x - sum / n) * (x - sum / n);
  const double sd = d.size() < 2 ? 0 : std::sqrt(squares / (n - 1));
  return {sum / n, sd <= kRelativeZero * most ? 0 : sd / std::sqrt(n)};
}

double statistic_of(const std::vector<double>& d, const MaxTOptions& options) {
  const Spread spread = spread_of(d);
  double value = spread.mean;
  if (options.studentised) {
    const double infinite = value > 0 ? kInfinity : value < 0 ? -kInfinity : 0;
    value = spread.se > 0 ? value / spread.se : infinite;
  }
  return options.side == Side::kTwoSided ? std::abs(value) : value;
}

double p_alone(const std::vector<double>& d, Side side, uint64_t seed) {
  const SignFlip flips = sign_flip(d, seed);
  return *(side == Side::kGreater ? flips.p_greater : side == Side::kLess ? flips.p_less : flips.p_two_sided);
}

// What a sum must reach to count as at least as large as each member's.
std::vector<double> bounds_of(const std::vector<Member>& members) {
  double reach = 0;
  for (const Member& member : members) reach = std::max(reach, member.reach);
  std::vector<double> bounds;
  for (const Member& member : members) bounds.push_back(member.sum - kRelativeZero * reach);
  return bounds;
}

// The differences from their mean; without scatter zeros, not what rounding leaves.
std::vector<double> centred(const std::vector<double>& d) {
  const Spread spread = spread_of(d);
  std::vector<double> rest(d);
  for (double& x : rest) x = spread.se == 0 && std::isfinite(x) ? 0 : x - spread.mean;
  return rest;
}

// The share of a single sign vector; of two, where a vector and its negative are alike.
double least_share(size_t blocks, Side side) {
  if (blocks > static_cast<size_t>(kExactMaxT)) return 1 / static_cast<double>(kDrawnSignFlips + 1);
  return std::ldexp(1.0, (side == Side::kTwoSided ? 1 : 0) - static_cast<int>(blocks));
}

double t_from_sum(double x, size_t n) {
  const double rest = 1 - x * x;
  if (rest <= kRelativeZero) return kInfinity;
  return std::sqrt(static_cast<double>(n) - 1) * x / std::sqrt(rest);
}

}  // namespace

std::vector<std::optional<MaxTArm>> max_t_sign_flip(const FamilyDifferences& arms, const MaxTOptions& options) {
  const std::vector<Member> members = make_members(arms, options);
  const ReachCounts counts =
      count_reaching(make_family(members), bounds_of(members), flip_options(options.side, options.seed));

  std::vector<std::optional<MaxTArm>> result(arms.size());
  double single_step = 0, step_down = 0;
  for (size_t m = members.size(); m-- > 0;) {
    const std::vector<double>& d = arms[members[m].place];
    const double alone = p_alone(d, options.side, options.seed);
    const auto in_family = [&](int64_t count) {
      const double share = static_cast<double>(count) / static_cast<double>(counts.vectors);
      return std::min(1.0, std::max(share, alone) + static_cast<double>(options.untested) * alone);
    };
    single_step = std::max(single_step, in_family(counts.any[m]));
    step_down = std::max(step_down, in_family(counts.up_to[m]));
    result[members[m].place] = MaxTArm{statistic_of(d, options), alone, single_step, step_down};
  }
  return result;
}

std::vector<std::optional<Interval>> simultaneous_intervals(const FamilyDifferences& arms, double alpha, Side side,
                                                            uint64_t seed) {
  FamilyDifferences rest;
  for (const auto& d : arms) rest.push_back(centred(d));
  const std::vector<Member> members = make_members(rest, {.side = side});
  const size_t n = members.empty() ? 0 : members.front().x.size();
  const bool resolved = !members.empty() && least_share(n, side) <= alpha;
  const double x = resolved ? quantile_of_largest(make_family(members), alpha, flip_options(side, seed)) : 1;
  const double q = t_from_sum(x, n);
  std::vector<std::optional<Interval>> result(arms.size());
  for (const Member& member : members) {
    const Spread spread = spread_of(arms[member.place]);
    const double reach = std::isfinite(q) ? q * spread.se : kInfinity;
    result[member.place] = Interval{side == Side::kLess ? -kInfinity : spread.mean - reach,
                                    side == Side::kGreater ? kInfinity : spread.mean + reach};
  }
  return result;
}

}  // namespace evensweep

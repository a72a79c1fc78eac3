#include "sweeps/stats/max_t.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "common/base/rng.h"

namespace evensweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRelativeZero = 1e-12;

// Sign vectors are worked on 32 at a time, in loops of fixed length that compilers turn into vector instructions.
constexpr size_t kLaneRows = 5;
constexpr size_t kLanes = size_t{1} << kLaneRows;
using Lanes = std::array<double, kLanes>;
static_assert((kDrawnSignFlips + 1) % kLanes == 0);

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

// Block by block the scaled differences of all members beside each other.
struct Family {
  size_t blocks = 0, arms = 0;
  std::vector<double> numbers;
};

Family make_family(const std::vector<Member>& members) {
  Family family;
  family.arms = members.size();
  // Blocks of zeros change no share, and fill the lanes.
  family.blocks = std::max(members.empty() ? 0 : members.front().x.size(), kLaneRows + 1);
  family.numbers.assign(family.blocks * family.arms, 0);
  for (size_t a = 0; a < members.size(); ++a)
    for (size_t i = 0; i < members[a].x.size(); ++i) family.numbers[i * family.arms + a] = members[a].x[i];
  return family;
}

bool bit(uint64_t bits, size_t place) { return ((bits >> place) & 1) != 0; }

// The sums of each arm over all sign vectors, lanes by lanes: visit.arm(a, sums) for each arm, then visit.end(). The
// last block keeps its sign; the other half of the vectors are the negatives of these.
template <typename Visit>
void flip_all(const Family& family, Visit& visit) {
  std::vector<Lanes> low(family.arms);
  for (size_t a = 0; a < family.arms; ++a) {
    for (size_t j = 0; j < kLanes; ++j) {
      low[a][j] = 0;
      for (size_t i = 0; i < kLaneRows; ++i) {
        const double x = family.numbers[i * family.arms + a];
        low[a][j] += bit(j, i) ? -x : x;
      }
    }
  }
  std::vector<double> high(family.arms);
  const size_t last = family.blocks - 1;
  for (uint64_t signs = 0; signs < uint64_t{1} << (last - kLaneRows); ++signs) {
    std::copy_n(&family.numbers[last * family.arms], family.arms, high.begin());
    for (size_t i = kLaneRows; i < last; ++i) {
      const double sign = bit(signs, i - kLaneRows) ? -1 : 1;
      for (size_t a = 0; a < family.arms; ++a) high[a] += sign * family.numbers[i * family.arms + a];
    }
    for (size_t a = 0; a < family.arms; ++a) {
      Lanes sums;
      for (size_t j = 0; j < kLanes; ++j) sums[j] = low[a][j] + high[a];
      visit.arm(a, sums);
    }
    visit.end();
  }
}

// The same over drawn sign vectors. The first one of all flips nothing: counting it is the +1 rule.
template <typename Visit>
void flip_some(const Family& family, uint64_t seed, Visit& visit) {
  Rng rng(seed, "max t");
  std::vector<Lanes> signs(family.blocks);
  for (int64_t drawn = 0; drawn <= kDrawnSignFlips; drawn += kLanes) {
    for (Lanes& row : signs) {
      const uint64_t bits = rng();
      for (size_t j = 0; j < kLanes; ++j) row[j] = bit(bits, j) && drawn + static_cast<int64_t>(j) > 0 ? -1 : 1;
    }
    for (size_t a = 0; a < family.arms; ++a) {
      Lanes sums{};
      for (size_t i = 0; i < family.blocks; ++i) {
        const double x = family.numbers[i * family.arms + a];
        for (size_t j = 0; j < kLanes; ++j) sums[j] += signs[i][j] * x;
      }
      visit.arm(a, sums);
    }
    visit.end();
  }
}

// The largest sum over the arms so far, for each sign vector and, where `mirrored`, for its negative.
class Largest {
 public:
  Largest(Side side, bool mirrored) : sizes_(side == Side::kTwoSided), count_(mirrored && !sizes_ ? 2 : 1) { clear(); }
  void clear() {
    for (Lanes& lanes : most_) lanes.fill(-kInfinity);
  }
  void add(Lanes& sums) {
    if (sizes_) {
      for (double& x : sums) x = std::abs(x);
    }
    raise(most_[0], sums);
    if (count_ == 1) return;
    for (double& x : sums) x = -x;
    raise(most_[1], sums);
  }
  // How many of them reach the bound.
  int64_t reaching(double bound) const {
    int64_t reached = 0;
    for (size_t side = 0; side < count_; ++side)
      for (double x : most_[side]) reached += x >= bound ? int64_t{1} : int64_t{0};
    return reached;
  }
  void append_to(std::vector<double>& list) const {
    for (size_t side = 0; side < count_; ++side) list.insert(list.end(), most_[side].begin(), most_[side].end());
  }
  int64_t size() const { return static_cast<int64_t>(count_ * kLanes); }

 private:
  static void raise(Lanes& most, const Lanes& sums) {
    for (size_t j = 0; j < kLanes; ++j) most[j] = most[j] > sums[j] ? most[j] : sums[j];
  }
  bool sizes_;
  size_t count_;
  std::array<Lanes, 2> most_;
};

// How many sign vectors have a largest sum that reaches each arm's bound: over all arms (single step), and over the arm
// and those before it (step-down).
struct Counts {
  const std::vector<double>& bounds;
  Largest largest;
  int64_t total = 0;
  std::vector<int64_t> single_step = std::vector<int64_t>(bounds.size());
  std::vector<int64_t> step_down = std::vector<int64_t>(bounds.size());

  void arm(size_t a, Lanes& sums) {
    largest.add(sums);
    step_down[a] += largest.reaching(bounds[a]);
  }
  void end() {
    for (size_t a = 0; a < bounds.size(); ++a) single_step[a] += largest.reaching(bounds[a]);
    total += largest.size();
    largest.clear();
  }
};

struct Maxima {
  Largest largest;
  std::vector<double> all;

  void arm(size_t, Lanes& sums) { largest.add(sums); }
  void end() {
    largest.append_to(all);
    largest.clear();
  }
};

bool is_exact(const Family& family) { return family.blocks <= static_cast<size_t>(kExactMaxT); }

template <typename Visit>
void flip(const Family& family, uint64_t seed, Visit& visit) {
  if (family.arms == 0) return;
  if (is_exact(family)) {
    flip_all(family, visit);
  } else {
    flip_some(family, seed, visit);
  }
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

// The smallest of the values that at most a share alpha of them exceed.
double upper_quantile(std::vector<double> values, double alpha) {
  const auto above = static_cast<std::ptrdiff_t>(alpha * static_cast<double>(values.size()) * (1 + kRelativeZero));
  const auto place = values.end() - 1 - std::min(above, std::ssize(values) - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
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
  const Family family = make_family(members);
  const std::vector<double> bounds = bounds_of(members);
  Counts counts{bounds, Largest(options.side, is_exact(family))};
  flip(family, options.seed, counts);

  std::vector<std::optional<MaxTArm>> result(arms.size());
  double single_step = 0, step_down = 0;
  for (size_t m = members.size(); m-- > 0;) {
    const std::vector<double>& d = arms[members[m].place];
    const double alone = p_alone(d, options.side, options.seed);
    const auto in_family = [&](int64_t count) {
      const double share = static_cast<double>(count) / static_cast<double>(counts.total);
      return std::min(1.0, std::max(share, alone) + static_cast<double>(options.untested) * alone);
    };
    single_step = std::max(single_step, in_family(counts.single_step[m]));
    step_down = std::max(step_down, in_family(counts.step_down[m]));
    result[members[m].place] = MaxTArm{statistic_of(d, options), alone, single_step, step_down};
  }
  return result;
}

std::vector<std::optional<Interval>> simultaneous_intervals(const FamilyDifferences& arms, double alpha, Side side,
                                                            uint64_t seed) {
  FamilyDifferences rest;
  for (const auto& d : arms) rest.push_back(centred(d));
  const std::vector<Member> members = make_members(rest, {.side = side});
  const Family family = make_family(members);
  Maxima maxima{Largest(side, is_exact(family)), {}};
  flip(family, seed, maxima);

  const size_t n = members.empty() ? 0 : members.front().x.size();
  const bool resolved = !members.empty() && least_share(n, side) <= alpha;
  const double q = resolved ? t_from_sum(upper_quantile(std::move(maxima.all), alpha), n) : kInfinity;
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

#include "sweeps/stats/flipped_sums.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "common/base/rng.h"
#include "sweeps/stats/max_t.h"

// A function of the loops below: inlined into one copy for each set of instructions, and compiled for these.
#define EV_IN_LOOP [[gnu::always_inline]] inline
// So that what a loop over the vectors of a group works on stays in registers.
#define EV_UNROLLED _Pragma("GCC unroll 4")

namespace evensweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-12;  // of a share of the sign vectors that was computed from a confidence

// Sign vectors are worked on 32 at a time: all signs of five blocks, in vectors of eight numbers.
constexpr size_t kLaneRows = 5;
constexpr size_t kEights = 4, kLanes = 8 * kEights;
static_assert(kLanes == size_t{1} << kLaneRows && (kDrawnSignFlips + 1) % kLanes == 0);
// Aligned for the widest instructions, which compilers do not see to everywhere.
using Eight = double __attribute__((vector_size(64)));
using EightCounts = int64_t __attribute__((vector_size(64)));
struct alignas(64) Lanes {
  Eight eight[kEights];
  double& operator[](size_t lane) { return reinterpret_cast<double*>(eight)[lane]; }
};

bool bit(uint64_t bits, size_t place) { return ((bits >> place) & 1) != 0; }

// Which of the sums of a vector and of its negative are looked at.
enum class Look { kSum, kSumAndNegative, kSize };

// The largest sum over the arms so far, for each sign vector of a group and for its negative.
template <Look kLook>
struct alignas(64) Largest {
  Eight most[kEights], least[kEights];

  EV_IN_LOOP void clear() {
    EV_UNROLLED
    for (size_t i = 0; i < kEights; ++i) {
      most[i] = Eight{} - kInfinity;
      least[i] = Eight{} + kInfinity;
    }
  }
  EV_IN_LOOP void add(const Lanes& sums) {
    EV_UNROLLED
    for (size_t i = 0; i < kEights; ++i) {
      Eight sum = sums.eight[i];
      if constexpr (kLook == Look::kSize) sum = sum < 0 ? -sum : sum;
      most[i] = most[i] > sum ? most[i] : sum;
      if constexpr (kLook == Look::kSumAndNegative) least[i] = least[i] < sum ? least[i] : sum;
    }
  }
  // Adds those that reach the bound; a comparison that holds is -1.
  EV_IN_LOOP void count(double bound, EightCounts& reached) const {
    EV_UNROLLED
    for (size_t i = 0; i < kEights; ++i) {
      reached -= most[i] >= bound;
      if constexpr (kLook == Look::kSumAndNegative) reached -= least[i] <= -bound;
    }
  }
};

struct alignas(64) ArmCounts {
  EightCounts any{}, up_to{};
};

template <Look kLook>
struct CountReaching {
  const std::vector<double>& bounds;
  std::vector<ArmCounts>& counts;
  Largest<kLook> largest;

  EV_IN_LOOP void begin() { largest.clear(); }
  EV_IN_LOOP void arm(size_t a, const Lanes& sums) {
    largest.add(sums);
    largest.count(bounds[a], counts[a].up_to);
  }
  EV_IN_LOOP void end() {
    for (size_t a = 0; a < counts.size(); ++a) largest.count(bounds[a], counts[a].any);
  }
};

// The `most` largest of many numbers.
class TopNumbers {
 public:
  explicit TopNumbers(size_t most) : most_(most) {}
  void add(Lanes& numbers) {
    for (size_t j = 0; j < kLanes; ++j)
      if (numbers[j] > floor_) kept_.push_back(numbers[j]);
    if (kept_.size() >= 2 * most_ + kLanes) drop_smaller();
  }
  double smallest() {
    drop_smaller();
    return kept_.back();
  }

 private:
  void drop_smaller() {
    const size_t most = std::min(most_, kept_.size());
    const auto last = kept_.begin() + static_cast<std::ptrdiff_t>(most - 1);
    std::nth_element(kept_.begin(), last, kept_.end(), std::greater<>());
    kept_.resize(most);
    if (most == most_) floor_ = kept_.back();
  }

  size_t most_;
  double floor_ = -kInfinity;  // what is no larger is not needed
  std::vector<double> kept_;
};

template <Look kLook>
struct KeepTop {
  TopNumbers& top;
  Largest<kLook> largest;

  EV_IN_LOOP void begin() { largest.clear(); }
  EV_IN_LOOP void arm(size_t, const Lanes& sums) { largest.add(sums); }
  EV_IN_LOOP void end() {
    Lanes numbers;
    EV_UNROLLED
    for (size_t i = 0; i < kEights; ++i) numbers.eight[i] = largest.most[i];
    top.add(numbers);
    if constexpr (kLook != Look::kSumAndNegative) return;
    EV_UNROLLED
    for (size_t i = 0; i < kEights; ++i) numbers.eight[i] = -largest.least[i];
    top.add(numbers);
  }
};

// The sums of some blocks under all their signs: table[signs * arms + arm].
std::vector<double> sums_of_blocks(const FlipFamily& family, size_t first, size_t blocks) {
  std::vector<double> table((size_t{1} << blocks) * family.arms);
  for (uint64_t signs = 0; signs < uint64_t{1} << blocks; ++signs)
    for (size_t i = 0; i < blocks; ++i)
      for (size_t a = 0; a < family.arms; ++a) {
        const double x = family.at(first + i, a);
        table[signs * family.arms + a] += bit(signs, i) ? -x : x;
      }
  return table;
}

// The same of the blocks that the lanes hold.
std::vector<Lanes> sums_in_lanes(const FlipFamily& family) {
  const std::vector<double> table = sums_of_blocks(family, 0, kLaneRows);
  std::vector<Lanes> lanes(family.arms);
  for (size_t j = 0; j < kLanes; ++j)
    for (size_t a = 0; a < family.arms; ++a) lanes[a][j] = table[j * family.arms + a];
  return lanes;
}

// All sign vectors. Every sum is one of the lanes' and one of each half of the other blocks; the last block keeps its
// sign, as the other half of the vectors are the negatives of these.
template <typename Visit>
EV_IN_LOOP void flip_all(const FlipFamily& family, Visit&& visit) {
  const size_t arms = family.arms, last = family.blocks - 1;
  const size_t middle_blocks = (last - kLaneRows) / 2;
  const std::vector<Lanes> low = sums_in_lanes(family);
  const std::vector<double> middle = sums_of_blocks(family, kLaneRows, middle_blocks);
  const std::vector<double> high = sums_of_blocks(family, kLaneRows + middle_blocks, last - kLaneRows - middle_blocks);
  std::vector<double> rest(arms);
  for (size_t h = 0; h < high.size(); h += arms)
    for (size_t m = 0; m < middle.size(); m += arms) {
      for (size_t a = 0; a < arms; ++a) rest[a] = family.at(last, a) + high[h + a] + middle[m + a];
      visit.begin();
      for (size_t a = 0; a < arms; ++a) {
        Lanes sums;
        EV_UNROLLED
        for (size_t i = 0; i < kEights; ++i) sums.eight[i] = low[a].eight[i] + rest[a];
        visit.arm(a, sums);
      }
      visit.end();
    }
}

// Drawn sign vectors. The first one of all flips nothing: counting it is the +1 rule.
template <typename Visit>
EV_IN_LOOP void flip_some(const FlipFamily& family, uint64_t seed, Visit&& visit) {
  Rng rng(seed, "max t");
  std::vector<Lanes> signs(family.blocks);
  for (int64_t drawn = 0; drawn <= kDrawnSignFlips; drawn += kLanes) {
    for (Lanes& row : signs) {
      const uint64_t bits = rng();
      for (size_t j = 0; j < kLanes; ++j) row[j] = bit(bits, j) && drawn + static_cast<int64_t>(j) > 0 ? -1 : 1;
    }
    visit.begin();
    for (size_t a = 0; a < family.arms; ++a) {
      Lanes sums{};
      for (size_t b = 0; b < family.blocks; ++b) EV_UNROLLED
      for (size_t i = 0; i < kEights; ++i) sums.eight[i] += signs[b].eight[i] * family.at(b, a);
      visit.arm(a, sums);
    }
    visit.end();
  }
}

bool is_exact(const FlipFamily& family) { return family.blocks <= static_cast<size_t>(kExactMaxT); }

// Blocks of zeros change no share, and fill the lanes.
FlipFamily with_enough_blocks(FlipFamily family) {
  family.blocks = std::max(family.blocks, kLaneRows + 1);
  family.numbers.resize(family.blocks * family.arms);
  return family;
}

struct Task {
  FlipFamily family;
  uint64_t seed;
  // Either sums that reach bounds are counted, or the largest are kept.
  const std::vector<double>* bounds = nullptr;
  std::vector<ArmCounts> counts;
  TopNumbers top{1};
};

template <Look kLook, typename Flip>
EV_IN_LOOP void visit(Task& task, Flip flip) {
  if (task.bounds != nullptr) {
    flip(CountReaching<kLook>{*task.bounds, task.counts, {}});
  } else {
    flip(KeepTop<kLook>{task.top, {}});
  }
}

struct FlipAll {
  const Task& task;
  template <typename Visit>
  EV_IN_LOOP void operator()(Visit&& visit) {
    flip_all(task.family, visit);
  }
};

struct FlipSome {
  const Task& task;
  template <typename Visit>
  EV_IN_LOOP void operator()(Visit&& visit) {
    flip_some(task.family, task.seed, visit);
  }
};

EV_IN_LOOP void run_loops(Task& task, SumOf sum) {
  const bool sizes = sum == SumOf::kSize;
  if (is_exact(task.family)) {
    sizes ? visit<Look::kSize>(task, FlipAll{task}) : visit<Look::kSumAndNegative>(task, FlipAll{task});
  } else {
    sizes ? visit<Look::kSize>(task, FlipSome{task}) : visit<Look::kSum>(task, FlipSome{task});
  }
}

void run_plain(Task& task, SumOf sum) { run_loops(task, sum); }
#if defined(__x86_64__)
[[gnu::target("avx2")]] void run_avx2(Task& task, SumOf sum) { run_loops(task, sum); }
[[gnu::target("avx512f")]] void run_avx512(Task& task, SumOf sum) { run_loops(task, sum); }
#endif

void run(Task& task, const FlipOptions& options) {
  if (task.family.arms == 0) return;
#if defined(__x86_64__)
  const bool best = options.instructions == Instructions::kBest;
  if (options.instructions == Instructions::kAvx512 || (best && has_instructions(Instructions::kAvx512)))
    return run_avx512(task, options.sum);
  if (options.instructions == Instructions::kAvx2 || (best && has_instructions(Instructions::kAvx2)))
    return run_avx2(task, options.sum);
#endif
  run_plain(task, options.sum);
}

int64_t vectors_of(const FlipFamily& family, SumOf sum) {
  if (!is_exact(family)) return kDrawnSignFlips + 1;
  return int64_t{1} << (family.blocks - (sum == SumOf::kSize ? 1 : 0));
}

int64_t sum_of(const EightCounts& counts) {
  int64_t sum = 0;
  for (size_t i = 0; i < 8; ++i) sum += counts[i];
  return sum;
}

}  // namespace

bool has_instructions(Instructions instructions) {
#if defined(__x86_64__)
  if (instructions == Instructions::kAvx512) return __builtin_cpu_supports("avx512f") != 0;
  if (instructions == Instructions::kAvx2) return __builtin_cpu_supports("avx2") != 0;
#endif
  return instructions == Instructions::kPlain || instructions == Instructions::kBest;
}

ReachCounts count_reaching(const FlipFamily& family, const std::vector<double>& bounds, const FlipOptions& options) {
  Task task{.family = with_enough_blocks(family), .seed = options.seed, .bounds = &bounds, .counts = {}};
  task.counts.resize(family.arms);
  run(task, options);
  ReachCounts result{.vectors = vectors_of(task.family, options.sum), .any = {}, .up_to = {}};
  for (const ArmCounts& counts : task.counts) {
    result.any.push_back(sum_of(counts.any));
    result.up_to.push_back(sum_of(counts.up_to));
  }
  return result;
}

double quantile_of_largest(const FlipFamily& family, double alpha, const FlipOptions& options) {
  if (family.arms == 0) return kInfinity;
  Task task{.family = with_enough_blocks(family), .seed = options.seed, .bounds = nullptr, .counts = {}};
  const auto vectors = static_cast<double>(vectors_of(task.family, options.sum));
  const double above = std::min(std::floor(alpha * vectors * (1 + kRounding)), vectors - 1);
  task.top = TopNumbers(static_cast<size_t>(above) + 1);
  run(task, options);
  return task.top.smallest();
}

}  // namespace evensweep

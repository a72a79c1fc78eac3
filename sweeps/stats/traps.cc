#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "sweeps/stats/adjust.h"
#include "sweeps/stats/test_set.h"
#include "sweeps/stats/words.h"

namespace evensweep {
namespace {

constexpr double kNoticeableNoise = 0.2;
constexpr double kNoticeableSkewness = 0.5;
constexpr size_t kSkewnessBlocks = 5;
constexpr double kRoundedTpr = 1e-12;

using Traps = std::vector<std::string>;

void too_few_blocks(const SweepResults& results, const Evidence& evidence, Traps& traps) {
  if (evidence.family == 0 || results.sweep.analysis.stopping) return;
  const AnalysisSpec& analysis = results.sweep.analysis;
  const auto planned = static_cast<int64_t>(results.sweep.seeds.size());
  const auto needed_for = [&](int64_t times) { return min_blocks(times, analysis.alpha, /*two_sided=*/false); };
  const auto diverged = [](const ArmEvidence& arm) { return arm.diverged_blocks > 0; };
  // Arms that are merely not finished yet may still be tested.
  const int64_t for_plan = analysis.correction == kMaxT
                               ? 1 + std::count_if(evidence.arms.begin(), evidence.arms.end(), diverged)
                               : evidence.floor_times;
  const int64_t needed = needed_for(for_plan), needed_now = needed_for(evidence.floor_times);
  const std::string comparisons = family_words(analysis, evidence);
  if (planned < needed) {
    traps.push_back(fmt::format("{} seed{} can never reach p <= {} with {}, whatever the effect: {} seeds are needed",
                                planned, planned == 1 ? "" : "s", analysis.alpha, comparisons, needed));
  } else if (static_cast<int64_t>(evidence.complete_blocks.size()) < needed_now) {
    traps.push_back(fmt::format("the {} complete blocks cannot reach p <= {} with {}: {} are needed",
                                evidence.complete_blocks.size(), analysis.alpha, comparisons, needed_now));
  }
}

void lost_blocks(const SweepResults& results, const Evidence& evidence, Traps& traps) {
  const auto planned = static_cast<int64_t>(results.sweep.seeds.size());
  const auto complete = static_cast<int64_t>(evidence.complete_blocks.size());
  if (complete == planned || results.sweep.analysis.stopping) return;
  traps.push_back(fmt::format(
      "{} of {} blocks are left out for all arms because a run lacks; {}", planned - complete, planned,
      too_many_blocks_lost(complete, planned)
          ? "that is more than a tenth, so there is no verdict. Looking at interim results and stopping at a small p "
            "makes false findings two to four times as frequent"
          : "what is left may differ from what is lost"));
}

void stopped_early(const Evidence& evidence, Traps& traps) {
  const auto stopped = std::ranges::count_if(
      evidence.arms, [](const ArmEvidence& arm) { return arm.selected && arm.spread_reduced && !arm.stopped.empty(); });
  if (stopped == 0) return;
  traps.push_back(fmt::format(
      "{} stopped when the evidence was strong enough: the p values allow for that, but means and intervals after an "
      "early stop tend to be too large",
      stopped == 1 ? "one arm was" : fmt::format("{} arms were", stopped)));
}

void shared_rows(const SweepResults& results, const Evidence& evidence, Traps& traps) {
  const ClassTable& classes = results.sweep.classes;
  const int64_t test = std::accumulate(classes.test.begin(), classes.test.end(), int64_t{0});
  const int64_t train = std::accumulate(classes.train.begin(), classes.train.end(), int64_t{0});
  if (results.table || evidence.complete_blocks.size() < 2) return;
  if (!splits_each_block_anew(results.sweep.dataset)) {
    traps.push_back(fmt::format(
        "all blocks share one test set of {} examples: the p values speak of seeds on this test set, not of new data",
        test));
    return;
  }
  const double n = static_cast<double>(evidence.complete_blocks.size());
  const double widening = std::sqrt(1 + n * static_cast<double>(test) / std::max(1.0, static_cast<double>(train)));
  traps.push_back(fmt::format(
      "every block splits the same {} rows anew, so blocks share rows and are not independent: p values are too "
      "small; by the rule of Nadeau and Bengio the intervals ought to be {:.1f} times as wide",
      train + test + std::accumulate(classes.validation.begin(), classes.validation.end(), int64_t{0}), widening));
}

// What a sweep knows of its trainings and a table cannot tell.
void unseen_trainings(const SweepResults& results, Traps& traps) {
  if (!results.table) return;
  traps.push_back(
      "the p values hold if the table has every arm and every seed that was trained, and the number of seeds was set "
      "in "
      "advance: what was left out for its result cannot be seen in a table");
  traps.push_back(
      "a table does not tell whether the seeds share one test set (the p values then speak of seeds on these examples, "
      "not of new data) or split the same rows anew (then they are not independent, and p values too small)");
}

void test_noise(const Evidence& evidence, Traps& traps) {
  if (evidence.baseline_spread.n == 0) return;
  if (!evidence.noise_share) {
    traps.push_back("Var(s) of the baseline is no larger than the noise of its test set: no imbalance is measurable");
  } else if (evidence.noise_share > kNoticeableNoise) {
    traps.push_back(fmt::format(
        "the noise of the test set adds {:.0f} % to the baseline's Var(s); D is corrected for it on average, but a "
        "larger test set would show the same effect with fewer seeds",
        *evidence.noise_share * 100));
  }
  const PairedSummary& spread = evidence.baseline_spread;
  if (evidence.noise_share && spread.status == PairedStatus::kOk && spread.ci_low <= 0) {
    traps.push_back(fmt::format(
        "the interval of the baseline's corrected Var(s), {} to {} pp², contains 0: no imbalance is measurable with "
        "this test set, so there is none to reduce",
        in_pp2(spread.ci_low), in_pp2(spread.ci_high)));
  }
}

void best_of_grid(const SweepResults& results, const Evidence& evidence, Traps& traps) {
  std::map<std::string, int64_t> settings;
  for (const ArmEvidence& arm : evidence.arms) settings[arm.arm.method] += arm.identity || arm.control ? 0 : 1;
  const auto grid = [](const auto& entry) { return entry.second > 1; };
  if (std::any_of(settings.begin(), settings.end(), grid)) {
    traps.push_back(
        "several settings of a method ran on the same seeds: the D of whichever looks best is too large on average; "
        "repeat that setting alone on fresh seeds before quoting it");
  }
  if (results.sweep.analysis.correction == "none" && evidence.family > 1) {
    traps.push_back(fmt::format(
        "p values are not adjusted although {} arms are compared: with no effect anywhere, one of them falls below {} "
        "by chance in up to {:.0f} % of sweeps",
        evidence.family, results.sweep.analysis.alpha,
        100 * (1 - std::pow(1 - results.sweep.analysis.alpha, static_cast<double>(evidence.family)))));
  }
}

void coarse_accuracy(const SweepResults& results, Traps& traps) {
  const ClassTable& classes = results.sweep.classes;
  const auto test = static_cast<double>(std::accumulate(classes.test.begin(), classes.test.end(), int64_t{0}));
  const double margin = results.sweep.analysis.accuracy_margin;
  if (test > 0 && margin < 1 / test) {
    traps.push_back(
        fmt::format("the accuracy margin of {} pp is less than one test example of {:.0f}", in_pp(margin), test));
  }
}

double skewness(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double second = 0, third = 0;
  for (double x : values) {
    second += (x - mean) * (x - mean);
    third += (x - mean) * (x - mean) * (x - mean);
  }
  return second > 0 ? third / n / std::pow(second / n, 1.5) : 0;
}

std::vector<double> effects(const ArmEvidence& arm) {
  std::vector<double> d;
  for (const BlockEffect& block : arm.blocks) d.push_back(block.d_unbiased);
  return d;
}

// One direction of claims: reductions, which a tail to the left makes too easily, or increases, with one to the right.
struct Claims {
  const char* what;  // "reduction"
  const char* tail;  // "left"
  double sign;       // of the differences, for which the dangerous tail is on the left
  bool (*claimed)(const ArmEvidence&);
  std::optional<double> ArmEvidence::*p;
};

constexpr Claims kReductions{"reduction", "left", 1, [](const ArmEvidence& arm) { return arm.spread_reduced; },
                             &ArmEvidence::p_adjusted};
constexpr Claims kIncreases{"increase", "right", -1,
                            [](const ArmEvidence& arm) { return arm.kind == Verdict::kHarmful; },
                            &ArmEvidence::p_increase_adjusted};

// What the differences of all arms have in common, block by block: mostly the baseline's spread.
std::vector<double> common_part(const Evidence& evidence) {
  std::vector<double> common(evidence.complete_blocks.size());
  for (const ArmEvidence& arm : evidence.arms) {
    const bool whole = arm.blocks.size() == common.size();  // else it was stopped early
    if (!arm.tested || arm.control || !whole || arm.d.status != PairedStatus::kOk) continue;
    for (size_t i = 0; i < common.size(); ++i) common[i] += (arm.blocks[i].d_unbiased - arm.d.mean) / arm.d.sd;
  }
  return common;
}

bool tail_is_seen(const std::vector<double>& d, const Claims& claims) {
  return d.size() >= kSkewnessBlocks && claims.sign * skewness(d) < -kNoticeableSkewness;
}

// The sign-flip test assumes symmetry. A tail that is not among these few blocks makes false findings most easily, so
// that a claim by a narrow margin is told of as well.
void asymmetry(const SweepResults& results, const Evidence& evidence, const Claims& claims, Traps& traps) {
  std::vector<std::string> skewed, narrow;
  int64_t arms = 0, claimed = 0;
  for (const ArmEvidence& arm : evidence.arms) {
    if (!arm.tested || arm.control) continue;
    ++arms;
    if (!claims.claimed(arm)) continue;
    ++claimed;
    if (tail_is_seen(effects(arm), claims)) skewed.push_back(arm.name);
    if (2 * (arm.*claims.p).value_or(1) > results.sweep.analysis.alpha) narrow.push_back(arm.name);
  }
  if (claimed > 0 && arms > 1 && tail_is_seen(common_part(evidence), claims))
    traps.push_back(
        fmt::format("what the differences of all arms have in common, the baseline's spread, is skewed to the {}; the "
                    "sign-flip test assumes symmetry, the adjusted p of every {} may be too small",
                    claims.tail, claims.what));
  if (!skewed.empty())
    traps.push_back(
        fmt::format("the differences of {} are skewed to the {}; the sign-flip test assumes symmetry, its p may be too "
                    "small",
                    fmt::join(skewed, ", "), claims.tail));
  if (!narrow.empty())
    traps.push_back(fmt::format(
        "the {} by {} rests on an adjusted p between {} and {} and on symmetric differences, which {} blocks cannot "
        "show: with a baseline that is skewed to the {}, up to one sweep in ten would have such a finding by chance",
        claims.what, fmt::join(narrow, ", "), results.sweep.analysis.alpha / 2, results.sweep.analysis.alpha,
        evidence.complete_blocks.size(), claims.tail));
}

double mean_change(const ArmEvidence& arm, double BlockEffect::*field) {
  double sum = 0;
  for (const BlockEffect& block : arm.blocks) sum += block.*field;
  return arm.blocks.empty() ? 0 : sum / static_cast<double>(arm.blocks.size());
}

void about_arm(const ArmEvidence& arm, Traps& traps) {
  if (arm.diverged_blocks > 0) {
    traps.push_back(fmt::format(
        "{} diverged in {} of {} blocks; it is not tested, but counts as a comparison, and costs no other arm a block",
        arm.name, arm.diverged_blocks, arm.planned_blocks));
  }
  if (!arm.spread_reduced) return;
  const double worst = mean_change(arm, &BlockEffect::worst_tpr_change);
  if (worst < -kRoundedTpr) {
    traps.push_back(fmt::format("{} levels down: the spread falls, but so does the worst class, by {} pp on average",
                                arm.name, in_pp(-worst)));
  }
}

}  // namespace

std::vector<std::string> find_traps(const SweepResults& results, const Evidence& evidence) {
  Traps traps;
  too_few_blocks(results, evidence, traps);
  lost_blocks(results, evidence, traps);
  stopped_early(evidence, traps);
  shared_rows(results, evidence, traps);
  unseen_trainings(results, traps);
  test_noise(evidence, traps);
  best_of_grid(results, evidence, traps);
  coarse_accuracy(results, traps);
  asymmetry(results, evidence, kReductions, traps);
  asymmetry(results, evidence, kIncreases, traps);
  for (const ArmEvidence& arm : evidence.arms) about_arm(arm, traps);
  return traps;
}

}  // namespace evensweep

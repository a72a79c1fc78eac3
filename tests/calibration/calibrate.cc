// How often the verdicts and intervals are wrong, and how often they find what is there: the whole pipeline on
// simulated sweeps of known truth. Prints two Markdown tables, of verdicts and of intervals; a line is a design.
// docs/evidence/calibration.md holds a run.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sweeps/stats/bootstrap.h"
#include "sweeps/stats/evidence.h"
#include "sweeps/stats/intervals.h"
#include "tests/calibration/simulated_sweep.h"

namespace evensweep {
namespace {

constexpr double kAlpha = 0.05;  // the default of AnalysisSpec
constexpr int64_t kBootstrapReplicates = 1999;

// How often something held, of how many.
struct Share {
  int64_t part = 0, whole = 0;
  void count(bool held) { part += held ? 1 : 0, ++whole; }
  void add(const Share& other) { part += other.part, whole += other.whole; }
};

// Of sweeps, or of arms where the name says so.
struct Tally {
  Share false_reduction;    // some arm without effect is said to reduce the spread
  Share false_effective;    // and to keep the accuracy
  Share false_harm;         // some arm without effect is said to increase it
  Share false_no_effect;    // some arm with an effect is said to have none of practical size
  Share naive;              // the arm with the best mean passes an unadjusted t test on the same seeds
  Share effects_found;      // arms with an effect that are said to reduce the spread
  Share no_effect_found;    // arms without effect that are said to have none of practical size
  Share warned;             // the report says that differences are skewed or a finding is narrow
  Share warned_when_false;  // the same of sweeps with a false reduction
  // Intervals that hold the truth.
  Share simultaneous;                    // of all arms at once
  Share t, fieller, accuracy;            // arms
  Share sign_flip, hodges_lehmann, bca;  // of the first arm of each sweep

  template <typename Visit>
  static void each(Visit visit) {
    for (Share Tally::*share :
         {&Tally::false_reduction, &Tally::false_effective, &Tally::false_harm, &Tally::false_no_effect, &Tally::naive,
          &Tally::effects_found, &Tally::no_effect_found, &Tally::warned, &Tally::warned_when_false,
          &Tally::simultaneous, &Tally::t, &Tally::fieller, &Tally::accuracy, &Tally::sign_flip, &Tally::hodges_lehmann,
          &Tally::bca})
      visit(share);
  }
  void add(const Tally& other) {
    each([&](Share Tally::*share) { (this->*share).add(other.*share); });
  }
};

bool covers(const Interval& interval, double truth) { return interval.low <= truth && truth <= interval.high; }

bool naive_claim(const Evidence& evidence, double alpha) {
  const auto best = std::ranges::max_element(evidence.arms, {}, [](const ArmEvidence& arm) { return arm.d.mean; });
  return best->d.p_greater && *best->d.p_greater <= alpha;
}

bool warns_of_asymmetry(const Evidence& evidence) {
  return std::ranges::any_of(
      evidence.traps, [](const std::string& trap) { return trap.find("skewed to the left") != std::string::npos; });
}

// Those that take longer to compute, of one arm.
void try_slow_intervals(const ArmEvidence& arm, double truth, uint64_t index, Tally& tally) {
  std::vector<double> d;
  for (const BlockEffect& block : arm.blocks) d.push_back(block.d_unbiased);
  if (const auto interval = sign_flip_interval(d, kAlpha)) tally.sign_flip.count(covers(*interval, truth));
  if (const auto interval = hodges_lehmann(d, kAlpha)) tally.hodges_lehmann.count(covers(interval->interval, truth));
  const auto drawn = bootstrap(d, sample_mean, kAlpha, index, kBootstrapReplicates);
  if (drawn && drawn->bca) tally.bca.count(covers(drawn->bca->interval, truth));
}

void try_intervals(const ArmEvidence& arm, double truth, Tally& tally) {
  tally.t.count(covers({arm.d.ci_low, arm.d.ci_high}, truth));
  if (arm.accuracy_ci90) tally.accuracy.count(covers(*arm.accuracy_ci90, 0));
  if (arm.ratio && arm.ratio->fieller) tally.fieller.count(covers(*arm.ratio->fieller, 1 - truth / kTrueVariance));
}

Tally judge_one(const SimulatedDesign& design, uint64_t index) {
  const Evidence evidence = weigh(simulate_sweep(design, index)).value();
  Tally tally;
  bool reduction = false, effective = false, harm = false, no_effect = false, all_covered = true;
  for (size_t a = 0; a < evidence.arms.size(); ++a) {
    const ArmEvidence& arm = evidence.arms[a];
    const bool has_effect = static_cast<int64_t>(a) < design.effective;
    const double truth = has_effect ? true_effect(design) : 0;
    try_intervals(arm, truth, tally);
    if (a == 0) try_slow_intervals(arm, truth, index, tally);
    all_covered = all_covered && arm.d_simultaneous && covers(*arm.d_simultaneous, truth);
    const bool said_no_effect = arm.kind == Verdict::kNoPracticalEffect;
    if (has_effect) {
      tally.effects_found.count(arm.spread_reduced);
      no_effect = no_effect || said_no_effect;
      continue;
    }
    tally.no_effect_found.count(said_no_effect);
    reduction = reduction || arm.spread_reduced;
    effective = effective || arm.kind == Verdict::kEffective;
    harm = harm || arm.kind == Verdict::kHarmful;
  }
  tally.false_reduction.count(reduction);
  tally.false_effective.count(effective);
  tally.false_harm.count(harm);
  if (design.effective > 0) tally.false_no_effect.count(no_effect);
  if (design.effective == 0) tally.naive.count(naive_claim(evidence, kAlpha));
  tally.simultaneous.count(all_covered);
  tally.warned.count(warns_of_asymmetry(evidence));
  if (reduction) tally.warned_when_false.count(warns_of_asymmetry(evidence));
  return tally;
}

Tally judge_all(const SimulatedDesign& design, uint64_t sweeps, unsigned threads) {
  std::atomic<uint64_t> next{0};
  std::vector<Tally> tallies(threads);
  std::vector<std::thread> pool;
  for (Tally& tally : tallies)
    pool.emplace_back([&] {
      for (uint64_t index = next++; index < sweeps; index = next++) tally.add(judge_one(design, index));
    });
  for (std::thread& thread : pool) thread.join();
  Tally all;
  for (const Tally& tally : tallies) all.add(tally);
  return all;
}

// "4.8": per cent.
std::string share(const Share& share) {
  if (share.whole == 0) return "-";
  return fmt::format("{:.1f}", 100.0 * static_cast<double>(share.part) / static_cast<double>(share.whole));
}

std::string design_cells(const SimulatedDesign& design) {
  return fmt::format(
      "| {} | {} | {} | {} |", noise_shape_name(design.shape), design.only_baseline ? "baseline" : "all runs",
      design.effective > 0 ? fmt::format("{}, {} real", design.arms, design.effective) : std::to_string(design.arms),
      design.blocks);
}

using Columns = std::vector<std::pair<const char*, Share Tally::*>>;
const Columns kVerdicts = {{"false \"effective\"", &Tally::false_effective},
                           {"false reduction, whatever the accuracy", &Tally::false_reduction},
                           {"false \"harmful\"", &Tally::false_harm},
                           {"false \"no practical effect\"", &Tally::false_no_effect},
                           {"naive best of grid", &Tally::naive},
                           {"effects found", &Tally::effects_found},
                           {"no effect, and said so", &Tally::no_effect_found},
                           {"warned of asymmetry", &Tally::warned},
                           {"of false reductions", &Tally::warned_when_false}};
const Columns kIntervals = {{"simultaneous, all arms at once", &Tally::simultaneous},
                            {"t", &Tally::t},
                            {"sign flips inverted", &Tally::sign_flip},
                            {"Hodges-Lehmann", &Tally::hodges_lehmann},
                            {"BCa", &Tally::bca},
                            {"ratio, Fieller", &Tally::fieller},
                            {"accuracy, 90 %", &Tally::accuracy}};

void print_table(const Columns& columns, const std::vector<std::pair<SimulatedDesign, Tally>>& rows) {
  std::string head = "| noise of Var(s) | in | arms | n |", rule = "|---|---|---|---|";
  for (const auto& column : columns) head += fmt::format(" {} |", column.first), rule += "---|";
  fmt::print("{}\n{}\n", head, rule);
  for (const auto& [design, tally] : rows) {
    std::string row = design_cells(design);
    for (const auto& column : columns) row += fmt::format(" {} |", share(tally.*column.second));
    fmt::print("{}\n", row);
  }
  fmt::print("\n");
}

struct Options {
  uint64_t sweeps = 10'000;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<int64_t> arms = {12, 40}, blocks = {6, 10, 20};
};

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("Error rates, coverage and power of the verdicts on simulated sweeps");
  app.add_option("--sweeps", options.sweeps, "simulated sweeps of each design")->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--arms", options.arms)->delimiter(',')->capture_default_str();
  app.add_option("--blocks", options.blocks)->delimiter(',')->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::vector<std::pair<SimulatedDesign, Tally>> rows;
  for (const int64_t arms : options.arms)
    for (const int64_t blocks : options.blocks) {
      const auto run = [&](NoiseShape shape, bool only_baseline, int64_t effective) {
        const SimulatedDesign design{
            .arms = arms, .blocks = blocks, .shape = shape, .only_baseline = only_baseline, .effective = effective};
        rows.emplace_back(design, judge_all(design, options.sweeps, options.threads));
      };
      run(NoiseShape::kSymmetric, false, 0);
      run(NoiseShape::kRightSkewed, false, 0);
      run(NoiseShape::kRightSkewed, true, 0);
      run(NoiseShape::kLeftSkewed, false, 0);
      run(NoiseShape::kLeftSkewed, true, 0);
      run(NoiseShape::kSymmetric, false, std::max<int64_t>(1, arms / 4));
    }
  fmt::print("{} simulated sweeps of each design; per cent.\n\n", options.sweeps);
  print_table(kVerdicts, rows);
  print_table(kIntervals, rows);
  return 0;
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) { return evensweep::main_of(argc, argv); }

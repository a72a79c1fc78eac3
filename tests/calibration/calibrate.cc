// How often the verdicts and intervals are wrong, and how often they find what is there: the whole pipeline on
// simulated sweeps of known truth. Prints one line of a Markdown table for each design; docs/evidence/calibration.md
// holds a run.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "sweeps/stats/evidence.h"
#include "tests/calibration/simulated_sweep.h"

namespace evensweep {
namespace {

// Of sweeps, or of arms where the name says so.
struct Tally {
  int64_t sweeps = 0;
  int64_t false_reduction = 0;             // some arm without effect is said to reduce the spread
  int64_t false_effective = 0;             // and to keep the accuracy
  int64_t false_harm = 0;                  // some arm without effect is said to increase it
  int64_t naive = 0;                       // the arm with the best mean passes an unadjusted t test on the same seeds
  int64_t all_covered = 0;                 // the simultaneous intervals hold for all arms at once
  int64_t arms_covered = 0, arms = 0;      // intervals of single arms
  int64_t effects_found = 0, effects = 0;  // arms with an effect
  int64_t warned = 0;                      // the report says that the differences are skewed

  void add(const Tally& other) {
    sweeps += other.sweeps;
    false_reduction += other.false_reduction;
    false_effective += other.false_effective;
    false_harm += other.false_harm;
    naive += other.naive;
    all_covered += other.all_covered;
    arms_covered += other.arms_covered;
    arms += other.arms;
    effects_found += other.effects_found;
    effects += other.effects;
    warned += other.warned;
  }
};

bool covers(double low, double high, double truth) { return low <= truth && truth <= high; }

bool naive_claim(const Evidence& evidence, double alpha) {
  const auto best = std::ranges::max_element(evidence.arms, {}, [](const ArmEvidence& arm) { return arm.d.mean; });
  return best->d.p_greater && *best->d.p_greater <= alpha;
}

Tally judge_one(const SimulatedDesign& design, uint64_t index) {
  const SweepResults results = simulate_sweep(design, index);
  const Evidence evidence = weigh(results).value();
  Tally tally{.sweeps = 1, .all_covered = 1};
  for (size_t a = 0; a < evidence.arms.size(); ++a) {
    const ArmEvidence& arm = evidence.arms[a];
    const bool has_effect = static_cast<int64_t>(a) < design.effective;
    const double truth = has_effect ? true_effect(design) : 0;
    ++tally.arms;
    if (covers(arm.d.ci_low, arm.d.ci_high, truth)) ++tally.arms_covered;
    if (!arm.d_simultaneous || !covers(arm.d_simultaneous->low, arm.d_simultaneous->high, truth)) tally.all_covered = 0;
    if (has_effect) {
      ++tally.effects;
      if (arm.spread_reduced) ++tally.effects_found;
      continue;
    }
    if (arm.spread_reduced) tally.false_reduction = 1;
    if (arm.kind == Verdict::kReducedAccuracyKept) tally.false_effective = 1;
    if (arm.kind == Verdict::kIncreased) tally.false_harm = 1;
  }
  tally.naive = naive_claim(evidence, results.sweep.analysis.alpha) ? 1 : 0;
  tally.warned = std::ranges::any_of(evidence.traps,
                                     [](const std::string& trap) { return trap.find("skewed") != std::string::npos; });
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
std::string share(int64_t part, int64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f}", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void print_head() {
  fmt::print(
      "| noise of Var(s) | in | arms | n | sweeps | false reduction | false \"effective\" | false increase "
      "| naive best of grid | interval of one arm holds | all simultaneous hold | effects found | skew warned of |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
}

void print_line(const SimulatedDesign& design, const Tally& t) {
  fmt::print(
      "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", noise_shape_name(design.shape),
      design.only_baseline ? "baseline" : "all runs",
      design.effective > 0 ? fmt::format("{}, {} real", design.arms, design.effective) : std::to_string(design.arms),
      design.blocks, t.sweeps, share(t.false_reduction, t.sweeps), share(t.false_effective, t.sweeps),
      share(t.false_harm, t.sweeps), design.effective > 0 ? "-" : share(t.naive, t.sweeps),
      share(t.arms_covered, t.arms), share(t.all_covered, t.sweeps), share(t.effects_found, t.effects),
      share(t.warned, t.sweeps));
  std::fflush(stdout);
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
  print_head();
  for (const int64_t arms : options.arms)
    for (const int64_t blocks : options.blocks) {
      const auto run = [&](NoiseShape shape, bool only_baseline, int64_t effective) {
        const SimulatedDesign design{
            .arms = arms, .blocks = blocks, .shape = shape, .only_baseline = only_baseline, .effective = effective};
        print_line(design, judge_all(design, options.sweeps, options.threads));
      };
      run(NoiseShape::kSymmetric, false, 0);
      run(NoiseShape::kRightSkewed, false, 0);
      run(NoiseShape::kRightSkewed, true, 0);
      run(NoiseShape::kLeftSkewed, false, 0);
      run(NoiseShape::kLeftSkewed, true, 0);
      run(NoiseShape::kSymmetric, false, std::max<int64_t>(1, arms / 4));
    }
  return 0;
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) { return evensweep::main_of(argc, argv); }

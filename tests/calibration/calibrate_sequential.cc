// What stopping saves and what it costs: simulated sweeps of known truth, and finished sweeps replayed, by a fixed
// design and by a sequential one. Prints Markdown; docs/evidence/sequential.md holds a run.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "common/base/file.h"
#include "common/model/expand.h"
#include "common/model/json.h"
#include "sweeps/report/report.h"
#include "sweeps/report/stored_results.h"
#include "sweeps/stats/design_replay.h"
#include "sweeps/stats/max_t.h"
#include "tests/calibration/simulated_sweep.h"

namespace evensweep {
namespace {

struct Options {
  uint64_t sweeps = 10'000;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  int64_t arms = 12, selected = 5, selection_seeds = 4;
  std::string spending = "obrien_fleming";
  double futility = 0.1;
  std::vector<double> shares;
  std::vector<std::string> replay;
  std::vector<int64_t> fixed = {10, 16, 20};
  std::vector<double> most = {1.2};
};

// Of sweeps; of arms with an effect where the name says so.
struct Tally {
  int64_t sweeps = 0, effects = 0;
  int64_t fixed_false = 0, fixed_found = 0, fixed_trainings = 0;
  int64_t false_found = 0, found = 0, trainings = 0;

  void add(const Tally& other) {
    sweeps += other.sweeps;
    effects += other.effects;
    fixed_false += other.fixed_false;
    fixed_found += other.fixed_found;
    fixed_trainings += other.fixed_trainings;
    false_found += other.false_found;
    found += other.found;
    trainings += other.trainings;
  }
};

struct Comparison {
  SimulatedDesign truth;     // as many blocks as either design may use
  int64_t fixed_blocks = 0;  // of the fixed design
  AnalysisSpec sequential;
};

// Which arms a fixed design finds: step-down max-T over all of them, the default of a sweep file.
std::vector<bool> found_at_once(const StageCells& cells, int64_t blocks, double alpha) {
  FamilyDifferences d;
  for (size_t arm = 1; arm < cells.size(); ++arm) {
    d.emplace_back();
    for (size_t b = 0; b < static_cast<size_t>(blocks); ++b)
      d.back().push_back(*cells[0][b].test_variance - *cells[arm][b].test_variance);
  }
  std::vector<bool> found;
  for (const auto& arm : max_t_sign_flip(d, {.side = Side::kGreater}))
    found.push_back(arm && arm->p_step_down <= alpha);
  return found;
}

std::vector<bool> found_in_steps(const DesignReplay& replay, size_t arms) {
  std::vector<bool> found(arms);
  for (const DesignDecision& decision : replay.decisions)
    for (const ArmAtDecision& arm : decision.arms)
      if (arm.fate == ArmFate::kEffective) found[arm.arm - 1] = true;
  return found;
}

Tally compare_one(const Comparison& comparison, uint64_t index) {
  SweepResults results = simulate_sweep(comparison.truth, index);
  // What a simulated run shows on validation data is drawn apart: the runs of another sweep at the same place.
  const SweepResults others = simulate_sweep(comparison.truth, index + (uint64_t{1} << 40));
  results.sweep.analysis = comparison.sequential;
  if (auto& selection = results.sweep.analysis.selection) {
    const std::vector<uint64_t>& all = results.sweep.seeds;
    const auto first = all.end() - static_cast<std::ptrdiff_t>(selection->seeds.size());
    selection->seeds.assign(first, all.end());
    results.sweep.seeds.assign(all.begin(), first);
  }
  StageCells cells = stage_cells(results).value();
  SweepResults validation = others;
  validation.sweep.seeds = all_seeds(results.sweep);
  const StageCells drawn = stage_cells(validation).value();
  for (size_t arm = 0; arm < cells.size(); ++arm)
    for (size_t b = 0; b < cells[arm].size(); ++b) cells[arm][b].validation_variance = drawn[arm][b].test_variance;

  const DesignReplay replay = replay_design(results.sweep, cells);
  const std::vector<bool> fixed = found_at_once(cells, comparison.fixed_blocks, results.sweep.analysis.alpha);
  const std::vector<bool> steps = found_in_steps(replay, fixed.size());
  Tally tally{.sweeps = 1, .effects = comparison.truth.effective, .trainings = replay.trainings};
  tally.fixed_trainings = comparison.fixed_blocks * (comparison.truth.arms + 1);
  const auto real = static_cast<std::ptrdiff_t>(comparison.truth.effective);
  tally.fixed_found = std::count(fixed.begin(), fixed.begin() + real, true);
  tally.found = std::count(steps.begin(), steps.begin() + real, true);
  tally.fixed_false = std::find(fixed.begin() + real, fixed.end(), true) != fixed.end() ? 1 : 0;
  tally.false_found = std::find(steps.begin() + real, steps.end(), true) != steps.end() ? 1 : 0;
  return tally;
}

Tally compare_all(const Comparison& comparison, const Options& options) {
  std::atomic<uint64_t> next{0};
  std::vector<Tally> tallies(options.threads);
  std::vector<std::thread> pool;
  for (Tally& tally : tallies)
    pool.emplace_back([&] {
      for (uint64_t index = next++; index < options.sweeps; index = next++) tally.add(compare_one(comparison, index));
    });
  for (std::thread& thread : pool) thread.join();
  Tally all;
  for (const Tally& tally : tallies) all.add(tally);
  return all;
}

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

std::string percent(int64_t part, int64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f}", 100 * ratio(static_cast<double>(part), static_cast<double>(whole)));
}

std::string listed(const std::vector<int64_t>& numbers) {
  std::string text;
  for (const int64_t number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

void print_head() {
  fmt::print(
      "| design | looks | real arms, effect | false finding: fixed | sequential | found: fixed | sequential | of the "
      "fixed "
      "| trainings: fixed | sequential | of the fixed | of a baseline for each trial |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
}

void print_line(const std::string& name, const Comparison& c, const Tally& t) {
  const double fixed = ratio(static_cast<double>(t.fixed_trainings), static_cast<double>(t.sweeps));
  const double steps = ratio(static_cast<double>(t.trainings), static_cast<double>(t.sweeps));
  const auto naive = static_cast<double>(2 * c.truth.arms * c.fixed_blocks);
  fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} | {:.0f} | {:.1f} | {:.2f} | {:.2f} |\n", name,
             listed(c.sequential.stopping->looks),
             c.truth.effective == 0 ? "0" : fmt::format("{}, {:.1f} sd", c.truth.effective, c.truth.effect_size),
             percent(t.fixed_false, t.sweeps), percent(t.false_found, t.sweeps), percent(t.fixed_found, t.effects),
             percent(t.found, t.effects),
             t.effects == 0
                 ? "-"
                 : fmt::format("{:.3f}", ratio(static_cast<double>(t.found), static_cast<double>(t.fixed_found))),
             fixed, steps, steps / fixed, steps / naive);
  std::fflush(stdout);
}

std::vector<int64_t> looks_of(const Options& options, int64_t blocks, const std::string& rule) {
  if (options.shares.empty() || rule == kEProcess) return default_looks(blocks, rule);
  std::vector<int64_t> looks;
  for (const double share : options.shares) {
    const auto look = static_cast<int64_t>(std::ceil(share * static_cast<double>(blocks) - 1e-9));
    if (looks.empty() || look > looks.back()) looks.push_back(look);
  }
  return looks;
}

Sweep without_design(Sweep sweep) {
  sweep.analysis.stopping.reset();
  sweep.analysis.selection.reset();
  return sweep;
}

// The scale that an e-process would have been given by somebody who knows such sweeps.
double spread_within_arms(const StageCells& cells) {
  double squares = 0;
  int64_t freedom = 0;
  for (size_t arm = 1; arm < cells.size(); ++arm) {
    std::vector<double> d;
    for (size_t b = 0; b < cells[arm].size(); ++b)
      if (cells[0][b].test_variance && cells[arm][b].test_variance && !cells[arm][b].as_baseline)
        d.push_back(*cells[0][b].test_variance - *cells[arm][b].test_variance);
    double sum = 0;
    for (const double x : d) sum += x;
    for (const double x : d) squares += std::pow(x - sum / static_cast<double>(d.size()), 2);
    freedom += std::max<int64_t>(0, std::ssize(d) - 1);
  }
  return std::sqrt(ratio(squares, static_cast<double>(freedom)));
}

void print_replayed(const Json& arm, const Sweep& sweep, const DesignReplay& replay) {
  const std::string name = arm.at("name").get<std::string>();
  std::string fate;
  std::optional<double> mean;
  for (const DesignDecision& decision : replay.decisions)
    for (const ArmAtDecision& decided : decision.arms)
      if (arm_name(sweep.arms[decided.arm - 1]) == name && decided.fate != ArmFate::kGoesOn) {
        fate = fmt::format("{} after {} seeds", arm_fate_name(decided.fate), decision.seeds);
        mean = decided.mean;
      }
  fmt::print("| {} | {} | {} | {} |\n", name, arm.at("verdict").get<std::string>(), fate,
             mean ? fmt::format("{:.3g}", *mean * 1e4) : "-");
}

// An effect that the fixed design of so many blocks finds in about nine of ten cases.
double effect_for(int64_t blocks) { return blocks <= 10 ? 1.5 : blocks <= 16 ? 1.1 : 0.95; }

void compare_designs(const Options& options, int64_t fixed, double most) {
  const auto blocks = static_cast<int64_t>(std::lround(most * static_cast<double>(fixed)));
  for (const NoiseShape shape : {NoiseShape::kSymmetric, NoiseShape::kRightSkewed}) {
    for (const int64_t effective : {int64_t{0}, options.arms / 4}) {
      if (shape != NoiseShape::kSymmetric && effective > 0) continue;
      Comparison comparison{.truth = {.arms = options.arms,
                                      .blocks = blocks,
                                      .shape = shape,
                                      .effective = effective,
                                      .effect_size = effect_for(fixed)},
                            .fixed_blocks = fixed};
      AnalysisSpec& analysis = comparison.sequential;
      analysis.correction = "holm";
      analysis.stopping = StoppingSpec{.looks = looks_of(options, blocks, kGroupSequential),
                                       .spending = options.spending,
                                       .futility = options.futility};
      const std::string noise = fmt::format("n = {}, {}", fixed, noise_shape_name(shape));
      print_line("group-sequential, " + noise, comparison, compare_all(comparison, options));
      if (shape != NoiseShape::kSymmetric) continue;
      analysis.stopping->rule = kEProcess;
      analysis.stopping->looks = default_looks(blocks, kEProcess);
      analysis.stopping->scale = std::sqrt(2.0) * kVarianceNoise;
      print_line("e-process, " + noise, comparison, compare_all(comparison, options));
      analysis.stopping = StoppingSpec{.looks = looks_of(options, blocks, kGroupSequential),
                                       .spending = options.spending,
                                       .futility = options.futility};
      comparison.truth.blocks += options.selection_seeds;
      analysis.selection = SelectionSpec{.seeds = std::vector<uint64_t>(static_cast<size_t>(options.selection_seeds)),
                                         .keep = options.selected};
      print_line(fmt::format("{} of {} selected on {} seeds, then group-sequential, {}", options.selected, options.arms,
                             options.selection_seeds, noise),
                 comparison, compare_all(comparison, options));
    }
  }
}

// A finished sweep as if it had been stopped by its looks, beside what its fixed design found.
Status replay_file(const std::string& file, const Options& options) {
  EV_ASSIGN_OR_RETURN(const std::string text, read_file(file));
  EV_ASSIGN_OR_RETURN(const Json json, parse_results(text));
  EV_ASSIGN_OR_RETURN(SweepResults results, stored_results(json));
  EV_ASSIGN_OR_RETURN(const StageCells cells, stage_cells(results));
  AnalysisSpec& analysis = results.sweep.analysis;
  const std::string fixed_correction = analysis.correction;
  analysis.correction = "holm";
  for (const char* rule : {kGroupSequential, kEProcess}) {
    analysis.stopping = StoppingSpec{.rule = rule,
                                     .looks = looks_of(options, std::ssize(results.sweep.seeds), rule),
                                     .spending = options.spending,
                                     .futility = options.futility};
    if (rule == std::string(kEProcess)) analysis.stopping->scale = spread_within_arms(cells);
    const DesignReplay replay = replay_design(results.sweep, cells);
    const auto seeds = std::ssize(results.sweep.seeds);
    const int64_t fixed = replay_design(without_design(results.sweep), cells).trainings;
    fmt::print(
        "\n{}: {} arms, {} seeds, {}, looks {}: {} trainings instead of {} ({:.2f}; {:.2f} of a baseline for each "
        "trial)\n\n| arm | fixed design ({}) | stopped | mean D_u, pp² |\n|---|---|---|---|\n",
        results.sweep.name, results.sweep.arms.size(), seeds, rule, listed(analysis.stopping->looks), replay.trainings,
        fixed, ratio(static_cast<double>(replay.trainings), static_cast<double>(fixed)),
        ratio(static_cast<double>(replay.trainings), static_cast<double>(2 * std::ssize(results.sweep.arms) * seeds)),
        fixed_correction);
    for (const Json& arm : json.at("arms")) print_replayed(arm, results.sweep, replay);
  }
  return absl::OkStatus();
}

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("Trainings, error rates and power of sequential designs beside the fixed one");
  app.add_option("--sweeps", options.sweeps, "simulated sweeps of each design")->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--arms", options.arms)->capture_default_str();
  app.add_option("--fixed", options.fixed, "seeds of the fixed design")->delimiter(',')->capture_default_str();
  app.add_option("--most", options.most, "seeds of the sequential design at most, as a share of the fixed one's")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--looks", options.shares, "looks at these shares of the seeds (default: those of a sweep file)")
      ->delimiter(',');
  app.add_option("--spending", options.spending)->capture_default_str();
  app.add_option("--futility", options.futility)->capture_default_str();
  app.add_option("--replay", options.replay, "results.json of finished sweeps, instead of simulated ones");
  CLI11_PARSE(app, argc, argv);
  for (const std::string& file : options.replay)
    if (const Status status = replay_file(file, options); !status.ok()) {
      fmt::print(stderr, "calibrate_sequential: {}: {}\n", file, std::string(status.message()));
      return 1;
    }
  if (!options.replay.empty()) return 0;
  print_head();
  for (const int64_t fixed : options.fixed)
    for (const double most : options.most) compare_designs(options, fixed, most);
  return 0;
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) { return evensweep::main_of(argc, argv); }

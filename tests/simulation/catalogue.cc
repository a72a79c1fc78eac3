#include "tests/simulation/catalogue.h"

#include <cstdlib>
#include <unordered_map>
#include <utility>

#include "common/model/expand.h"
#include "common/model/json.h"
#include "sweeps/methods/method.h"
#include "tests/scenario/core_examples.h"

namespace evensweep::simulation {
namespace {

using coordinator::effective_arm;
using coordinator::even_result_text;
using coordinator::focal_arm;
using coordinator::small_sweep;
using coordinator::stopping_sweep;
using coordinator::tpr_arm;

Arm rounds_arm(double gamma, int rounds) {
  Arm arm = tpr_arm(gamma);
  arm.parameters["rounds"] = rounds;
  return arm;
}

std::vector<uint64_t> seeds(uint64_t first, uint64_t count) {
  std::vector<uint64_t> list;
  for (uint64_t seed = first; seed < first + count; ++seed) list.push_back(seed);
  return list;
}

// Arms and seeds overlap, so that sweeps share runs; arms without effect share their runs with the baseline.
std::vector<Sweep> all_sweeps() {
  Sweep foreign = small_sweep("foreign", {tpr_arm(1), focal_arm(2)}, {1, 2});
  foreign.trainer = kForeignTrainer;
  Sweep selecting = stopping_sweep("selecting", {2, 3}, {1, 2, 4});
  selecting.arms.push_back(tpr_arm(1));
  selecting.analysis.selection = SelectionSpec{.seeds = {101, 102}, .keep = 2};
  std::vector<Arm> many;
  for (int gamma = 1; gamma <= 9; ++gamma) many.push_back(gamma % 2 == 0 ? focal_arm(gamma) : tpr_arm(gamma));
  return {small_sweep("one", {tpr_arm(1)}, {1}),
          small_sweep("two", {tpr_arm(1), focal_arm(2)}, {1}),
          small_sweep("three", {tpr_arm(0), focal_arm(0), focal_arm(2), effective_arm(0.9)}, {1, 2}),
          foreign,
          small_sweep("again", {tpr_arm(1), tpr_arm(2)}, {2, 3}),
          stopping_sweep("stopping", {2, 3}, {1, 2, 4}),
          small_sweep("rounds", {rounds_arm(1, 2), rounds_arm(1, 3), tpr_arm(1)}, {1, 2}),
          selecting,
          small_sweep("broad", many, {1, 2}),
          small_sweep("deep", {tpr_arm(1), focal_arm(2)}, seeds(1, 30))};
}

RunKey key_of(const Sweep& sweep, uint64_t seed, const Decision& decision) {
  return run_key(make_run_spec(sweep, seed, decision.treatment, decision.variation));
}

ConfusionMatrix validation_of(const RunKey& run) { return parse_run_result(*result_of(run)).value().validation; }

RunKey expected_run(const Sweep& sweep, size_t arm, uint64_t seed) {
  const RunKey baseline = key_of(sweep, seed, {.treatment = unit_treatment(sweep.classes.names.size())});
  if (arm == 0) return baseline;
  const Arm& described = sweep.arms[arm - 1];
  RunKey run = baseline;
  for (int64_t round = 1; round <= rounds_of(described); ++round) {
    std::optional<ConfusionMatrix> validation;
    if (needs_baseline(described)) validation = validation_of(run);
    const StatusOr<Decision> decision = decide(described, sweep.classes.train, validation, seed);
    if (!decision.ok()) std::abort();  // the catalogue is of sweeps that can be trained
    run = key_of(sweep, seed, *decision);
  }
  return run;
}

KnownSweep known(Sweep sweep) {
  sweep.classes.test = sweep.classes.validation;  // results are as even_result_text() makes them
  KnownSweep known{.id = sweep_id(sweep), .seeds = all_seeds(sweep).size()};
  known.staged = sweep.analysis.selection || sweep.analysis.stopping;
  for (size_t arm = 0; arm <= sweep.arms.size(); ++arm) {
    if (arm > 0 && rounds_of(sweep.arms[arm - 1]) > 1) known.rounds = true;
    for (const uint64_t seed : all_seeds(sweep)) known.expected.push_back(expected_run(sweep, arm, seed));
  }
  known.sweep = std::move(sweep);
  return known;
}

}  // namespace

const std::vector<KnownSweep>& known_sweeps() {
  static const std::vector<KnownSweep> kSweeps = [] {
    std::vector<KnownSweep> sweeps;
    for (Sweep& sweep : all_sweeps()) sweeps.push_back(known(std::move(sweep)));
    return sweeps;
  }();
  return kSweeps;
}

bool needs_counts(const KnownSweep& known, uint32_t arm) {
  return arm > 0 && needs_baseline(known.sweep.arms[arm - 1]);
}

uint64_t number_of(const RunKey& run) { return std::strtoull(run.str().substr(0, 16).c_str(), nullptr, 16); }

std::shared_ptr<const std::string> result_of(const RunKey& run) {
  // Shared by all seeds: the runs are the same ones again and again.
  thread_local std::unordered_map<RunKey, std::shared_ptr<const std::string>> made;
  std::shared_ptr<const std::string>& text = made[run];
  if (text == nullptr) {
    const uint64_t number = number_of(run);
    text = std::make_shared<const std::string>(
        even_result_text(10 + static_cast<int64_t>(number % 11), 1 + static_cast<int64_t>(number / 11 % 10)));
  }
  return text;
}

std::string other_result_of(const RunKey& run) {
  RunResult result = parse_run_result(*result_of(run)).value();
  ++result.validation.counts[0];
  return to_json(result).dump();
}

}  // namespace evensweep::simulation

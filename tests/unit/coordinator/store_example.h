#pragma once
// A sweep of two arms and its records.

#include <string>
#include <vector>

#include "common/model/json.h"
#include "coordinator/core/step.h"
#include "tests/scenario/core_examples.h"

namespace evensweep::coordinator {

struct StoreExample {
  Sweep sweep = small_sweep("stored", {tpr_arm(1), focal_arm(2)}, {3, 4});
  SweepId id = sweep_id(sweep);
  AgentId agent{"agent"};

  RunSpec spec(double focal_gamma, uint64_t seed) const {
    return make_run_spec(sweep, seed, {.class_weights = {1, 1}, .focal_gamma = focal_gamma});
  }
  RunKey key(double focal_gamma, uint64_t seed = 3) const { return run_key(spec(focal_gamma, seed)); }
  RunAdded added(double focal_gamma, uint64_t seed = 3) const {
    return {.run = key(focal_gamma, seed), .spec_json = to_json(spec(focal_gamma, seed)).dump()};
  }
  TrialId trial(uint32_t arm, uint32_t seed) const { return {.sweep = id, .arm = arm, .seed = seed}; }
  // Run number n of an endless row.
  RunAdded numbered(uint64_t n) const { return added(1 + static_cast<double>(n) / 4096, 3); }

  // The sweep with a finished baseline, a failed focal run and a trial without a run at the first seed; the baseline of
  // the second seed is under way.
  std::vector<Record> records() const {
    const RunKey baseline = key(0), focal = key(2), second = key(0, 4);
    const Failure error{.failure = FailureClass::kTrainerError, .message = "exit code 1", .stderr_tail = "a\nb"};
    const Failure undecided{.failure = FailureClass::kBadInput, .message = "no TPR"};
    return {SweepAdded{.id = id, .sweep = sweep},
            added(0),
            TrialResolved{.trial = trial(0, 0), .run = baseline, .notes = {}},
            added(2),
            TrialResolved{.trial = trial(2, 0), .run = focal, .notes = {"a \"note\"", "another"}},
            added(0, 4),
            TrialResolved{.trial = trial(0, 1), .run = second, .notes = {}},
            AttemptGranted{.attempt = {baseline, 1}, .agent = agent},
            AttemptGranted{.attempt = {focal, 1}, .agent = agent},
            AttemptEnded{.attempt = {baseline, 1}, .failure = std::nullopt},
            RunFinished{.run = baseline, .result_json = result_text()},
            TrialFailed{.trial = trial(1, 0), .failure = undecided},
            AttemptEnded{.attempt = {focal, 1}, .failure = error},
            AttemptGranted{.attempt = {focal, 2}, .agent = agent},
            AttemptEnded{.attempt = {focal, 2}, .failure = error},
            RunFailed{.run = focal, .failure = error},
            AttemptGranted{.attempt = {second, 1}, .agent = agent}};
  }
};

}  // namespace evensweep::coordinator

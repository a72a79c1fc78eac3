#pragma once
// A sweep of two arms and its records.

#include <string>
#include <vector>

#include "common/model/json.h"
#include "common/model/run_spec_text.h"
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
  static constexpr RunId kBaseline = 0, kFocal = 1, kSecond = 2;
  // Run number `run` of the store.
  RunAdded added(RunId run, double focal_gamma, uint64_t seed = 3) const {
    const std::string text = to_json(spec(focal_gamma, seed)).dump();
    const RunSpecParts parts = split_run_spec(text).value();
    return {.run = run,
            .key = sha256(text),
            .classes = 2,
            .spec_json = text,
            .base_json = parts.base,
            .part_json = parts.part};
  }
  RunAdded baseline() const { return added(kBaseline, 0); }
  RunAdded focal() const { return added(kFocal, 2); }
  RunAdded second() const { return added(kSecond, 0, 4); }
  TrialId trial(uint32_t arm, uint32_t seed) const { return {.sweep = 0, .arm = arm, .seed = seed}; }
  // One of an endless row of runs, from number 3 on.
  RunAdded numbered(RunId run) const { return added(run, 1 + static_cast<double>(run) / 4096, 3); }

  // The sweep with a finished baseline, a failed focal run and a trial without a run at the first seed; the baseline of
  // the second seed is under way.
  std::vector<Record> records() const {
    const Failure error{.failure = FailureClass::kTrainerError, .message = "exit code 1", .stderr_tail = "a\nb"};
    const Failure undecided{.failure = FailureClass::kBadInput, .message = "no TPR"};
    return {SweepAdded{.number = 0, .id = id, .sweep = sweep},
            baseline(),
            TrialResolved{.trial = trial(0, 0), .run = kBaseline, .notes = {}},
            focal(),
            TrialResolved{.trial = trial(2, 0), .run = kFocal, .notes = {"a \"note\"", "another"}},
            second(),
            TrialResolved{.trial = trial(0, 1), .run = kSecond, .notes = {}},
            AttemptGranted{.run = kBaseline, .number = 1, .agent = agent},
            AttemptGranted{.run = kFocal, .number = 1, .agent = agent},
            AttemptEnded{.run = kBaseline, .number = 1, .failure = std::nullopt},
            RunFinished{.run = kBaseline, .result_json = result_text()},
            TrialFailed{.trial = trial(1, 0), .failure = undecided},
            AttemptEnded{.run = kFocal, .number = 1, .failure = error},
            AttemptGranted{.run = kFocal, .number = 2, .agent = agent},
            AttemptEnded{.run = kFocal, .number = 2, .failure = error},
            RunFailed{.run = kFocal, .failure = error},
            AttemptGranted{.run = kSecond, .number = 1, .agent = agent}};
  }
};

}  // namespace evensweep::coordinator

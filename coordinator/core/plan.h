#pragma once
// What a sweep would train, given what is trained already. Pure; nothing is submitted.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"
#include "common/model/spec.h"

namespace evensweep::coordinator {

struct ArmPlan {
  std::string name;
  uint64_t trained = 0;                 // trials whose run has a result
  uint64_t to_train = 0;                // trials whose run has none, and that need one of their own
  uint64_t after_baseline = 0;          // of those, how many get their treatment only once their baseline is trained
  uint64_t earlier_rounds = 0;          // runs to train of rounds before the last, not counted in to_train
  uint64_t shared = 0;                  // trials whose run is already counted with an arm above
  bool control = false;                 // see is_control
  std::optional<std::string> identity;  // why the arm cannot differ from the baseline on this data
};

struct Plan {
  std::vector<ArmPlan> arms;  // the baseline first
  uint64_t trials = 0;
  uint64_t runs_trained = 0;
  uint64_t runs_to_train = 0;  // at most: treatments that are still unknown may turn out equal
  SweepResults known;          // all trials, and the results of those that are trained: test counts, no predictions
};

// What is known of a run: absent without a result.
using FinishedRun = std::function<StatusOr<std::optional<RunResult>>(const RunKey&)>;

StatusOr<Plan> plan(const Sweep& sweep, const FinishedRun& finished);

}  // namespace evensweep::coordinator

#pragma once
// What a training gave, and what became of every run of a sweep.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/model/design.h"
#include "common/model/spec.h"

namespace evensweep {

// counts[true_class * classes + predicted_class], in examples.
struct ConfusionMatrix {
  int64_t classes = 0;
  std::vector<int64_t> counts;
  int64_t at(int64_t truth, int64_t predicted) const {
    return counts[static_cast<size_t>(truth * classes + predicted)];
  }
  friend bool operator==(const ConfusionMatrix&, const ConfusionMatrix&) = default;
};

struct CurvePoint {
  int64_t epoch = 0;  // 1 for the first
  double train_loss = 0;
  double validation_accuracy = 0;
  double lr = 0;  // at the last step of the epoch
  friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};

// Everything about a training that may differ when it is repeated.
struct RunTimes {
  double train_seconds = 0;
  double evaluate_seconds = 0;
  double examples_per_second = 0;  // of training alone
  std::string finished_at;         // ISO 8601, UTC
};

struct Environment {
  std::string trainer;   // program and version
  std::string libtorch;  // version
  std::string device;    // "cpu (AVX2)", "cuda: NVIDIA H100"
  int64_t threads = 0;
};

struct RunResult {
  ConfusionMatrix validation;
  ConfusionMatrix test;
  std::vector<uint16_t> test_predictions;  // predicted class of each test row, test rows in ascending row order
  std::vector<CurvePoint> curve;
  int64_t model_parameters = 0;
  RunTimes times;
  Environment environment;
};

// Why an attempt ended without a result. What follows from each is the coordinator's decision.
enum class FailureClass {
  kBadInput,      // the spec or the data cannot be trained; another attempt would fail as well
  kDiverged,      // loss or logits not finite: a finding about the method, not an accident
  kTrainerError,  // the trainer reported an error, broke its contract or exited badly
  kOutOfMemory,
  kInfrastructure,  // agent or machine lost; not the run's fault
  kPreempted,       // stopped on request, checkpoint kept
};
const char* failure_class_name(FailureClass failure);  // "bad_input", "diverged", ...
std::optional<FailureClass> parse_failure_class(const std::string& name);

struct Failure {
  FailureClass failure = FailureClass::kTrainerError;
  std::string message;      // one line
  std::string stderr_tail;  // last lines of the trainer, may be empty
};

// What a table of results says of a training that was done elsewhere. All else about it is unknown, and stays so.
struct TableCounts {
  std::vector<int64_t> correct, total;        // test examples of each class
  std::optional<ConfusionMatrix> confusions;  // where the table has predictions
};

// A run as the report sees it.
struct RunOutcome {
  RunKey key;
  Treatment treatment;
  std::optional<RunResult> result;  // absent: not finished or failed
  std::optional<Failure> failure;
  std::optional<TableCounts> table;  // in place of a result, where the results come from a table
};

// One arm at one seed. `run` is absent while its treatment is unknown (its baseline has not finished).
struct TrialOutcome {
  Arm arm;
  uint64_t seed = 0;
  std::optional<RunKey> run;
  std::vector<std::string> notes;  // from the method: floored and clipped classes, identity, ...
  std::optional<Failure> failure;  // the trial has no run and never will: its baseline failed, or so did its method
  std::string not_needed = {};     // why the design leaves it out; empty: it doesn't
};

// The file that results were read from, where they were not trained here.
struct TableSource {
  std::string path, sha256;
  std::string form;  // counts | wide counts | predictions
  int64_t rows = 0;  // below the header
};

// Everything the statistics and the report need. Baseline trials come first, then the arms in sweep order, each by the
// order of all_seeds().
struct SweepResults {
  SweepId id;
  Sweep sweep;
  std::vector<TrialOutcome> trials;
  std::map<RunKey, RunOutcome> runs;
  std::vector<DesignDecision> decisions = {};  // of a sweep with selection or stopping, in the order they were made
  std::optional<TableSource> table;            // the sweep then has names, seeds, arms and analysis, but no recipe
};

}  // namespace evensweep

#include "sweeps/report/stored_results.h"

#include <utility>

#include "common/model/json_fields.h"
#include "sweeps/report/view.h"

namespace evensweep {
namespace {

constexpr int64_t kMostExamples = 1'000'000'000'000;  // sums of counts stay far from overflow

Status refused(const std::string& what) { return absl::InvalidArgumentError("results: " + what); }

StatusOr<Arm> arm_of(View arm) {
  Arm read{.method = arm["method"].text(), .parameters = {}, .options = {}};
  if (read.method.empty()) return refused("an arm has no method");
  for (const auto& [name, value] : arm["parameters"].members()) read.parameters[name] = value.number().value_or(0);
  for (const auto& [name, value] : arm["options"].members()) read.options[name] = value.text();
  return read;
}

StatusOr<std::vector<uint64_t>> seeds_of(const Json& sweep) {
  std::vector<uint64_t> seeds;
  if (sweep.contains("seeds") && sweep.at("seeds").is_array())
    for (const Json& seed : sweep.at("seeds")) {
      if (!seed.is_number_unsigned()) return refused("sweep.seeds: must be whole numbers of at least 0");
      seeds.push_back(seed.get<uint64_t>());
    }
  if (seeds.empty()) return refused("sweep.seeds: must not be empty");
  return seeds;
}

// Rows of counts, as many as columns; absent where there are none.
StatusOr<std::optional<ConfusionMatrix>> matrix_of(const Json& run, const char* name) {
  if (!run.contains(name) || run.at(name).is_null()) return std::nullopt;
  const Json& rows = run.at(name);
  ConfusionMatrix matrix{.classes = std::ssize(rows), .counts = {}};
  for (const Json& row : rows) {
    if (!row.is_array() || row.size() != rows.size())
      return refused(std::string("runs: ") + name + ": must be a square table of counts");
    for (const Json& count : row) {
      // An unsigned number beyond int64_t reads as a negative one.
      if (!count.is_number_integer() || count.get<int64_t>() < 0 || count.get<int64_t>() > int64_t{kMostExamples})
        return refused(std::string("runs: ") + name + ": must hold whole numbers of at least 0");
      matrix.counts.push_back(count.get<int64_t>());
    }
  }
  return matrix;
}

StatusOr<RunOutcome> run_of(const Json& run) {
  const View view(run);
  RunOutcome outcome{.key = RunKey(view["key"].text())};
  EV_ASSIGN_OR_RETURN(std::optional<ConfusionMatrix> test, matrix_of(run, "test"));
  EV_ASSIGN_OR_RETURN(std::optional<ConfusionMatrix> validation, matrix_of(run, "validation"));
  if (!view["class_counts"].absent()) {
    Status status;
    Fields counts(run.at("class_counts"), "results: runs.class_counts", status);
    outcome.table = TableCounts{.correct = counts.integers("correct", 0), .total = counts.integers("total", 0)};
    if (!status.ok()) return status;
  } else if (test) {
    outcome.result =
        RunResult{.validation = std::move(validation).value_or(ConfusionMatrix{}), .test = *std::move(test)};
    outcome.result->times.train_seconds = view["times"]["train_seconds"].number().value_or(0);
    outcome.result->times.evaluate_seconds = view["times"]["evaluate_seconds"].number().value_or(0);
    outcome.result->environment.device = view["environment"]["device"].text();
  } else if (!view["failure"].absent()) {
    const auto failure = parse_failure_class(view["failure"]["class"].text());
    outcome.failure =
        Failure{.failure = failure.value_or(FailureClass::kTrainerError), .message = view["failure"]["message"].text()};
  }
  return outcome;
}

}  // namespace

StatusOr<SweepResults> stored_results(const Json& json) {
  const View root(json);
  SweepResults results{.id = SweepId(root["sweep_id"].text())};
  if (!json.is_object() || !json.contains("sweep")) return refused("sweep: is missing");
  results.sweep.name = root["sweep"]["name"].text();
  results.sweep.classes.names = root["sweep"]["classes"]["names"].texts();
  EV_ASSIGN_OR_RETURN(results.sweep.seeds, seeds_of(json.at("sweep")));
  results.sweep.analysis.alpha = root["analysis"]["alpha"].number().value_or(0.05);
  results.sweep.analysis.correction = root["analysis"]["correction"].text();
  std::map<std::string, Arm> arms = {{kBaseline, Arm{kBaseline, {}, {}}}};
  for (const View& arm : root["arms"].items()) {
    EV_ASSIGN_OR_RETURN(Arm read, arm_of(arm));
    results.sweep.arms.push_back(read);
    arms.emplace(arm_name(read), std::move(read));
  }
  if (json.contains("runs"))
    for (const Json& run : json.at("runs")) {
      EV_ASSIGN_OR_RETURN(RunOutcome outcome, run_of(run));
      RunKey key = outcome.key;
      results.runs.emplace(std::move(key), std::move(outcome));
    }
  if (json.contains("trials"))
    for (const Json& trial : json.at("trials")) {
      const View view(trial);
      const auto arm = arms.find(view["arm"].text());
      if (arm == arms.end() || !trial.contains("seed") || !trial.at("seed").is_number_unsigned())
        return refused("trials: one is of no arm or has no seed");
      results.trials.push_back({.arm = arm->second, .seed = trial.at("seed").get<uint64_t>()});
      if (!view["run"].absent()) results.trials.back().run = RunKey(view["run"].text());
    }
  return results;
}

}  // namespace evensweep

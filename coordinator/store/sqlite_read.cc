#include <sqlite3.h>

#include <utility>

#include "common/model/expand.h"
#include "common/model/json.h"
#include "coordinator/store/sqlite_store.h"

namespace evensweep::coordinator {
namespace {

Status damaged(const std::string& path, const std::string& what, const Status& why) {
  return absl::DataLossError(path + ": " + what + " cannot be read: " + std::string(why.message()));
}

std::optional<FailureClass> failure_class_in(const SQLite::Column& column) {
  if (column.isNull()) return std::nullopt;
  const StatusOr<Failure> failure = parse_failure(column.getText());
  return failure.ok() ? failure->failure : FailureClass::kTrainerError;
}

StoredRun::State state_of(const std::string& name) {
  if (name == "finished") return StoredRun::State::kFinished;
  return name == "failed" ? StoredRun::State::kFailed : StoredRun::State::kOpen;
}

}  // namespace

StatusOr<Snapshot> SqliteStore::load() {
  try {
    Snapshot snapshot;
    const StatementUse runs = statement(
        "SELECT key, state, failure_json, charged_after, "
        "CASE WHEN json_valid(spec_json) THEN json_array_length(spec_json, '$.treatment.class_weights') END "
        "FROM runs ORDER BY key");
    while (runs->executeStep())
      snapshot.runs.push_back({.run = RunKey(runs->getColumn(0).getText()),
                               .classes = runs->getColumn(4).getInt64(),
                               .state = state_of(runs->getColumn(1).getText()),
                               .failure = failure_class_in(runs->getColumn(2)),
                               .attempts = {},
                               .charged_after = runs->getColumn(3).getUInt()});
    const StatementUse attempts =
        statement("SELECT run_key, number, agent, ended_at, failure_json FROM attempts ORDER BY run_key, number");
    auto run = snapshot.runs.begin();
    while (attempts->executeStep()) {
      const RunKey key(attempts->getColumn(0).getText());
      while (run != snapshot.runs.end() && run->run < key) ++run;
      if (run == snapshot.runs.end() || run->run != key) continue;
      run->attempts.push_back({.number = attempts->getColumn(1).getUInt(),
                               .agent = AgentId(attempts->getColumn(2).getText()),
                               .open = attempts->getColumn(3).isNull(),
                               .failure = failure_class_in(attempts->getColumn(4))});
    }
    EV_RETURN_IF_ERROR(read_decisions(snapshot));
    return snapshot;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<std::string> SqliteStore::run_spec(const RunKey& run) {
  try {
    const StatementUse select = statement("SELECT spec_json FROM runs WHERE key = ?");
    select->bind(1, run.str());
    if (select->executeStep()) return std::string(select->getColumn(0).getText());
    return absl::NotFoundError("run " + run.str() + " is not in " + path_);
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<RunResult> SqliteStore::result(const RunKey& run) {
  try {
    const StatementUse select = statement("SELECT result_json FROM results WHERE run_key = ?");
    select->bind(1, run.str());
    if (!select->executeStep()) return absl::NotFoundError("run " + run.str() + " has no result in " + path_);
    StatusOr<RunResult> result = parse_run_result(select->getColumn(0).getText());
    if (!result.ok()) return damaged(path_, "the result of run " + run.str(), result.status());
    return result;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<SweepResults> SqliteStore::sweep_results(const SweepId& id) {
  try {
    const StatementUse select = statement("SELECT sweep_json FROM sweeps WHERE id = ?");
    select->bind(1, id.str());
    if (!select->executeStep()) return absl::NotFoundError("sweep " + id.str() + " is not in " + path_);
    StatusOr<Sweep> sweep = parse_sweep(select->getColumn(0).getText());
    if (!sweep.ok()) return damaged(path_, "sweep " + id.str(), sweep.status());
    SweepResults results{.id = id, .sweep = *std::move(sweep)};
    EV_RETURN_IF_ERROR(read_trials(results));
    EV_RETURN_IF_ERROR(read_decisions(results));
    return results;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<std::vector<SubmittedPlan>> SqliteStore::plans_named(const std::string& name) {
  try {
    const StatementUse select = statement(
        schema_ == 1
            ? "SELECT id, '', json_array_length(sweep_json, '$.arms'), json_array_length(sweep_json, '$.seeds') "
              "FROM sweeps WHERE name = ? ORDER BY submitted_at, id"
            : "SELECT id, plan_sha256, json_array_length(sweep_json, '$.arms'), "
              "json_array_length(sweep_json, '$.seeds') FROM sweeps WHERE name = ? ORDER BY submitted_at, id");
    select->bind(1, name);
    std::vector<SubmittedPlan> plans;
    while (select->executeStep())
      plans.push_back({.sweep = SweepId(select->getColumn(0).getText()),
                       .plan_sha256 = select->getColumn(1).getText(),
                       .arms = select->getColumn(2).getInt64(),
                       .seeds = select->getColumn(3).getInt64()});
    return plans;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

Status SqliteStore::read_trials(SweepResults& results) {
  const Sweep& sweep = results.sweep;
  const std::vector<uint64_t> seeds = all_seeds(sweep);
  for (size_t arm = 0; arm <= sweep.arms.size(); ++arm)
    for (const uint64_t seed : seeds) results.trials.push_back({.arm = arm_of_trial(sweep, arm), .seed = seed});
  const auto classes = static_cast<int64_t>(sweep.classes.names.size());
  const StatementUse select = statement(
      "SELECT arm, seed, run_key, notes_json, failure_json FROM trials WHERE sweep_id = ? ORDER BY arm, seed");
  select->bind(1, results.id.str());
  while (select->executeStep()) {
    const size_t index =
        static_cast<size_t>(select->getColumn(0).getUInt()) * seeds.size() + select->getColumn(1).getUInt();
    if (index >= results.trials.size())
      return absl::DataLossError(path_ + ": a trial outside of sweep " + results.id.str());
    TrialOutcome& trial = results.trials[index];
    const Json notes = Json::parse(select->getColumn(3).getText(), nullptr, false);
    if (notes.is_array())
      for (const Json& note : notes)
        if (note.is_string()) trial.notes.push_back(note.get<std::string>());
    if (!select->getColumn(4).isNull()) {
      StatusOr<Failure> failure = parse_failure(select->getColumn(4).getText());
      if (!failure.ok()) return damaged(path_, "a trial of sweep " + results.id.str(), failure.status());
      trial.failure = *std::move(failure);
    }
    if (select->getColumn(2).isNull()) continue;
    trial.run = RunKey(select->getColumn(2).getText());
    if (!results.runs.contains(*trial.run)) EV_RETURN_IF_ERROR(read_run(*trial.run, classes, results));
  }
  return absl::OkStatus();
}

Status SqliteStore::read_decisions(Snapshot& snapshot) {
  const StatementUse select = statement("SELECT sweep_id, decision_json FROM decisions ORDER BY sweep_id, number");
  while (select->executeStep()) {
    const SweepId sweep(select->getColumn(0).getText());
    StatusOr<DesignDecision> decision = parse_decision(select->getColumn(1).getText());
    if (!decision.ok()) return damaged(path_, "a decision about sweep " + sweep.str(), decision.status());
    snapshot.decisions[sweep].push_back(*std::move(decision));
  }
  return absl::OkStatus();
}

Status SqliteStore::read_decisions(SweepResults& results) {
  if (schema_ == 1) return absl::OkStatus();  // read only, and older than decisions
  const StatementUse select = statement("SELECT decision_json FROM decisions WHERE sweep_id = ? ORDER BY number");
  select->bind(1, results.id.str());
  while (select->executeStep()) {
    StatusOr<DesignDecision> decision = parse_decision(select->getColumn(0).getText());
    if (!decision.ok()) return damaged(path_, "a decision about sweep " + results.id.str(), decision.status());
    results.decisions.push_back(*std::move(decision));
  }
  mark_not_needed(results);
  return absl::OkStatus();
}

Status SqliteStore::read_run(const RunKey& run, int64_t classes, SweepResults& results) {
  const StatementUse select = statement(
      "SELECT runs.spec_json, runs.failure_json, results.result_json FROM runs "
      "LEFT JOIN results ON results.run_key = runs.key WHERE runs.key = ?");
  select->bind(1, run.str());
  if (!select->executeStep()) return absl::DataLossError(path_ + ": run " + run.str() + " is missing");
  StatusOr<RunSpec> spec = parse_run_spec(select->getColumn(0).getText());
  if (!spec.ok()) return damaged(path_, "the spec of run " + run.str(), spec.status());
  RunOutcome outcome{.key = run, .treatment = std::move(spec->treatment)};
  if (!select->getColumn(1).isNull()) {
    StatusOr<Failure> failure = parse_failure(select->getColumn(1).getText());
    if (!failure.ok()) return damaged(path_, "the failure of run " + run.str(), failure.status());
    outcome.failure = *std::move(failure);
  }
  if (!select->getColumn(2).isNull()) {
    StatusOr<RunResult> result = parse_run_result(select->getColumn(2).getText(), classes);
    if (!result.ok()) return damaged(path_, "the result of run " + run.str(), result.status());
    outcome.result = *std::move(result);
  }
  results.runs.emplace(run, std::move(outcome));
  return absl::OkStatus();
}

}  // namespace evensweep::coordinator

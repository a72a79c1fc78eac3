#include <sqlite3.h>

#include <cstring>
#include <map>
#include <utility>

#include "common/base/log.h"
#include "common/model/expand.h"
#include "common/model/json.h"
#include "common/model/run_spec_text.h"
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

Digest digest_in(const SQLite::Column& column) {
  Digest digest;
  if (column.getBytes() == static_cast<int>(digest.bytes.size()))
    std::memcpy(digest.bytes.data(), column.getBlob(), digest.bytes.size());
  return digest;
}

constexpr int64_t kRequestsKept = 7 * 24 * 3600 * int64_t{1000};  // ms

}  // namespace

StatusOr<Snapshot> SqliteStore::load() {
  try {
    Snapshot snapshot;
    EV_RETURN_IF_ERROR(read_sweeps(snapshot));
    EV_RETURN_IF_ERROR(read_runs(snapshot));
    read_attempts(snapshot);
    read_trials(snapshot);
    read_requests(snapshot);
    return snapshot;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

Status SqliteStore::read_sweeps(Snapshot& snapshot) {
  const StatementUse select = statement("SELECT number, id, sweep_json, wish, device FROM sweeps ORDER BY number");
  while (select->executeStep()) {
    const SweepId id(select->getColumn(1).getText());
    if (select->getColumn(0).getInt64() != std::ssize(snapshot.sweeps))
      return absl::DataLossError(path_ + ": sweep number " + std::to_string(snapshot.sweeps.size()) + " is missing");
    StatusOr<Sweep> sweep = parse_sweep(select->getColumn(2).getText());
    if (!sweep.ok()) {  // the others go on without it
      log(LogLevel::kError, "store", std::string(damaged(path_, "sweep " + id.str(), sweep.status()).message()));
      snapshot.sweeps.push_back({.id = id, .sweep = {}, .wish = SweepWish::kCancelled});
      continue;
    }
    snapshot.sweeps.push_back({.id = id,
                               .sweep = *std::move(sweep),
                               .wish = parse_sweep_wish(select->getColumn(3).getText()).value_or(SweepWish::kActive),
                               .device = select->getColumn(4).getText(),
                               .decisions = {}});
    EV_ASSIGN_OR_RETURN(snapshot.sweeps.back().decisions,
                        read_decisions(static_cast<SweepNumber>(snapshot.sweeps.size() - 1), id));
  }
  return absl::OkStatus();
}

Status SqliteStore::read_runs(Snapshot& snapshot) {
  const StatementUse select = statement(
      "SELECT number, key, state, failure_json, charged_after, classes, checkpoint_sha256, checkpoint_bytes FROM runs "
      "ORDER BY number");
  while (select->executeStep()) {
    if (select->getColumn(0).getInt64() != std::ssize(snapshot.runs))
      return absl::DataLossError(path_ + ": run number " + std::to_string(snapshot.runs.size()) + " is missing");
    StoredRun& run = snapshot.runs.emplace_back();
    run.key = digest_in(select->getColumn(1));
    run.state = static_cast<StoredRun::State>(select->getColumn(2).getInt());
    run.failure = failure_class_in(select->getColumn(3));
    run.charged_after = select->getColumn(4).getUInt();
    run.classes = select->getColumn(5).getUInt();
    if (!select->getColumn(6).isNull())
      run.checkpoint = BlobRef{.sha256 = select->getColumn(6).getText(),
                               .bytes = static_cast<uint64_t>(select->getColumn(7).getInt64())};
  }
  return absl::OkStatus();
}

void SqliteStore::read_attempts(Snapshot& snapshot) {
  const StatementUse select =
      statement("SELECT run, number, agent, ended_at, failure_json, lost, forgiven FROM attempts ORDER BY run, number");
  while (select->executeStep())
    snapshot.attempts.push_back({.run = select->getColumn(0).getUInt(),
                                 .number = select->getColumn(1).getUInt(),
                                 .agent = AgentId(select->getColumn(2).getText()),
                                 .open = select->getColumn(3).isNull(),
                                 .failure = failure_class_in(select->getColumn(4)),
                                 .lost = select->getColumn(5).getInt() != 0,
                                 .forgiven = select->getColumn(6).getInt() != 0});
}

// A sweep for the built-in trainer outlives its numerics: trials that were resolved for earlier ones are left out, so
// that they are resolved again and all runs of a sweep are trained alike.
void SqliteStore::read_trials(Snapshot& snapshot) {
  std::map<int64_t, std::string> trainers;  // of each base
  const StatementUse bases = statement("SELECT number, base_json FROM bases");
  while (bases->executeStep()) {
    const Json base = Json::parse(bases->getColumn(1).getText(), nullptr, false);
    if (base.is_object() && base.contains("trainer") && base["trainer"].is_string())
      trainers[bases->getColumn(0).getInt64()] = base["trainer"].get<std::string>();
  }
  const StatementUse select =
      statement("SELECT sweep, seed, arm, run, reused, base FROM trials LEFT JOIN runs ON runs.number = run");
  while (select->executeStep()) {
    StoredTrial trial{.trial = {.sweep = select->getColumn(0).getUInt(),
                                .arm = select->getColumn(2).getUInt(),
                                .seed = select->getColumn(1).getUInt()},
                      .run = std::nullopt,
                      .reused = select->getColumn(4).getInt() != 0};
    if (trial.trial.sweep >= snapshot.sweeps.size()) continue;
    if (!select->getColumn(3).isNull()) {
      trial.run = select->getColumn(3).getUInt();
      if (trainers[select->getColumn(5).getInt64()] != snapshot.sweeps[trial.trial.sweep].sweep.trainer) continue;
    }
    snapshot.trials.push_back(trial);
  }
}

void SqliteStore::read_requests(Snapshot& snapshot) {
  const StatementUse draining = statement("SELECT agent FROM draining");
  while (draining->executeStep()) snapshot.draining.insert(AgentId(draining->getColumn(0).getText()));
  // A client repeats a request for minutes, not for days.
  const StatementUse requests =
      statement("SELECT id FROM requests WHERE done_at > (SELECT max(done_at) FROM requests) - ?");
  requests->bind(1, kRequestsKept);
  while (requests->executeStep()) snapshot.requests.insert(requests->getColumn(0).getText());
}

StatusOr<std::string> SqliteStore::run_spec(RunId run) {
  try {
    const StatementUse select =
        statement("SELECT base_json, part_json FROM runs JOIN bases ON bases.number = base WHERE runs.number = ?");
    select->bind(1, run);
    if (!select->executeStep()) return absl::NotFoundError("run number " + std::to_string(run) + " is not in " + path_);
    StatusOr<std::string> spec = join_run_spec(select->getColumn(0).getText(), select->getColumn(1).getText());
    if (!spec.ok()) return damaged(path_, "the spec of run number " + std::to_string(run), spec.status());
    return spec;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<RunResult> SqliteStore::result(RunId run) {
  try {
    const StatementUse select =
        statement("SELECT result_json, lower(hex(key)) FROM results JOIN runs ON number = run WHERE run = ?");
    select->bind(1, run);
    if (!select->executeStep())
      return absl::NotFoundError("run number " + std::to_string(run) + " has no result in " + path_);
    StatusOr<RunResult> result = parse_run_result(select->getColumn(0).getText());
    if (!result.ok())
      return damaged(path_, std::string("the result of run ") + select->getColumn(1).getText(), result.status());
    return result;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<std::optional<RunResult>> SqliteStore::result_of(const RunKey& key) {
  try {
    if (!keys_) {
      keys_.emplace();
      const StatementUse select = statement("SELECT number, key FROM runs");
      while (select->executeStep()) keys_->emplace(digest_in(select->getColumn(1)), select->getColumn(0).getUInt());
    }
    const std::optional<Digest> digest = digest_of_hex(key.str());
    const auto known = digest ? keys_->find(*digest) : keys_->end();
    if (known == keys_->end()) return std::nullopt;
    StatusOr<RunResult> found = result(known->second);
    if (absl::IsNotFound(found.status())) return std::nullopt;
    EV_RETURN_IF_ERROR(found.status());
    return *std::move(found);
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<SweepResults> SqliteStore::sweep_results(const SweepId& id) {
  try {
    const StatementUse select = statement("SELECT number, sweep_json FROM sweeps WHERE id = ?");
    select->bind(1, id.str());
    if (!select->executeStep()) return absl::NotFoundError("sweep " + id.str() + " is not in " + path_);
    const SweepNumber number = select->getColumn(0).getUInt();
    StatusOr<Sweep> sweep = parse_sweep(select->getColumn(1).getText());
    if (!sweep.ok()) return damaged(path_, "sweep " + id.str(), sweep.status());
    SweepResults results{.id = id, .sweep = *std::move(sweep)};
    EV_RETURN_IF_ERROR(read_trials(number, results));
    EV_ASSIGN_OR_RETURN(results.decisions, read_decisions(number, id));
    mark_not_needed(results);
    return results;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<std::vector<SubmittedPlan>> SqliteStore::plans_named(const std::string& name) {
  try {
    const StatementUse select = statement(
        "SELECT id, plan_sha256, json_array_length(sweep_json, '$.arms'), json_array_length(sweep_json, '$.seeds') "
        "FROM sweeps WHERE name = ? ORDER BY submitted_at, id");
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

Status SqliteStore::read_trials(SweepNumber number, SweepResults& results) {
  const Sweep& sweep = results.sweep;
  const std::vector<uint64_t> seeds = all_seeds(sweep);
  for (size_t arm = 0; arm <= sweep.arms.size(); ++arm)
    for (const uint64_t seed : seeds) results.trials.push_back({.arm = arm_of_trial(sweep, arm), .seed = seed});
  const StatementUse select = statement(
      "SELECT arm, seed, run, notes_json, trials.failure_json, lower(hex(key)) FROM trials "
      "LEFT JOIN runs ON runs.number = run WHERE sweep = ? ORDER BY arm, seed");
  select->bind(1, number);
  while (select->executeStep()) {
    const uint32_t arm = select->getColumn(0).getUInt(), seed = select->getColumn(1).getUInt();
    if (arm > sweep.arms.size() || seed >= seeds.size())
      return absl::DataLossError(path_ + ": a trial outside of sweep " + results.id.str());
    TrialOutcome& trial = results.trials[arm * seeds.size() + seed];
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
    trial.run = RunKey(select->getColumn(5).getText());
    if (!results.runs.contains(*trial.run))
      EV_RETURN_IF_ERROR(read_run(select->getColumn(2).getUInt(), *trial.run, results));
  }
  return absl::OkStatus();
}

StatusOr<std::vector<DesignDecision>> SqliteStore::read_decisions(SweepNumber sweep, const SweepId& id) {
  const StatementUse select = statement("SELECT decision_json FROM decisions WHERE sweep = ? ORDER BY number");
  select->bind(1, sweep);
  std::vector<DesignDecision> decisions;
  while (select->executeStep()) {
    StatusOr<DesignDecision> decision = parse_decision(select->getColumn(0).getText());
    if (!decision.ok()) return damaged(path_, "a decision about sweep " + id.str(), decision.status());
    decisions.push_back(*std::move(decision));
  }
  return decisions;
}

Status SqliteStore::read_run(RunId run, const RunKey& key, SweepResults& results) {
  const StatementUse select = statement(
      "SELECT base_json, part_json, runs.failure_json, result_json FROM runs JOIN bases ON bases.number = base "
      "LEFT JOIN results ON run = runs.number WHERE runs.number = ?");
  select->bind(1, run);
  if (!select->executeStep()) return absl::DataLossError(path_ + ": run " + key.str() + " is missing");
  const StatusOr<std::string> text = join_run_spec(select->getColumn(0).getText(), select->getColumn(1).getText());
  StatusOr<RunSpec> spec = text.ok() ? parse_run_spec(*text) : StatusOr<RunSpec>(text.status());
  if (!spec.ok()) return damaged(path_, "the spec of run " + key.str(), spec.status());
  RunOutcome outcome{.key = key, .treatment = std::move(spec->treatment)};
  if (!select->getColumn(2).isNull()) {
    StatusOr<Failure> failure = parse_failure(select->getColumn(2).getText());
    if (!failure.ok()) return damaged(path_, "the failure of run " + key.str(), failure.status());
    outcome.failure = *std::move(failure);
  }
  if (!select->getColumn(3).isNull()) {
    const auto classes = static_cast<int64_t>(results.sweep.classes.names.size());
    StatusOr<RunResult> result = parse_run_result(select->getColumn(3).getText(), classes);
    if (!result.ok()) return damaged(path_, "the result of run " + key.str(), result.status());
    outcome.result = *std::move(result);
  }
  results.runs.emplace(key, std::move(outcome));
  return absl::OkStatus();
}

}  // namespace evensweep::coordinator

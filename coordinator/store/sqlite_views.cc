// What people ask about sweeps and runs beyond what the core holds.

#include <sqlite3.h>

#include <utility>

#include "common/model/files.h"
#include "common/model/json.h"
#include "coordinator/store/sqlite_store.h"

namespace evensweep::coordinator {
namespace {

// A failure that cannot be read is told as such, rather than nothing at all.
std::optional<Failure> failure_in(const SQLite::Column& column) {
  if (column.isNull()) return std::nullopt;
  StatusOr<Failure> failure = parse_failure(column.getText());
  if (failure.ok()) return *std::move(failure);
  return Failure{.message = "what was stored of its failure cannot be read"};
}

}  // namespace

StatusOr<StoredSource> SqliteStore::sweep_source(SweepNumber sweep) {
  try {
    const StatementUse select =
        statement("SELECT submitted_at, file_text, overrides_json, extends FROM sweeps WHERE number = ?");
    select->bind(1, sweep);
    if (!select->executeStep()) return absl::NotFoundError("sweep number " + std::to_string(sweep) + " is not there");
    StoredSource stored{
        .submitted_at = select->getColumn(0).getInt64(),
        .source = {
            .file_text = select->getColumn(1).getText(), .overrides = {}, .extends = select->getColumn(3).getText()}};
    const Json overrides = Json::parse(select->getColumn(2).getText(), nullptr, false);
    if (overrides.is_array())
      for (const Json& one : overrides)
        if (one.is_string()) stored.source.overrides.push_back(one.get<std::string>());
    return stored;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<std::vector<AttemptView>> SqliteStore::attempts(RunId run) {
  try {
    const StatementUse select = statement(
        "SELECT number, agent, granted_at, ended_at, failure_json, log_sha256, log_bytes FROM attempts WHERE run = ? "
        "ORDER BY number");
    select->bind(1, run);
    std::vector<AttemptView> attempts;
    while (select->executeStep()) {
      AttemptView& attempt = attempts.emplace_back();
      attempt.number = select->getColumn(0).getUInt();
      attempt.agent = AgentId(select->getColumn(1).getText());
      attempt.granted_at = select->getColumn(2).getInt64();
      if (!select->getColumn(3).isNull()) attempt.ended_at = select->getColumn(3).getInt64();
      attempt.failure = failure_in(select->getColumn(4));
      if (!select->getColumn(5).isNull())
        attempt.log = BlobRef{.sha256 = select->getColumn(5).getText(),
                              .bytes = static_cast<uint64_t>(select->getColumn(6).getInt64())};
    }
    return attempts;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<std::optional<Failure>> SqliteStore::failure(RunId run) {
  try {
    const StatementUse select = statement("SELECT failure_json FROM runs WHERE number = ?");
    select->bind(1, run);
    if (!select->executeStep()) return std::nullopt;
    return failure_in(select->getColumn(0));
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<std::optional<Failure>> SqliteStore::failure(const TrialId& trial) {
  try {
    const StatementUse select = statement("SELECT failure_json FROM trials WHERE sweep = ? AND seed = ? AND arm = ?");
    select->bind(1, trial.sweep);
    select->bind(2, trial.seed);
    select->bind(3, trial.arm);
    if (!select->executeStep()) return std::nullopt;
    return failure_in(select->getColumn(0));
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

StatusOr<std::set<std::string>> SqliteStore::referenced_blobs() {
  try {
    std::set<std::string> blobs;
    const StatementUse select = statement(
        "SELECT checkpoint_sha256 FROM runs WHERE state = 0 AND checkpoint_sha256 IS NOT NULL "
        "UNION SELECT log_sha256 FROM attempts WHERE log_sha256 IS NOT NULL");
    while (select->executeStep()) blobs.insert(select->getColumn(0).getText());
    const StatementUse sweeps = statement("SELECT sweep_json FROM sweeps");
    while (sweeps->executeStep()) {
      const StatusOr<Sweep> sweep = parse_sweep(sweeps->getColumn(0).getText());
      if (!sweep.ok()) continue;
      for (const DataFile* file : all_files(sweep->dataset, sweep->model)) blobs.insert(file->sha256);
    }
    return blobs;
  } catch (const SQLite::Exception& error) {
    return status_of(error, "read");
  }
}

}  // namespace evensweep::coordinator

#include "coordinator/store/sqlite_store.h"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

#include "common/base/file.h"
#include "common/model/json.h"
#include "coordinator/store/schema.h"

namespace evensweep::coordinator {
namespace {

std::string file_in(const std::string& folder) { return (std::filesystem::path(folder) / "evensweep.db").string(); }

// A message that is no UTF-8 loses the bytes that are none.
std::string failure_text(const Failure& failure) {
  return to_json(failure).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Status not_ours(const std::string& path) {
  return absl::FailedPreconditionError(path +
                                       " is not a database of evensweep; move it away or choose another --state");
}

}  // namespace

SqliteStore::SqliteStore(std::string path, int flags) : path_(std::move(path)), database_(path_, flags) {}

StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& folder) {
  const std::string path = file_in(folder);
  try {
    std::unique_ptr<SqliteStore> store(new SqliteStore(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE));
    EV_RETURN_IF_ERROR(store->prepare_schema());
    return store;
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_NOTADB) return not_ours(path);
    if (error.getErrorCode() == SQLITE_CANTOPEN || error.getErrorCode() == SQLITE_READONLY)
      return absl::PermissionDeniedError("cannot write " + path + ": " + error.what() +
                                         "; make the folder writable or choose another --state");
    if (error.getErrorCode() == SQLITE_FULL)
      return absl::ResourceExhaustedError("the disk that holds " + path +
                                          " is full; free some space and run the same command again");
    if (error.getErrorCode() == SQLITE_CORRUPT)
      return absl::DataLossError(path + " is damaged; bring back a copy of it, or choose another --state");
    return absl::InternalError("cannot open " + path + ": " + error.what());
  }
}

StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::open_for_reading(const std::string& folder) {
  const std::string path = file_in(folder);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return absl::NotFoundError("there is no " + path);
  try {
    std::unique_ptr<SqliteStore> store(new SqliteStore(path, SQLite::OPEN_READONLY));
    store->database_.setBusyTimeout(5000);
    EV_RETURN_IF_ERROR(store->check_version());
    return store;
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_NOTADB) return not_ours(path);
    return absl::FailedPreconditionError("cannot read " + path + ": " + error.what());
  }
}

Status SqliteStore::prepare_schema() {
  database_.setBusyTimeout(5000);
  const bool empty = database_.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
  if (!empty) EV_RETURN_IF_ERROR(check_version());
  // Only now: WAL mode is written into the file, and a foreign one is to stay as it is.
  database_.exec("PRAGMA journal_mode = WAL");
  database_.exec("PRAGMA synchronous = FULL");
  database_.exec("PRAGMA foreign_keys = ON");
  migrate(empty ? 0 : database_.execAndGet("SELECT value FROM meta WHERE name = 'schema_version'").getInt());
  return absl::OkStatus();
}

// In one transaction: a file has one schema or the other, whatever happens. A file of a newer schema that this program
// may write stays as it is.
void SqliteStore::migrate(int from) {
  if (from >= schema::kSchemaVersion) return;
  SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
  if (from < 1) database_.exec(schema::kCreateFirst);
  if (from < 2) database_.exec(schema::kToSecond);
  SQLite::Statement insert(database_,
                           "INSERT OR REPLACE INTO meta (name, value) VALUES ('schema_version', ?), "
                           "('compatible_version', ?)");
  insert.bind(1, schema::kSchemaVersion);
  insert.bind(2, schema::kCompatibleVersion);
  insert.exec();
  transaction.commit();
  schema_ = schema::kSchemaVersion;
}

Status SqliteStore::check_version() {
  int written = 0, compatible = 0;
  try {
    written = database_.execAndGet("SELECT value FROM meta WHERE name = 'schema_version'").getInt();
    compatible = database_.execAndGet("SELECT value FROM meta WHERE name = 'compatible_version'").getInt();
  } catch (const SQLite::Exception& error) {
    // No such table, no such row: then it is somebody else's. Anything else says nothing about that.
    if (error.getErrorCode() > SQLITE_ERROR) throw;
  }
  if (written < 1 || compatible < 1) return not_ours(path_);
  if (compatible <= schema::kSchemaVersion) {
    schema_ = written;
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      path_ + " was written by a newer evensweep (it needs schema " + std::to_string(compatible) +
      ", this program knows " + std::to_string(schema::kSchemaVersion) + "); use that version, or another --state");
}

Status SqliteStore::commit(std::span<const Record> records, int64_t unix_millis) {
  if (records.empty()) return absl::OkStatus();
  try {
    SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
    for (const Record& record : records) std::visit([&](const auto& known) { write(known, unix_millis); }, record);
    transaction.commit();
    return absl::OkStatus();
  } catch (const SQLite::Exception& error) {
    return status_of(error, "write");
  }
}

SqliteStore::StatementUse SqliteStore::statement(const char* sql) {
  std::unique_ptr<SQLite::Statement>& prepared = statements_[sql];
  if (!prepared) prepared = std::make_unique<SQLite::Statement>(database_, sql);
  prepared->clearBindings();
  return StatementUse(prepared.get());
}

Status SqliteStore::status_of(const SQLite::Exception& error, const std::string& doing) const {
  if (error.getErrorCode() == SQLITE_FULL)
    return absl::ResourceExhaustedError(
        "the disk that holds " + path_ +
        " is full; nothing stored is lost: free some space and run the same command again");
  return absl::InternalError("cannot " + doing + " " + path_ + ": " + error.what());
}

void SqliteStore::write(const SweepAdded& record, int64_t at) {
  const StatementUse insert = statement(
      "INSERT OR IGNORE INTO sweeps (id, name, sweep_json, submitted_at, plan_sha256) VALUES (?, ?, ?, ?, ?)");
  insert->bind(1, record.id.str());
  insert->bind(2, record.sweep.name);
  insert->bind(3, to_json(record.sweep).dump());
  insert->bind(4, at);
  insert->bind(5, plan_hash(record.sweep));
  insert->exec();
}

void SqliteStore::write(const RunAdded& record, int64_t at) {
  const StatementUse insert = statement(
      "INSERT OR IGNORE INTO runs (key, spec_json, state, charged_after, added_at) VALUES (?, ?, 'open', 0, ?)");
  insert->bind(1, record.run.str());
  insert->bind(2, record.spec_json);
  insert->bind(3, at);
  insert->exec();
}

void SqliteStore::write(const TrialResolved& record, int64_t) {
  const StatementUse insert =
      statement("INSERT OR REPLACE INTO trials (sweep_id, arm, seed, run_key, notes_json) VALUES (?, ?, ?, ?, ?)");
  insert->bind(1, record.trial.sweep.str());
  insert->bind(2, record.trial.arm);
  insert->bind(3, record.trial.seed);
  insert->bind(4, record.run.str());
  insert->bind(5, Json(record.notes).dump());
  insert->exec();
}

void SqliteStore::write(const TrialFailed& record, int64_t) {
  const StatementUse insert = statement(
      "INSERT OR REPLACE INTO trials (sweep_id, arm, seed, notes_json, failure_json) VALUES (?, ?, ?, '[]', ?)");
  insert->bind(1, record.trial.sweep.str());
  insert->bind(2, record.trial.arm);
  insert->bind(3, record.trial.seed);
  insert->bind(4, failure_text(record.failure));
  insert->exec();
}

void SqliteStore::write(const AttemptGranted& record, int64_t at) {
  // An attempt that goes on after its lease had expired is granted a second time: then it is open again.
  const StatementUse insert =
      statement("INSERT OR REPLACE INTO attempts (run_key, number, agent, granted_at) VALUES (?, ?, ?, ?)");
  insert->bind(1, record.attempt.run.str());
  insert->bind(2, record.attempt.number);
  insert->bind(3, record.agent.str());
  insert->bind(4, at);
  insert->exec();
}

void SqliteStore::write(const AttemptEnded& record, int64_t at) {
  const StatementUse update =
      statement("UPDATE attempts SET ended_at = ?, failure_json = ? WHERE run_key = ? AND number = ?");
  update->bind(1, at);
  if (record.failure) update->bind(2, failure_text(*record.failure));
  update->bind(3, record.attempt.run.str());
  update->bind(4, record.attempt.number);
  update->exec();
}

void SqliteStore::write(const RunFinished& record, int64_t at) {
  const StatementUse insert =
      statement("INSERT OR IGNORE INTO results (run_key, result_json, stored_at) VALUES (?, ?, ?)");
  insert->bind(1, record.run.str());
  insert->bind(2, record.result_json);
  insert->bind(3, at);
  insert->exec();
  const StatementUse update = statement("UPDATE runs SET state = 'finished', failure_json = NULL WHERE key = ?");
  update->bind(1, record.run.str());
  update->exec();
}

void SqliteStore::write(const RunFailed& record, int64_t) {
  const StatementUse update = statement("UPDATE runs SET state = 'failed', failure_json = ? WHERE key = ?");
  update->bind(1, failure_text(record.failure));
  update->bind(2, record.run.str());
  update->exec();
}

void SqliteStore::write(const RunReopened& record, int64_t) {
  const StatementUse update = statement(
      "UPDATE runs SET state = 'open', failure_json = NULL, charged_after = "
      "(SELECT coalesce(max(number), 0) FROM attempts WHERE run_key = key) WHERE key = ?");
  update->bind(1, record.run.str());
  update->exec();
  for (const TrialId& trial : record.waiting) {
    const StatementUse remove = statement("DELETE FROM trials WHERE sweep_id = ? AND arm = ? AND seed = ?");
    remove->bind(1, trial.sweep.str());
    remove->bind(2, trial.arm);
    remove->bind(3, trial.seed);
    remove->exec();
  }
}

void SqliteStore::write(const DesignDecided& record, int64_t at) {
  const StatementUse insert =
      statement("INSERT OR IGNORE INTO decisions (sweep_id, number, decision_json, decided_at) VALUES (?, ?, ?, ?)");
  insert->bind(1, record.sweep.str());
  insert->bind(2, record.number);
  insert->bind(3, to_json(record.decision).dump());
  insert->bind(4, at);
  insert->exec();
}

}  // namespace evensweep::coordinator

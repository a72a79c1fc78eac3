#include "coordinator/store/sqlite_store.h"

#include <SQLiteCpp/Backup.h>
#include <sqlite3.h>

#include <filesystem>
#include <utility>

#include "common/base/file.h"
#include "common/model/json.h"
#include "common/model/run_spec_text.h"
#include "coordinator/store/migrate.h"
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

// Migrated in memory, so that a file that is only to be read stays as it is.
SQLite::Database migrated_copy(SQLite::Database& file, int from) {
  SQLite::Database copy(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  SQLite::Backup backup(copy, file);
  backup.executeStep(-1);
  migrate(copy, from);
  return copy;
}

}  // namespace

SqliteStore::SqliteStore(std::string path, SQLite::Database database)
    : path_(std::move(path)), database_(std::move(database)) {}

StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& folder) {
  const std::string path = file_in(folder);
  try {
    std::unique_ptr<SqliteStore> store(
        new SqliteStore(path, SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)));
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
    std::unique_ptr<SqliteStore> store(new SqliteStore(path, SQLite::Database(path, SQLite::OPEN_READONLY)));
    store->database_.setBusyTimeout(5000);
    EV_ASSIGN_OR_RETURN(const int version, store->written_version());
    if (version < schema::kSchemaVersion) store.reset(new SqliteStore(path, migrated_copy(store->database_, version)));
    return store;
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_NOTADB) return not_ours(path);
    return absl::FailedPreconditionError("cannot read " + path + ": " + error.what());
  }
}

Status SqliteStore::prepare_schema() {
  database_.setBusyTimeout(5000);
  const bool empty = database_.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
  int version = 0;
  if (!empty) {
    EV_ASSIGN_OR_RETURN(version, written_version());
  }
  // Only now: WAL mode is written into the file, and a foreign one is to stay as it is.
  database_.exec("PRAGMA journal_mode = WAL");
  database_.exec("PRAGMA synchronous = FULL");
  database_.exec("PRAGMA foreign_keys = ON");
  database_.exec("PRAGMA cache_size = -32768");        // KiB
  database_.exec("PRAGMA wal_autocheckpoint = 4000");  // pages of 4 KiB
  migrate(database_, version);
  return absl::OkStatus();
}

// Of a file that was there; an error if it is not ours, or too new.
StatusOr<int> SqliteStore::written_version() {
  int written = 0, compatible = 0;
  try {
    written = database_.execAndGet("SELECT value FROM meta WHERE name = 'schema_version'").getInt();
    compatible = database_.execAndGet("SELECT value FROM meta WHERE name = 'compatible_version'").getInt();
  } catch (const SQLite::Exception& error) {
    // No such table, no such row: then it is somebody else's. Anything else says nothing about that.
    if (error.getErrorCode() > SQLITE_ERROR) throw;
  }
  if (written < 1 || compatible < 1) return not_ours(path_);
  if (compatible <= schema::kSchemaVersion) return written;
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
    // What was numbered in this transaction has gone with it.
    bases_.clear();
    keys_.reset();
    return status_of(error, "write");
  }
}

Status SqliteStore::check_writable(int64_t unix_millis) {
  try {
    const StatementUse insert = statement("INSERT OR REPLACE INTO meta (name, value) VALUES ('last_checked', ?)");
    insert->bind(1, unix_millis);
    insert->exec();
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

int64_t SqliteStore::base_number(const std::string& base_json) {
  const auto known = bases_.find(base_json);
  if (known != bases_.end()) return known->second;
  const StatementUse insert = statement("INSERT OR IGNORE INTO bases (base_json) VALUES (?)");
  insert->bind(1, base_json);
  insert->exec();
  const StatementUse select = statement("SELECT number FROM bases WHERE base_json = ?");
  select->bind(1, base_json);
  select->executeStep();
  return bases_[base_json] = select->getColumn(0).getInt64();
}

void SqliteStore::write(const SweepAdded& record, int64_t at) {
  const StatementUse insert = statement(
      "INSERT OR IGNORE INTO sweeps (number, id, name, sweep_json, plan_sha256, wish, device, file_text, "
      "overrides_json, extends, submitted_at) VALUES (?, ?, ?, ?, ?, 'active', '', ?, ?, ?, ?)");
  insert->bind(1, record.number);
  insert->bind(2, record.id.str());
  insert->bind(3, record.sweep.name);
  insert->bind(4, to_json(record.sweep).dump());
  insert->bind(5, plan_hash(record.sweep));
  insert->bind(6, record.source.file_text);
  insert->bind(7, Json(record.source.overrides).dump(-1, ' ', false, Json::error_handler_t::replace));
  insert->bind(8, record.source.extends);
  insert->bind(9, at);
  insert->exec();
}

void SqliteStore::write(const SweepWishChanged& record, int64_t) {
  const StatementUse update = statement("UPDATE sweeps SET wish = ? WHERE number = ?");
  update->bind(1, sweep_wish_name(record.wish));
  update->bind(2, record.sweep);
  update->exec();
}

void SqliteStore::write(const SweepPlaced& record, int64_t) {
  const StatementUse update = statement("UPDATE sweeps SET device = ? WHERE number = ?");
  update->bind(1, record.device);
  update->bind(2, record.sweep);
  update->exec();
}

void SqliteStore::write(const RunAdded& record, int64_t at) {
  const StatementUse insert = statement(
      "INSERT OR IGNORE INTO runs (number, key, base, part_json, classes, state, charged_after, added_at) "
      "VALUES (?, ?, ?, ?, ?, 0, 0, ?)");
  insert->bind(1, record.run);
  insert->bind(2, record.key.bytes.data(), static_cast<int>(record.key.bytes.size()));
  insert->bind(3, base_number(record.base_json));
  insert->bind(4, record.part_json);
  insert->bind(5, record.classes);
  insert->bind(6, at);
  insert->exec();
  if (keys_) keys_->emplace(record.key, record.run);
}

void SqliteStore::write(const TrialResolved& record, int64_t) {
  const StatementUse insert =
      statement("INSERT OR REPLACE INTO trials (sweep, seed, arm, run, reused, notes_json) VALUES (?, ?, ?, ?, ?, ?)");
  insert->bind(1, record.trial.sweep);
  insert->bind(2, record.trial.seed);
  insert->bind(3, record.trial.arm);
  insert->bind(4, record.run);
  insert->bind(5, record.reused ? 1 : 0);
  if (!record.notes.empty()) insert->bind(6, Json(record.notes).dump());
  insert->exec();
}

void SqliteStore::write(const TrialFailed& record, int64_t) {
  const StatementUse insert =
      statement("INSERT OR REPLACE INTO trials (sweep, seed, arm, reused, failure_json) VALUES (?, ?, ?, 0, ?)");
  insert->bind(1, record.trial.sweep);
  insert->bind(2, record.trial.seed);
  insert->bind(3, record.trial.arm);
  insert->bind(4, failure_text(record.failure));
  insert->exec();
}

void SqliteStore::write(const AttemptGranted& record, int64_t at) {
  // An attempt that goes on after its lease had expired is granted a second time: then it is open again.
  const StatementUse insert =
      statement("INSERT OR REPLACE INTO attempts (run, number, agent, granted_at) VALUES (?, ?, ?, ?)");
  insert->bind(1, record.run);
  insert->bind(2, record.number);
  insert->bind(3, record.agent.str());
  insert->bind(4, at);
  insert->exec();
}

void SqliteStore::write(const AttemptEnded& record, int64_t at) {
  const StatementUse update =
      statement("UPDATE attempts SET ended_at = ?, failure_json = ?, lost = ? WHERE run = ? AND number = ?");
  update->bind(1, at);
  if (record.failure) update->bind(2, failure_text(*record.failure));
  update->bind(3, record.lost ? 1 : 0);
  update->bind(4, record.run);
  update->bind(5, record.number);
  update->exec();
}

void SqliteStore::write(const AttemptForgiven& record, int64_t) {
  const StatementUse update = statement("UPDATE attempts SET forgiven = 1 WHERE run = ? AND number = ?");
  update->bind(1, record.run);
  update->bind(2, record.number);
  update->exec();
}

void SqliteStore::write(const RunFinished& record, int64_t at) {
  const StatementUse insert = statement("INSERT OR IGNORE INTO results (run, result_json, stored_at) VALUES (?, ?, ?)");
  insert->bind(1, record.run);
  insert->bind(2, record.result_json);
  insert->bind(3, at);
  insert->exec();
  const StatementUse update =
      statement("UPDATE runs SET state = 1, failure_json = NULL, spread = ?, seconds = ? WHERE number = ?");
  if (record.spread) update->bind(1, *record.spread);
  update->bind(2, record.seconds);
  update->bind(3, record.run);
  update->exec();
}

void SqliteStore::write(const RunFailed& record, int64_t) {
  const StatementUse update = statement("UPDATE runs SET state = 2, failure_json = ? WHERE number = ?");
  update->bind(1, failure_text(record.failure));
  update->bind(2, record.run);
  update->exec();
}

void SqliteStore::write(const RunReopened& record, int64_t) {
  const StatementUse update = statement(
      "UPDATE runs SET state = 0, failure_json = NULL, charged_after = "
      "(SELECT coalesce(max(attempts.number), 0) FROM attempts WHERE run = runs.number) WHERE number = ?");
  update->bind(1, record.run);
  update->exec();
  for (const TrialId& trial : record.waiting) {
    const StatementUse remove = statement("DELETE FROM trials WHERE sweep = ? AND seed = ? AND arm = ?");
    remove->bind(1, trial.sweep);
    remove->bind(2, trial.seed);
    remove->bind(3, trial.arm);
    remove->exec();
  }
}

void SqliteStore::write(const DesignDecided& record, int64_t at) {
  const StatementUse insert =
      statement("INSERT OR IGNORE INTO decisions (sweep, number, decision_json, decided_at) VALUES (?, ?, ?, ?)");
  insert->bind(1, record.sweep);
  insert->bind(2, record.number);
  insert->bind(3, to_json(record.decision).dump());
  insert->bind(4, at);
  insert->exec();
}

void SqliteStore::write(const CheckpointKept& record, int64_t) {
  const StatementUse update = statement("UPDATE runs SET checkpoint_sha256 = ?, checkpoint_bytes = ? WHERE number = ?");
  update->bind(1, record.blob.sha256);
  update->bind(2, static_cast<int64_t>(record.blob.bytes));
  update->bind(3, record.run);
  update->exec();
}

void SqliteStore::write(const LogKept& record, int64_t) {
  const StatementUse update =
      statement("UPDATE attempts SET log_sha256 = ?, log_bytes = ? WHERE run = ? AND number = ?");
  update->bind(1, record.blob.sha256);
  update->bind(2, static_cast<int64_t>(record.blob.bytes));
  update->bind(3, record.run);
  update->bind(4, record.number);
  update->exec();
}

void SqliteStore::write(const AgentDrained& record, int64_t) {
  const StatementUse change = statement(record.draining ? "INSERT OR IGNORE INTO draining (agent) VALUES (?)"
                                                        : "DELETE FROM draining WHERE agent = ?");
  change->bind(1, record.agent.str());
  change->exec();
}

void SqliteStore::write(const RequestDone& record, int64_t at) {
  const StatementUse insert = statement("INSERT OR IGNORE INTO requests (id, done_at) VALUES (?, ?)");
  insert->bind(1, record.request);
  insert->bind(2, at);
  insert->exec();
}

void SqliteStore::write(const Audited& record, int64_t at) {
  const StatementUse insert = statement("INSERT INTO audit (at, who, what, subject, outcome) VALUES (?, ?, ?, ?, ?)");
  insert->bind(1, at);
  insert->bind(2, record.who);
  insert->bind(3, record.what);
  insert->bind(4, record.subject);
  insert->bind(5, record.outcome);
  insert->exec();
}

}  // namespace evensweep::coordinator

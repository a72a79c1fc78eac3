#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <absl/container/flat_hash_map.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "coordinator/store/store.h"

namespace evensweep::coordinator {

// A sweep that was submitted, by its analysis plan.
struct SubmittedPlan {
  SweepId sweep;
  std::string plan_sha256;  // empty: submitted to a version that fixed none
  int64_t arms = 0, seeds = 0;
};

// One SQLite file, one connection, used from one thread at a time. WAL and synchronous=FULL: what is committed survives
// a crash of the process and of the machine.
class SqliteStore final : public Store {
 public:
  // Opens or makes `<folder>/evensweep.db`; an older schema is migrated. FailedPrecondition when the file was written
  // by a newer program, or is no database of ours.
  static StatusOr<std::unique_ptr<SqliteStore>> open(const std::string& folder);
  // The same without writing; NotFound if there is none. A file of an older schema is copied into memory and migrated
  // there.
  static StatusOr<std::unique_ptr<SqliteStore>> open_for_reading(const std::string& folder);

  Status commit(std::span<const Record> records, int64_t unix_millis) override;
  Status check_writable(int64_t unix_millis) override;
  StatusOr<Snapshot> load() override;
  StatusOr<std::string> run_spec(RunId run) override;
  StatusOr<RunResult> result(RunId run) override;
  StatusOr<StoredSource> sweep_source(SweepNumber sweep) override;
  StatusOr<std::vector<AttemptView>> attempts(RunId run) override;
  StatusOr<std::optional<Failure>> failure(RunId run) override;
  StatusOr<std::optional<Failure>> failure(const TrialId& trial) override;
  StatusOr<std::set<std::string>> referenced_blobs() override;
  StatusOr<SweepResults> sweep_results(const SweepId& sweep) override;
  // Absent where the run is not known or has no result. The first call reads all keys.
  StatusOr<std::optional<RunResult>> result_of(const RunKey& run);
  // Of all sweeps of this name, in the order of their submission.
  StatusOr<std::vector<SubmittedPlan>> plans_named(const std::string& name);

 private:
  // A statement that is prepared once. It is reset when its user is done: a SELECT that is left half read would hold a
  // view of the database open, and the WAL would grow for ever.
  struct Reset {
    void operator()(SQLite::Statement* used) const { used->tryReset(); }
  };
  using StatementUse = std::unique_ptr<SQLite::Statement, Reset>;

  SqliteStore(std::string path, SQLite::Database database);
  Status prepare_schema();
  StatusOr<int> written_version();
  StatementUse statement(const char* sql);
  Status status_of(const SQLite::Exception& error, const std::string& doing) const;
  int64_t base_number(const std::string& base_json);

  void write(const SweepAdded& record, int64_t at);
  void write(const SweepWishChanged& record, int64_t at);
  void write(const SweepPlaced& record, int64_t at);
  void write(const RunAdded& record, int64_t at);
  void write(const TrialResolved& record, int64_t at);
  void write(const TrialFailed& record, int64_t at);
  void write(const AttemptGranted& record, int64_t at);
  void write(const AttemptEnded& record, int64_t at);
  void write(const AttemptForgiven& record, int64_t at);
  void write(const RunFinished& record, int64_t at);
  void write(const RunFailed& record, int64_t at);
  void write(const RunReopened& record, int64_t at);
  void write(const DesignDecided& record, int64_t at);
  void write(const CheckpointKept& record, int64_t at);
  void write(const LogKept& record, int64_t at);
  void write(const AgentDrained& record, int64_t at);
  void write(const RequestDone& record, int64_t at);
  void write(const Audited& record, int64_t at);

  Status read_sweeps(Snapshot& snapshot);
  Status read_runs(Snapshot& snapshot);
  void read_attempts(Snapshot& snapshot);
  void read_trials(Snapshot& snapshot);
  void read_requests(Snapshot& snapshot);
  StatusOr<std::vector<DesignDecision>> read_decisions(SweepNumber sweep, const SweepId& id);
  Status read_trials(SweepNumber number, SweepResults& results);
  Status read_run(RunId run, const RunKey& key, SweepResults& results);

  std::string path_;
  SQLite::Database database_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
  std::map<std::string, int64_t> bases_;  // numbers by JSON
  std::optional<absl::flat_hash_map<Digest, RunId>> keys_;
};

}  // namespace evensweep::coordinator

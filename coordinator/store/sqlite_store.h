#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <memory>
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
  // Opens or makes `<folder>/evensweep.db`. FailedPrecondition when the file was written by a newer program, or is no
  // database of ours.
  static StatusOr<std::unique_ptr<SqliteStore>> open(const std::string& folder);
  // The same without writing; NotFound if there is none.
  static StatusOr<std::unique_ptr<SqliteStore>> open_for_reading(const std::string& folder);

  Status commit(std::span<const Record> records, int64_t unix_millis) override;
  StatusOr<Snapshot> load() override;
  StatusOr<std::string> run_spec(const RunKey& run) override;
  StatusOr<RunResult> result(const RunKey& run) override;
  StatusOr<SweepResults> sweep_results(const SweepId& sweep) override;
  // Of all sweeps of this name, in the order of their submission.
  StatusOr<std::vector<SubmittedPlan>> plans_named(const std::string& name);

 private:
  SqliteStore(std::string path, int flags);
  Status prepare_schema();
  void migrate(int from);
  Status check_version();
  void write(const SweepAdded& record, int64_t at);
  void write(const RunAdded& record, int64_t at);
  void write(const TrialResolved& record, int64_t at);
  void write(const TrialFailed& record, int64_t at);
  void write(const AttemptGranted& record, int64_t at);
  void write(const AttemptEnded& record, int64_t at);
  void write(const RunFinished& record, int64_t at);
  void write(const RunFailed& record, int64_t at);
  void write(const RunReopened& record, int64_t at);
  void write(const DesignDecided& record, int64_t at);
  Status read_decisions(Snapshot& snapshot);
  Status read_decisions(SweepResults& results);
  Status read_trials(SweepResults& results);
  Status read_run(const RunKey& run, int64_t classes, SweepResults& results);
  Status status_of(const SQLite::Exception& error, const std::string& doing) const;
  // A statement that is prepared once. It is reset when its user is done: a SELECT that is left half read would hold a
  // view of the database open, and the WAL would grow for ever.
  struct Reset {
    void operator()(SQLite::Statement* used) const { used->tryReset(); }
  };
  using StatementUse = std::unique_ptr<SQLite::Statement, Reset>;
  StatementUse statement(const char* sql);

  std::string path_;
  SQLite::Database database_;
  int schema_ = 0;  // of a file that was there; one that is only read may have an older one
  std::map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

}  // namespace evensweep::coordinator

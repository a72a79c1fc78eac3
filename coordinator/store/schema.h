#pragma once
// The tables. docs/format/store.md describes them. A change here raises kSchemaVersion and adds a migration; a change
// that older programs cannot live with raises kCompatibleVersion as well.

namespace evensweep::coordinator::schema {

inline constexpr int kSchemaVersion = 4;
// The oldest program that may write this schema: the tables of before are gone.
inline constexpr int kCompatibleVersion = 3;

// Schema 1, 2026-11.
inline constexpr char kCreateFirst[] = R"sql(
CREATE TABLE meta (
  name TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE sweeps (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  sweep_json TEXT NOT NULL,
  submitted_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE runs (
  key TEXT PRIMARY KEY NOT NULL,
  spec_json TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'finished', 'failed')),
  failure_json TEXT,
  charged_after INTEGER NOT NULL,
  added_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE results (
  run_key TEXT PRIMARY KEY NOT NULL REFERENCES runs (key),
  result_json TEXT NOT NULL,
  stored_at INTEGER NOT NULL
);
CREATE TABLE trials (
  sweep_id TEXT NOT NULL REFERENCES sweeps (id),
  arm INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  run_key TEXT REFERENCES runs (key),
  notes_json TEXT NOT NULL,
  failure_json TEXT,
  PRIMARY KEY (sweep_id, arm, seed)
) WITHOUT ROWID;
CREATE TABLE attempts (
  run_key TEXT NOT NULL REFERENCES runs (key),
  number INTEGER NOT NULL,
  agent TEXT NOT NULL,
  granted_at INTEGER NOT NULL,
  ended_at INTEGER,
  failure_json TEXT,
  PRIMARY KEY (run_key, number)
) WITHOUT ROWID;
)sql";

// From schema 1 to 2: the analysis plan of each sweep by its hash (empty: of sweeps submitted before), and what was
// decided while it ran.
inline constexpr char kToSecond[] = R"sql(
ALTER TABLE sweeps ADD COLUMN plan_sha256 TEXT NOT NULL DEFAULT '';
CREATE TABLE decisions (
  sweep_id TEXT NOT NULL REFERENCES sweeps (id),
  number INTEGER NOT NULL,
  decision_json TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  PRIMARY KEY (sweep_id, number)
) WITHOUT ROWID;
)sql";

// From schema 2 to 3: runs and sweeps have numbers, which everything else refers to, so that rows of a million runs are
// short and written one after another. What the specs of a sweep have in common is stored once. Sweeps have what is
// wanted of them and a source, agents may be drained, requests are remembered. The rows are moved by migrate.cc; the
// old tables go.
inline constexpr char kToThird[] = R"sql(
ALTER TABLE sweeps RENAME TO old_sweeps;
ALTER TABLE runs RENAME TO old_runs;
ALTER TABLE results RENAME TO old_results;
ALTER TABLE trials RENAME TO old_trials;
ALTER TABLE attempts RENAME TO old_attempts;
ALTER TABLE decisions RENAME TO old_decisions;
CREATE TABLE sweeps (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  sweep_json TEXT NOT NULL,
  plan_sha256 TEXT NOT NULL,
  wish TEXT NOT NULL,
  device TEXT NOT NULL,
  file_text TEXT NOT NULL,
  overrides_json TEXT NOT NULL,
  extends TEXT NOT NULL,
  submitted_at INTEGER NOT NULL
);
CREATE TABLE bases (
  number INTEGER PRIMARY KEY,
  base_json TEXT NOT NULL UNIQUE
);
CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  key BLOB NOT NULL,
  base INTEGER NOT NULL REFERENCES bases (number),
  part_json TEXT NOT NULL,
  classes INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
  failure_json TEXT,
  charged_after INTEGER NOT NULL,
  checkpoint_sha256 TEXT,
  checkpoint_bytes INTEGER,
  added_at INTEGER NOT NULL
);
CREATE TABLE results (
  run INTEGER PRIMARY KEY REFERENCES runs (number),
  result_json TEXT NOT NULL,
  stored_at INTEGER NOT NULL
);
CREATE TABLE trials (
  sweep INTEGER NOT NULL REFERENCES sweeps (number),
  seed INTEGER NOT NULL,
  arm INTEGER NOT NULL,
  run INTEGER REFERENCES runs (number),
  reused INTEGER NOT NULL,
  notes_json TEXT,
  failure_json TEXT,
  PRIMARY KEY (sweep, seed, arm)
) WITHOUT ROWID;
CREATE TABLE attempts (
  run INTEGER NOT NULL REFERENCES runs (number),
  number INTEGER NOT NULL,
  agent TEXT NOT NULL,
  granted_at INTEGER NOT NULL,
  ended_at INTEGER,
  failure_json TEXT,
  log_sha256 TEXT,
  log_bytes INTEGER,
  PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE TABLE decisions (
  sweep INTEGER NOT NULL REFERENCES sweeps (number),
  number INTEGER NOT NULL,
  decision_json TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  PRIMARY KEY (sweep, number)
) WITHOUT ROWID;
CREATE TABLE draining (
  agent TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;
CREATE TABLE requests (
  id TEXT PRIMARY KEY NOT NULL,
  done_at INTEGER NOT NULL
) WITHOUT ROWID;
)sql";
inline constexpr char kDropSecond[] = R"sql(
DROP TABLE old_results;
DROP TABLE old_trials;
DROP TABLE old_attempts;
DROP TABLE old_decisions;
DROP TABLE old_runs;
DROP TABLE old_sweeps;
)sql";

// From schema 3 to 4: what queries over many runs need of their results, beside the run; an audit log; and of an
// attempt that failed, whether its lease was lost, and whether the machine was to blame. Programs of schema 3 can go on
// writing: their runs have no spread, and count in no interim figure; their attempts count as given back and as held
// against the run.
inline constexpr char kToFourth[] = R"sql(
ALTER TABLE runs ADD COLUMN spread REAL;
ALTER TABLE runs ADD COLUMN seconds REAL;
CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  subject TEXT NOT NULL,
  outcome TEXT NOT NULL
);
ALTER TABLE attempts ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN forgiven INTEGER NOT NULL DEFAULT 0;
)sql";

}  // namespace evensweep::coordinator::schema

#pragma once
// The tables. docs/format/store.md describes them. A change here raises kSchemaVersion and adds a migration; a change
// that older programs cannot live with raises kCompatibleVersion as well.

namespace evensweep::coordinator::schema {

inline constexpr int kSchemaVersion = 2;
// The oldest program that may write this schema. One that knows no decisions would train what they left out.
inline constexpr int kCompatibleVersion = 2;

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

}  // namespace evensweep::coordinator::schema

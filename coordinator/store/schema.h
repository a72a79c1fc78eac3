#pragma once
// The tables. docs/format/store.md describes them. A change here raises kSchemaVersion and adds a migration; a change
// that older programs cannot live with raises kCompatibleVersion as well.

namespace evensweep::coordinator::schema {

inline constexpr int kSchemaVersion = 1;
inline constexpr int kCompatibleVersion = 1;  // the oldest program that may write this schema

inline constexpr char kCreate[] = R"sql(
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

}  // namespace evensweep::coordinator::schema

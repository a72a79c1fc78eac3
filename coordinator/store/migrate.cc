#include "coordinator/store/migrate.h"

#include <map>
#include <string>

#include "common/base/hash.h"
#include "common/model/json.h"
#include "common/model/run_spec_text.h"
#include "coordinator/store/schema.h"
#include "sweeps/stats/metrics.h"

namespace evensweep::coordinator {
namespace {

// Runs whose spec cannot be divided are damaged; they keep a place of their own, so that whoever reads them is told.
RunSpecParts parts_of(const std::string& spec_json) {
  StatusOr<RunSpecParts> parts = split_run_spec(spec_json);
  return parts.ok() ? *std::move(parts) : RunSpecParts{.base = "{}", .part = spec_json};
}

int64_t classes_of(const std::string& part_json) {
  const Json part = Json::parse(part_json, nullptr, false);
  if (!part.is_object() || !part.contains("treatment")) return 0;
  const Json& treatment = part["treatment"];
  if (!treatment.is_object() || !treatment.contains("class_weights")) return 0;
  return static_cast<int64_t>(treatment["class_weights"].size());
}

void move_sweeps(SQLite::Database& database) {
  database.exec(
      "INSERT INTO sweeps SELECT row_number() OVER (ORDER BY submitted_at, id) - 1, id, name, sweep_json, plan_sha256, "
      "'active', '', '', '[]', '', submitted_at FROM old_sweeps");
  database.exec(
      "INSERT INTO decisions SELECT sweeps.number, old_decisions.number, decision_json, decided_at FROM old_decisions "
      "JOIN sweeps ON sweeps.id = sweep_id");
}

void move_runs(SQLite::Database& database) {
  std::map<std::string, int64_t> bases;
  SQLite::Statement select(database,
                           "SELECT key, spec_json, state, failure_json, charged_after, added_at FROM old_runs "
                           "ORDER BY added_at, key");
  SQLite::Statement base(database, "INSERT INTO bases VALUES (?, ?)");
  SQLite::Statement insert(database, "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?)");
  for (int64_t number = 0; select.executeStep(); ++number) {
    const RunSpecParts parts = parts_of(select.getColumn(1).getText());
    const auto [known, fresh] = bases.emplace(parts.base, static_cast<int64_t>(bases.size()));
    if (fresh) {
      base.bind(1, known->second);
      base.bind(2, parts.base);
      base.exec();
      base.reset();
    }
    // A key that is no SHA-256 sum is damage; its run stays there without one.
    const Digest key = digest_of_hex(select.getColumn(0).getText()).value_or(Digest{});
    const std::string state = select.getColumn(2).getText();
    insert.bind(1, number);
    insert.bind(2, key.bytes.data(), static_cast<int>(key.bytes.size()));
    insert.bind(3, known->second);
    insert.bind(4, parts.part);
    insert.bind(5, classes_of(parts.part));
    insert.bind(6, state == "finished" ? 1 : state == "failed" ? 2 : 0);
    if (select.getColumn(3).isNull())
      insert.bind(7);
    else
      insert.bind(7, select.getColumn(3).getText());
    insert.bind(8, select.getColumn(4).getInt64());
    insert.bind(9, select.getColumn(5).getInt64());
    insert.exec();
    insert.reset();
  }
}

// Everything that named runs by their keys.
void move_the_rest(SQLite::Database& database) {
  database.exec(
      "CREATE TEMP TABLE numbers AS SELECT lower(hex(key)) AS key, number FROM runs;"
      "CREATE UNIQUE INDEX temp.numbers_by_key ON numbers (key);"
      "INSERT INTO results SELECT number, result_json, stored_at FROM old_results JOIN numbers ON key = run_key;"
      "INSERT INTO trials SELECT sweeps.number, seed, arm, numbers.number, 0, notes_json, failure_json FROM old_trials "
      "JOIN sweeps ON sweeps.id = sweep_id LEFT JOIN numbers ON key = run_key;"
      "INSERT INTO attempts SELECT numbers.number, old_attempts.number, agent, granted_at, ended_at, failure_json, "
      "NULL, NULL "
      "FROM old_attempts JOIN numbers ON key = run_key;"
      "DROP TABLE temp.numbers;");
}

void to_third(SQLite::Database& database) {
  database.exec(schema::kToThird);
  move_sweeps(database);
  move_runs(database);
  move_the_rest(database);
  database.exec(schema::kDropSecond);
}

// A result that cannot be read stays without a spread; whoever asks for the result itself is told.
void to_fourth(SQLite::Database& database) {
  database.exec(schema::kToFourth);
  SQLite::Statement select(database, "SELECT run, result_json FROM results");
  SQLite::Statement update(database, "UPDATE runs SET spread = ?, seconds = ? WHERE number = ?");
  while (select.executeStep()) {
    const StatusOr<RunResult> result = parse_run_result(select.getColumn(1).getText());
    if (!result.ok()) continue;
    const StatusOr<ModelMetrics> metrics = model_metrics(result->test);
    if (metrics.ok())
      update.bind(1, metrics->var_unbiased);
    else
      update.bind(1);
    update.bind(2, result->times.train_seconds + result->times.evaluate_seconds);
    update.bind(3, select.getColumn(0).getInt64());
    update.exec();
    update.reset();
  }
}

}  // namespace

void migrate(SQLite::Database& database, int from) {
  if (from >= schema::kSchemaVersion) return;
  // Renaming tables would make the references to them follow.
  database.exec("PRAGMA foreign_keys = OFF");
  database.exec("PRAGMA legacy_alter_table = ON");
  {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    if (from < 1) database.exec(schema::kCreateFirst);
    if (from < 2) database.exec(schema::kToSecond);
    if (from < 3) to_third(database);
    if (from < 4) to_fourth(database);
    SQLite::Statement insert(database,
                             "INSERT OR REPLACE INTO meta (name, value) VALUES ('schema_version', ?), "
                             "('compatible_version', ?)");
    insert.bind(1, schema::kSchemaVersion);
    insert.bind(2, schema::kCompatibleVersion);
    insert.exec();
    transaction.commit();
  }
  database.exec("PRAGMA legacy_alter_table = OFF");
  database.exec("PRAGMA foreign_keys = ON");
}

}  // namespace evensweep::coordinator

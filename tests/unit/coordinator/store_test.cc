// What goes into the store comes out of it, also from another process, and what is not ours is left alone.

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "common/base/file.h"
#include "coordinator/store/schema.h"
#include "coordinator/store/sqlite_store.h"
#include "sweeps/stats/metrics.h"
#include "tests/unit/coordinator/store_example.h"
#include "tests/unit/coordinator/temporary_state.h"

namespace evensweep::coordinator {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class StoreTest : public testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open() {
    StatusOr<std::unique_ptr<SqliteStore>> store = SqliteStore::open(state_.path());
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  Status refusal() { return SqliteStore::open(state_.path()).status(); }
  void sql(const std::string& text) {
    SQLite::Database database(state_.database(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec(text);
  }
  static Snapshot load(SqliteStore& store) {
    const StatusOr<Snapshot> snapshot = store.load();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *snapshot : Snapshot{};
  }
  Snapshot reloaded() { return load(*open()); }
  static std::vector<StoredAttempt> attempts(const Snapshot& snapshot, RunId run) {
    std::vector<StoredAttempt> attempts;
    std::ranges::copy_if(snapshot.attempts, std::back_inserter(attempts),
                         [run](const StoredAttempt& attempt) { return attempt.run == run; });
    return attempts;
  }
  static constexpr RunId kBaseline = StoreExample::kBaseline, kFocal = StoreExample::kFocal,
                         kSecond = StoreExample::kSecond;

  TemporaryState state_;
  StoreExample example_;
};

TEST_F(StoreTest, IsEmptyAtFirst) {
  const auto store = open();
  EXPECT_THAT(store->load()->runs, IsEmpty());
  EXPECT_EQ(store->sweep_results(example_.id).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store->run_spec(kBaseline).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store->result(kBaseline).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(*store->result_of(example_.key(0)), std::nullopt);
}

TEST_F(StoreTest, GivesRunsAndAttemptsBackToTheCore) {
  ASSERT_TRUE(open()->commit(example_.records(), 1000).ok());
  const Snapshot stored = reloaded();
  ASSERT_THAT(stored.runs, SizeIs(3));
  const StoredRun& baseline = stored.runs[kBaseline];
  EXPECT_EQ(to_hex(baseline.key), example_.key(0).str());
  EXPECT_EQ(baseline.state, StoredRun::State::kFinished);
  EXPECT_EQ(baseline.classes, 2);
  ASSERT_THAT(attempts(stored, kBaseline), SizeIs(1));
  EXPECT_FALSE(attempts(stored, kBaseline)[0].open);
  EXPECT_EQ(attempts(stored, kBaseline)[0].failure, std::nullopt);
  EXPECT_EQ(stored.runs[kFocal].state, StoredRun::State::kFailed);
  EXPECT_EQ(stored.runs[kFocal].failure, FailureClass::kTrainerError);
  ASSERT_THAT(attempts(stored, kFocal), SizeIs(2));
  EXPECT_EQ(attempts(stored, kFocal)[1].number, 2);
  EXPECT_EQ(attempts(stored, kFocal)[1].failure, FailureClass::kTrainerError);
  EXPECT_EQ(stored.runs[kSecond].state, StoredRun::State::kOpen);
  ASSERT_THAT(attempts(stored, kSecond), SizeIs(1));
  EXPECT_TRUE(attempts(stored, kSecond)[0].open);
  EXPECT_EQ(attempts(stored, kSecond)[0].agent, example_.agent);
}

TEST_F(StoreTest, GivesSweepsAndTrialsBackToTheCore) {
  ASSERT_TRUE(open()->commit(example_.records(), 1000).ok());
  const std::vector<Record> wanted = {SweepWishChanged{.sweep = 0, .wish = SweepWish::kPaused},
                                      SweepPlaced{.sweep = 0, .device = "cuda"},
                                      AgentDrained{.agent = AgentId("b"), .draining = true},
                                      AgentDrained{.agent = AgentId("c"), .draining = true},
                                      AgentDrained{.agent = AgentId("c"), .draining = false},
                                      RequestDone{.request = "r"},
                                      CheckpointKept{.run = kSecond, .blob = {.sha256 = "abc", .bytes = 7}}};
  ASSERT_TRUE(open()->commit(wanted, 2000).ok());
  const Snapshot stored = reloaded();
  ASSERT_THAT(stored.sweeps, SizeIs(1));
  EXPECT_EQ(stored.sweeps[0].id, example_.id);
  EXPECT_EQ(to_json(stored.sweeps[0].sweep), to_json(example_.sweep));
  EXPECT_EQ(stored.sweeps[0].wish, SweepWish::kPaused);
  EXPECT_EQ(stored.sweeps[0].device, "cuda");
  ASSERT_THAT(stored.trials, SizeIs(4));
  EXPECT_EQ(stored.trials[0].trial, example_.trial(0, 0));
  EXPECT_EQ(stored.trials[0].run, kBaseline);
  EXPECT_EQ(stored.trials[1].trial, example_.trial(1, 0));
  EXPECT_EQ(stored.trials[1].run, std::nullopt);
  EXPECT_THAT(stored.draining, testing::ElementsAre(AgentId("b")));
  EXPECT_THAT(stored.requests, testing::ElementsAre("r"));
  EXPECT_EQ(stored.runs[kSecond].checkpoint, (BlobRef{.sha256 = "abc", .bytes = 7}));
}

TEST_F(StoreTest, ResolvesTrialsOfAnotherTrainerAgain) {
  ASSERT_TRUE(open()->commit(example_.records(), 1000).ok());
  sql("UPDATE bases SET base_json = json_set(base_json, '$.trainer', 'evensweep-0')");
  const Snapshot stored = reloaded();
  ASSERT_THAT(stored.trials, SizeIs(1)) << "the one without a run";
  EXPECT_THAT(stored.runs, SizeIs(3)) << "which stay known";
}

TEST_F(StoreTest, GivesSpecsAndResultsBackByteForByte) {
  const auto store = open();
  ASSERT_TRUE(store->commit(example_.records(), 1000).ok());
  EXPECT_EQ(*store->run_spec(kFocal), example_.focal().spec_json);
  EXPECT_EQ(to_json(*store->result(kBaseline)).dump(), result_text());
  EXPECT_EQ(to_json(**store->result_of(example_.key(0))).dump(), result_text());
  EXPECT_EQ(*store->result_of(example_.key(2)), std::nullopt) << "it failed";
}

TEST_F(StoreTest, GivesEveryTrialOfASweepToTheReport) {
  ASSERT_TRUE(open()->commit(example_.records(), 1000).ok());
  const StatusOr<SweepResults> results = (*SqliteStore::open_for_reading(state_.path()))->sweep_results(example_.id);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(to_json(results->sweep), to_json(example_.sweep));
  ASSERT_THAT(results->trials, SizeIs(6));
  EXPECT_EQ(results->trials[0].run, example_.key(0));
  EXPECT_EQ(results->trials[1].run, example_.key(0, 4));
  ASSERT_TRUE(results->trials[2].failure);
  EXPECT_EQ(results->trials[2].failure->message, "no TPR");
  EXPECT_EQ(results->trials[3].run, std::nullopt);
  EXPECT_EQ(results->trials[3].failure, std::nullopt) << "nothing is known of it yet";
  EXPECT_THAT(results->trials[4].notes, testing::ElementsAre("a \"note\"", "another"));
  EXPECT_TRUE(results->runs.at(example_.key(0)).result);
  EXPECT_EQ(results->runs.at(example_.key(2)).failure->stderr_tail, "a\nb");
  EXPECT_EQ(results->runs.at(example_.key(2)).treatment.focal_gamma, 2);
  EXPECT_FALSE(results->runs.at(example_.key(0, 4)).result);
}

TEST_F(StoreTest, TakesTheSameRecordsTwice) {
  const auto store = open();
  ASSERT_TRUE(store->commit(example_.records(), 1000).ok());
  const Json once = to_json(store->sweep_results(example_.id)->runs.at(example_.key(0)).result.value());
  ASSERT_TRUE(store->commit(example_.records(), 2000).ok());
  const Snapshot stored = load(*store);
  EXPECT_EQ(stored.runs[kBaseline].state, StoredRun::State::kFinished);
  EXPECT_EQ(stored.runs[kFocal].state, StoredRun::State::kFailed);
  EXPECT_THAT(attempts(stored, kFocal), SizeIs(2));
  EXPECT_EQ(to_json(store->sweep_results(example_.id)->runs.at(example_.key(0)).result.value()), once);
}

TEST_F(StoreTest, KeepsTheFirstResultOfARun) {
  const auto store = open();
  ASSERT_TRUE(store->commit(example_.records(), 1000).ok());
  const std::vector<Record> again = {RunFinished{.run = kBaseline, .result_json = result_text(20, 10)}};
  ASSERT_TRUE(store->commit(again, 2000).ok());
  EXPECT_EQ(to_json(*store->result(kBaseline)).dump(), result_text());
}

TEST_F(StoreTest, ForgivesAReopenedRunItsAttempts) {
  const auto store = open();
  ASSERT_TRUE(store->commit(example_.records(), 1000).ok());
  const std::vector<Record> reopened = {RunReopened{.run = kFocal, .waiting = {example_.trial(1, 0)}}};
  ASSERT_TRUE(store->commit(reopened, 2000).ok());
  ASSERT_TRUE(store->commit(reopened, 2000).ok());
  const Snapshot stored = load(*store);
  EXPECT_EQ(stored.runs[kFocal].state, StoredRun::State::kOpen);
  EXPECT_EQ(stored.runs[kFocal].failure, std::nullopt);
  EXPECT_EQ(stored.runs[kFocal].charged_after, 2);
  EXPECT_THAT(stored.trials, SizeIs(3)) << "one waits again";
}

TEST_F(StoreTest, OpensAnAttemptAgainThatGoesOn) {
  const auto store = open();
  const Failure lost{.failure = FailureClass::kInfrastructure, .message = "silent"};
  ASSERT_TRUE(store->commit(example_.records(), 1000).ok());
  ASSERT_TRUE(
      store->commit(std::vector<Record>{AttemptEnded{kSecond, 1, lost}, AttemptGranted{kSecond, 1, AgentId("b")}}, 1)
          .ok());
  const StoredAttempt last = attempts(load(*store), kSecond).back();
  EXPECT_TRUE(last.open);
  EXPECT_EQ(last.failure, std::nullopt);
  EXPECT_EQ(last.agent, AgentId("b"));
}

TEST_F(StoreTest, KnowsWhetherAnAttemptWasLostAndWhetherItIsForgiven) {
  const auto store = open();
  const Failure silent{.failure = FailureClass::kInfrastructure, .message = "silent"};
  ASSERT_TRUE(store->commit(example_.records(), 1000).ok());
  ASSERT_TRUE(store
                  ->commit(std::vector<Record>{AttemptEnded{kSecond, 1, silent, true},
                                               AttemptForgiven{.run = kFocal, .number = 2}},
                           1)
                  .ok());
  const Snapshot stored = load(*store);
  EXPECT_TRUE(attempts(stored, kSecond)[0].lost);
  EXPECT_FALSE(attempts(stored, kSecond)[0].forgiven);
  EXPECT_FALSE(attempts(stored, kFocal)[0].forgiven);
  EXPECT_TRUE(attempts(stored, kFocal)[1].forgiven);
  EXPECT_FALSE(attempts(stored, kFocal)[1].lost);
}

TEST_F(StoreTest, StoresAllOfACommitOrNothing) {
  const auto store = open();
  std::vector<Record> records = example_.records();
  records.push_back(AttemptGranted{.run = 77, .number = 1, .agent = example_.agent});
  EXPECT_FALSE(store->commit(records, 1000).ok());
  EXPECT_THAT(store->load()->runs, IsEmpty());
  EXPECT_TRUE(store->commit(example_.records(), 1000).ok()) << "the store is of use after it";
}

TEST_F(StoreTest, StoresMessagesThatAreNoText) {
  const auto store = open();
  ASSERT_TRUE(store->commit(example_.records(), 1000).ok());
  const Failure odd{
      .failure = FailureClass::kDiverged, .message = "half a \xc3", .stderr_tail = std::string("\0\xff", 2)};
  ASSERT_TRUE(store->commit(std::vector<Record>{RunFailed{.run = kSecond, .failure = odd}}, 1).ok());
  EXPECT_EQ(load(*store).runs[kSecond].failure, FailureClass::kDiverged);
}

TEST_F(StoreTest, DoesNotLetTheLogGrowWhileItIsReadFrom) {
  const auto store = open();
  ASSERT_TRUE(store->commit(example_.records(), 1000).ok());
  for (RunId n = 3; n < 503; ++n) {
    const std::vector<Record> large = {RunAdded{.run = n, .base_json = "{}", .part_json = std::string(64 << 10, ' ')}};
    ASSERT_TRUE(store->commit(large, 1000).ok());
    ASSERT_TRUE(store->run_spec(kBaseline).ok());
    ASSERT_TRUE(store->result(kBaseline).ok());
    ASSERT_TRUE(store->sweep_results(example_.id).ok());
  }
  EXPECT_LT(std::filesystem::file_size(state_.database() + "-wal"), 24u << 20);
}

TEST_F(StoreTest, KeepsDecisionsAndSaysWhatTheyLeaveOut) {
  const DesignDecision decision{.kind = StageKind::kLook,
                                .look = 1,
                                .seeds = 1,
                                .blocks = {3},
                                .arms = {{.arm = 1, .fate = ArmFate::kFutile, .mean = -1e-5, .p = 0.5},
                                         {.arm = 2, .fate = ArmFate::kGoesOn, .conditional_power = 0.25}}};
  const std::vector<Record> decided = {DesignDecided{.sweep = 0, .number = 1, .decision = decision}};
  {
    const auto store = open();
    ASSERT_TRUE(store->commit(example_.records(), 1000).ok());
    ASSERT_TRUE(store->commit(decided, 2000).ok());
    ASSERT_TRUE(store->commit(decided, 3000).ok());
  }
  const auto store = open();
  const Snapshot snapshot = load(*store);
  ASSERT_THAT(snapshot.sweeps.at(0).decisions, SizeIs(1));
  EXPECT_EQ(to_json(snapshot.sweeps[0].decisions[0]), to_json(decision));
  const SweepResults results = store->sweep_results(example_.id).value();
  ASSERT_THAT(results.decisions, SizeIs(1));
  EXPECT_EQ(results.trials[3].not_needed, "stopped for futility at look 1");
  EXPECT_EQ(results.trials[4].not_needed, "") << "it has a run";
  EXPECT_EQ(results.trials[5].not_needed, "") << "its arm goes on";
  sql("UPDATE decisions SET decision_json = '{}'");
  EXPECT_THAT(std::string(open()->load().status().message()), HasSubstr("a decision about sweep"));
}

// What earlier versions wrote, down to its tables: migrated by whoever writes, read as it is by whoever reads.
class OldSchemas : public StoreTest, public testing::WithParamInterface<int> {};

TEST_P(OldSchemas, AreReadAndMigrated) {
  const std::string sweep = example_.id.str(), baseline = example_.key(0).str(), focal = example_.key(2).str();
  sql(schema::kCreateFirst);
  sql("INSERT INTO sweeps VALUES ('" + sweep + "', 'stored', '" + to_json(example_.sweep).dump() + "', 5)");
  sql("INSERT INTO runs VALUES ('" + focal + "', '" + example_.focal().spec_json + "', 'failed', '" +
      to_json(Failure{.message = "broke"}).dump() + "', 1, 7)");
  sql("INSERT INTO runs VALUES ('" + baseline + "', '" + example_.baseline().spec_json + "', 'finished', NULL, 0, 6)");
  sql("INSERT INTO results VALUES ('" + baseline + "', '" + result_text() + "', 7)");
  sql("INSERT INTO trials VALUES ('" + sweep + "', 0, 0, '" + baseline + "', '[\"a note\"]', NULL)");
  sql("INSERT INTO trials VALUES ('" + sweep + "', 2, 0, '" + focal + "', '[]', NULL)");
  sql("INSERT INTO attempts VALUES ('" + baseline + "', 1, 'agent', 5, 6, NULL)");
  sql("INSERT INTO attempts VALUES ('" + focal + "', 1, 'agent', 5, 6, '" + to_json(Failure{}).dump() + "')");
  if (GetParam() == 2) {
    sql(schema::kToSecond);
    sql("UPDATE sweeps SET plan_sha256 = 'fixed'");
  }
  sql("INSERT INTO meta (name, value) VALUES ('schema_version', " + std::to_string(GetParam()) +
      "), ('compatible_version', " + std::to_string(GetParam()) + ")");
  const std::string before = *read_file(state_.database());
  const auto check = [&](SqliteStore& store) {
    const StatusOr<SweepResults> results = store.sweep_results(example_.id);
    ASSERT_TRUE(results.ok()) << results.status();
    EXPECT_THAT(results->decisions, IsEmpty());
    EXPECT_TRUE(results->runs.at(example_.key(0)).result);
    EXPECT_EQ(results->runs.at(example_.key(2)).failure->message, "broke");
    EXPECT_EQ(results->trials[0].run, example_.key(0));
    EXPECT_THAT(results->trials[0].notes, testing::ElementsAre("a note"));
    EXPECT_TRUE(store.result_of(example_.key(0))->has_value());
    EXPECT_EQ(store.plans_named("stored")->at(0).plan_sha256, GetParam() == 2 ? "fixed" : "") << "nobody fixed it then";
  };
  check(**SqliteStore::open_for_reading(state_.path()));
  EXPECT_EQ(*read_file(state_.database()), before) << "whoever reads leaves it as it is";
  const auto store = open();
  check(*store);
  const Snapshot stored = load(*store);
  ASSERT_THAT(stored.runs, SizeIs(2));
  EXPECT_EQ(to_hex(stored.runs[0].key), baseline) << "in the order in which they were added";
  EXPECT_EQ(stored.runs[1].charged_after, 1);
  EXPECT_EQ(stored.runs[1].classes, 2);
  ASSERT_THAT(stored.attempts, SizeIs(2));
  EXPECT_EQ(stored.attempts[1].failure, FailureClass::kTrainerError);
  EXPECT_EQ(*store->run_spec(1), example_.focal().spec_json);
  EXPECT_TRUE(store->commit(std::vector<Record>{example_.added(2, 0, 4)}, 8).ok());
  SQLite::Database database(state_.database(), SQLite::OPEN_READONLY);
  EXPECT_EQ(database.execAndGet("SELECT value FROM meta WHERE name = 'schema_version'").getInt(), 4);
  EXPECT_EQ(database.execAndGet("SELECT value FROM meta WHERE name = 'compatible_version'").getInt(), 3);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM sqlite_master WHERE name LIKE 'old%'").getInt(), 0);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM bases").getInt(), 1) << "stored once";
}

TEST_F(StoreTest, FillsInWhatSchema3DidNotHave) {
  ASSERT_TRUE(open()->commit(example_.records(), 1000).ok());
  sql("DROP TABLE audit; ALTER TABLE runs DROP COLUMN spread; ALTER TABLE runs DROP COLUMN seconds;"
      "ALTER TABLE attempts DROP COLUMN lost; ALTER TABLE attempts DROP COLUMN forgiven;"
      "UPDATE meta SET value = 3 WHERE name = 'schema_version'");
  ASSERT_TRUE(SqliteStore::open_for_reading(state_.path()).ok());
  const Snapshot stored = reloaded();
  ASSERT_THAT(stored.runs, SizeIs(3));
  ASSERT_THAT(attempts(stored, kFocal), SizeIs(2));
  for (const StoredAttempt& attempt : stored.attempts) EXPECT_FALSE(attempt.lost || attempt.forgiven);
  const RunResult result = parse_run_result(result_text()).value();
  SQLite::Database database(state_.database(), SQLite::OPEN_READONLY);
  EXPECT_DOUBLE_EQ(database.execAndGet("SELECT spread FROM runs WHERE number = 0").getDouble(),
                   model_metrics(result.test)->var_unbiased);
  EXPECT_DOUBLE_EQ(database.execAndGet("SELECT seconds FROM runs WHERE number = 0").getDouble(),
                   result.times.train_seconds + result.times.evaluate_seconds);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM runs WHERE spread IS NULL").getInt(), 2) << "without a result";
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM audit").getInt(), 0);
}

INSTANTIATE_TEST_SUITE_P(Versions, OldSchemas, testing::Values(1, 2));

TEST_F(StoreTest, FixesThePlanWhenASweepIsSubmitted) {
  ASSERT_TRUE(open()->commit(example_.records(), 1000).ok());
  SQLite::Database database(state_.database(), SQLite::OPEN_READONLY);
  EXPECT_EQ(database.execAndGet("SELECT plan_sha256 FROM sweeps").getString(), plan_hash(example_.sweep));
  const std::vector<SubmittedPlan> plans = open()->plans_named("stored").value();
  ASSERT_THAT(plans, SizeIs(1));
  EXPECT_EQ(plans[0].sweep, example_.id);
  EXPECT_EQ(plans[0].plan_sha256, plan_hash(example_.sweep));
  EXPECT_EQ(plans[0].arms, 2);
  EXPECT_THAT(open()->plans_named("another").value(), IsEmpty());
}

// ---- files that are not ours

TEST_F(StoreTest, RefusesGarbage) {
  ASSERT_TRUE(write_file_atomically(state_.database(), std::string(8192, 'x')).ok());
  EXPECT_EQ(refusal().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refusal().message()), HasSubstr("is not a database of evensweep; move it away"));
  EXPECT_EQ(*read_file(state_.database()), std::string(8192, 'x'));
  const Status reading = SqliteStore::open_for_reading(state_.path()).status();
  EXPECT_THAT(std::string(reading.message()), HasSubstr("is not a database of evensweep"));
}

TEST_F(StoreTest, RefusesTheDatabaseOfAnotherProgramAndLeavesItAsItIs) {
  for (const char* tables :
       {"CREATE TABLE t (x)", "CREATE TABLE meta (x)", "CREATE TABLE m (x); DROP TABLE m; CREATE VIEW v AS SELECT 1",
        "CREATE TABLE meta (name TEXT, value INTEGER)"}) {
    std::filesystem::remove(state_.database());
    sql(tables);
    const std::string before = *read_file(state_.database());
    EXPECT_EQ(refusal().code(), absl::StatusCode::kFailedPrecondition) << tables;
    EXPECT_THAT(std::string(refusal().message()), HasSubstr("is not a database of evensweep")) << tables;
    EXPECT_EQ(*read_file(state_.database()), before) << tables;
  }
}

TEST_F(StoreTest, RefusesASchemaThatIsTooNewForIt) {
  open();
  sql("UPDATE meta SET value = 7 WHERE name = 'compatible_version'");
  EXPECT_EQ(refusal().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refusal().message()), HasSubstr("was written by a newer evensweep (it needs schema 7"));
  EXPECT_THAT(std::string(SqliteStore::open_for_reading(state_.path()).status().message()),
              HasSubstr("newer evensweep"));
}

TEST_F(StoreTest, UsesANewerSchemaThatItCanLiveWith) {
  open();
  sql("UPDATE meta SET value = 7 WHERE name = 'schema_version'");
  EXPECT_TRUE(open()->commit(example_.records(), 1).ok());
}

TEST_F(StoreTest, TellsThatThereIsNothingToRead) {
  const Status status = SqliteStore::open_for_reading(state_.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "there is no " + state_.database());
}

TEST_F(StoreTest, RefusesAPlaceThatItCannotWrite) {
  std::filesystem::create_directory(state_.database());
  EXPECT_EQ(refusal().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(refusal().message()), HasSubstr("make the folder writable or choose another --state"));
  EXPECT_THAT(std::string(refusal().message()), Not(HasSubstr("\n")));
}

// In a process of its own, which gives up root where the tests have it.
TEST_F(StoreTest, RefusesAReadOnlyFolder) {
  std::filesystem::permissions(state_.path(), std::filesystem::perms(0555));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
    ::_exit(refusal().code() == absl::StatusCode::kPermissionDenied ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  std::filesystem::permissions(state_.path(), std::filesystem::perms(0755));
}

TEST_F(StoreTest, TellsWhichRowCannotBeRead) {
  struct Damage {
    std::string sql, message;
  };
  const std::string key = example_.key(0).str();
  for (const Damage& damage :
       {Damage{"UPDATE results SET result_json = '{'", "the result of run " + key + " cannot be read"},
        Damage{"UPDATE runs SET part_json = '{}'", "the spec of run"},
        Damage{"UPDATE runs SET part_json = '7'", "the spec of run"},
        Damage{"UPDATE trials SET failure_json = '[]' WHERE run IS NULL", "a trial of sweep " + example_.id.str()},
        Damage{"UPDATE trials SET arm = 17 WHERE arm = 2", "a trial outside of sweep " + example_.id.str()},
        Damage{"UPDATE sweeps SET sweep_json = 'x'", "sweep " + example_.id.str() + " cannot be read"}}) {
    std::filesystem::remove(state_.database());
    ASSERT_TRUE(open()->commit(example_.records(), 1000).ok());
    sql(damage.sql);
    const Status status = open()->sweep_results(example_.id).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << damage.sql;
    EXPECT_THAT(std::string(status.message()), HasSubstr(damage.message)) << damage.sql;
    EXPECT_THAT(std::string(status.message()), HasSubstr(state_.database())) << damage.sql;
    EXPECT_TRUE(open()->load().ok()) << damage.sql;
  }
}

}  // namespace
}  // namespace evensweep::coordinator

#include "coordinator/store/reader.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "common/model/json.h"

namespace evensweep::coordinator {
namespace {

constexpr int kBusy = 5000;          // ms
constexpr int64_t kAgentsTold = 20;  // of a group of failures

// Sums of D_u for each arm. A trial's seed finds its baseline, two look-ups by primary key.
constexpr const char* kArms = R"sql(
SELECT arm, sum(state IS 1), sum(state IS 2 OR failure_json IS NOT NULL), count(d), total(d), total(d * d)
FROM (SELECT t.arm, r.state, t.failure_json, CASE WHEN t.arm = 0 THEN r.spread ELSE b.spread - r.spread END AS d
      FROM trials t LEFT JOIN runs r ON r.number = t.run
      LEFT JOIN trials c ON c.sweep = t.sweep AND c.seed = t.seed AND c.arm = 0
      LEFT JOIN runs b ON b.number = c.run
      WHERE t.sweep = ?)
GROUP BY arm)sql";

constexpr const char* kSeconds =
    "SELECT seconds FROM runs WHERE number IN (SELECT run FROM trials WHERE sweep = ?) AND seconds IS NOT NULL";

constexpr const char* kFailures = R"sql(
WITH failed AS (
  SELECT t.arm, t.seed, t.run, coalesce(r.failure_json, t.failure_json) AS failure
  FROM trials t LEFT JOIN runs r ON r.number = t.run
  WHERE t.sweep = ? AND (r.state IS 2 OR t.failure_json IS NOT NULL))
SELECT failure ->> 'class', failure ->> 'message' AS message, count(*), min(seed * 4294967296 + arm)
FROM failed GROUP BY 1, 2 ORDER BY 3 DESC, 2 LIMIT ?)sql";

constexpr const char* kFailedOn = R"sql(
SELECT DISTINCT a.agent FROM trials t JOIN runs r ON r.number = t.run JOIN attempts a ON a.run = r.number
WHERE t.sweep = ? AND r.state IS 2 AND a.failure_json IS NOT NULL AND r.failure_json ->> 'class' IS ?
      AND r.failure_json ->> 'message' IS ? ORDER BY 1 LIMIT ?)sql";

constexpr const char* kHistory = R"sql(
SELECT a.agent, a.granted_at, a.ended_at, a.failure_json ->> 'class', min(t.arm), t.seed
FROM trials t JOIN attempts a ON a.run = t.run WHERE t.sweep = ?
GROUP BY a.run, a.number ORDER BY a.granted_at DESC, a.run DESC, a.number DESC LIMIT ?)sql";

FailureClass class_in(const SQLite::Column& column) {
  return parse_failure_class(column.getString()).value_or(FailureClass::kTrainerError);
}

}  // namespace

class StoreReader::Impl {
 public:
  explicit Impl(std::string path) : path_(std::move(path)), database_(path_, SQLite::OPEN_READONLY) {
    database_.setBusyTimeout(kBusy);
    database_.exec("PRAGMA query_only = ON");
  }

  // Runs `read`, which may throw what SQLite has to say.
  template <typename Read>
  auto with(Read read) -> decltype(read(std::declval<SQLite::Database&>())) {
    try {
      return read(database_);
    } catch (const SQLite::Exception& error) {
      return absl::InternalError("cannot read " + path_ + ": " + error.what());
    }
  }

  StatusOr<int64_t> number_of(const SweepId& sweep) {
    SQLite::Statement select(database_, "SELECT number FROM sweeps WHERE id = ?");
    select.bind(1, sweep.str());
    if (!select.executeStep()) return absl::NotFoundError("sweep " + sweep.str() + " is not stored here");
    return select.getColumn(0).getInt64();
  }

 private:
  std::string path_;
  SQLite::Database database_;
};

StoreReader::StoreReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoreReader::~StoreReader() = default;

StatusOr<std::unique_ptr<StoreReader>> StoreReader::open(const std::string& folder) {
  const std::string path = (std::filesystem::path(folder) / "evensweep.db").string();
  try {
    return std::unique_ptr<StoreReader>(new StoreReader(std::make_unique<Impl>(path)));
  } catch (const SQLite::Exception& error) {
    return absl::InternalError("cannot read " + path + ": " + error.what());
  }
}

StatusOr<SweepFigures> StoreReader::figures(const SweepId& sweep) {
  return impl_->with([&](SQLite::Database& database) -> StatusOr<SweepFigures> {
    EV_ASSIGN_OR_RETURN(const int64_t number, impl_->number_of(sweep));
    SweepFigures figures;
    SQLite::Statement arms(database, kArms);
    arms.bind(1, number);
    while (arms.executeStep()) {
      const size_t arm = arms.getColumn(0).getUInt();
      figures.arms.resize(std::max(figures.arms.size(), arm + 1));
      ArmFigures& figure = figures.arms[arm];
      figure.finished = static_cast<uint64_t>(arms.getColumn(1).getInt64());
      figure.failed = static_cast<uint64_t>(arms.getColumn(2).getInt64());
      figure.pairs = static_cast<uint64_t>(arms.getColumn(3).getInt64());
      const double sum = arms.getColumn(4).getDouble(), squares = arms.getColumn(5).getDouble();
      const auto pairs = static_cast<double>(figure.pairs);
      if (figure.pairs > 0) figure.mean = sum / pairs;
      if (figure.pairs > 1) figure.sd = std::sqrt(std::max(0.0, (squares - sum * figure.mean) / (pairs - 1)));
    }
    SQLite::Statement seconds(database, std::string(kSeconds) + " ORDER BY number DESC");
    seconds.bind(1, number);
    while (seconds.executeStep()) {
      figures.seconds += seconds.getColumn(0).getDouble();
      if (std::ssize(figures.latest_seconds) < SweepFigures::kLatest)
        figures.latest_seconds.push_back(seconds.getColumn(0).getDouble());
    }
    std::ranges::sort(figures.latest_seconds);
    return figures;
  });
}

StatusOr<std::vector<FailureGroup>> StoreReader::failures(const SweepId& sweep, uint32_t limit) {
  return impl_->with([&](SQLite::Database& database) -> StatusOr<std::vector<FailureGroup>> {
    EV_ASSIGN_OR_RETURN(const int64_t number, impl_->number_of(sweep));
    SQLite::Statement select(database, kFailures);
    select.bind(1, number);
    select.bind(2, limit);
    SQLite::Statement agents(database, kFailedOn);
    std::vector<FailureGroup> groups;
    while (select.executeStep()) {
      const int64_t example = select.getColumn(3).getInt64();
      FailureGroup& group =
          groups.emplace_back(FailureGroup{.failure = class_in(select.getColumn(0)),
                                           .message = select.getColumn(1).getString(),
                                           .trials = static_cast<uint64_t>(select.getColumn(2).getInt64()),
                                           .arm = static_cast<uint32_t>(example & 0xffffffff),
                                           .seed = static_cast<uint32_t>(example >> 32)});
      agents.bind(1, number);
      agents.bind(2, select.getColumn(0).getString());
      agents.bind(3, group.message);
      agents.bind(4, kAgentsTold);
      while (agents.executeStep()) group.agents.push_back(agents.getColumn(0).getString());
      agents.reset();
    }
    return groups;
  });
}

StatusOr<std::vector<PastAttempt>> StoreReader::history(const SweepId& sweep, uint32_t limit) {
  return impl_->with([&](SQLite::Database& database) -> StatusOr<std::vector<PastAttempt>> {
    EV_ASSIGN_OR_RETURN(const int64_t number, impl_->number_of(sweep));
    SQLite::Statement select(database, kHistory);
    select.bind(1, number);
    select.bind(2, limit);
    std::vector<PastAttempt> attempts;
    while (select.executeStep()) {
      PastAttempt& attempt = attempts.emplace_back(PastAttempt{.agent = select.getColumn(0).getString(),
                                                               .granted_at = select.getColumn(1).getInt64(),
                                                               .arm = select.getColumn(4).getUInt(),
                                                               .seed = select.getColumn(5).getUInt()});
      if (!select.getColumn(2).isNull()) attempt.ended_at = select.getColumn(2).getInt64();
      if (!select.getColumn(3).isNull()) attempt.failure = class_in(select.getColumn(3));
    }
    std::ranges::reverse(attempts);
    return attempts;
  });
}

StatusOr<std::vector<AuditRow>> StoreReader::audit(std::optional<int64_t> before, uint32_t limit) {
  return impl_->with([&](SQLite::Database& database) -> StatusOr<std::vector<AuditRow>> {
    SQLite::Statement select(database,
                             "SELECT number, at, who, what, subject, outcome FROM audit WHERE number < ? "
                             "ORDER BY number DESC LIMIT ?");
    select.bind(1, before.value_or(INT64_MAX));
    select.bind(2, limit);
    std::vector<AuditRow> rows;
    while (select.executeStep())
      rows.push_back({.number = select.getColumn(0).getInt64(),
                      .at = select.getColumn(1).getInt64(),
                      .who = select.getColumn(2).getString(),
                      .what = select.getColumn(3).getString(),
                      .subject = select.getColumn(4).getString(),
                      .outcome = select.getColumn(5).getString()});
    return rows;
  });
}

StatusOr<std::optional<RunResult>> StoreReader::result(const SweepId& sweep, uint32_t arm, uint32_t seed) {
  return impl_->with([&](SQLite::Database& database) -> StatusOr<std::optional<RunResult>> {
    EV_ASSIGN_OR_RETURN(const int64_t number, impl_->number_of(sweep));
    SQLite::Statement select(database,
                             "SELECT result_json FROM trials t JOIN results r ON r.run = t.run "
                             "WHERE t.sweep = ? AND t.seed = ? AND t.arm = ?");
    select.bind(1, number);
    select.bind(2, seed);
    select.bind(3, arm);
    if (!select.executeStep()) return std::nullopt;
    EV_ASSIGN_OR_RETURN(RunResult result, parse_run_result(select.getColumn(0).getString()));
    return result;
  });
}

}  // namespace evensweep::coordinator

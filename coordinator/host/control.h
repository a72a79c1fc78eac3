#pragma once
// What people and their tools can ask of a coordinator, and make it do. The host is one; coordinator/rpc serves it.
//
// All calls come from any thread, return at once and are answered by `reply`, once, on the host's thread or on the
// caller's; a reply must not block. What is changed is durable when its reply comes. Text for a sweep, trial or agent
// is what people write (common/model/reference.h), and is resolved here. Errors are one line for people.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/views.h"
#include "coordinator/core/step.h"

namespace evensweep::coordinator {

// One for what a person wants, kept over retries: a repeated one is answered as before and not done twice.
using RequestId = std::string;

// Whoever wants something changed: its name for the audit log.
struct Submission {
  RequestId request;
  Sweep sweep;
  SweepFile file;
  SweepId extends;  // empty: none
  std::string who = {};
};
struct Submitted {
  SweepId id;
  SweepStatus status;
  bool known = false;  // it had been submitted before
};

struct SweepControl {
  RequestId request;
  std::string sweep;
  SweepAction action = SweepAction::kPause;
  std::string who = {};
};
struct Controlled {
  SweepView sweep;       // as it stands after it
  uint64_t changed = 0;  // trials that are tried again, runs that are killed, or 1 where the phase has changed
};

struct SweepsQuery {
  bool over_too = false;
  uint32_t limit = 1000;
};
struct SweepsPage {
  std::vector<SweepView> sweeps;  // newest first
  bool more = false;
};

struct TrialsQuery {
  std::string sweep;
  std::vector<TrialState> states;  // empty: all
  uint64_t from = 0;               // arm * seeds + seed of the first one to look at
  uint32_t limit = 1000;
};
struct TrialsPage {
  std::vector<TrialView> trials;  // by arm, then by seed
  std::optional<uint64_t> next;   // `from` of the next page; absent: that was all
};

struct GridQuery {
  std::string sweep;
  uint64_t first = 0;  // position of the first seed
  uint64_t seeds = 0;  // of the window at most
  uint64_t cells = 0;  // it has as many seeds as fit into so many trials, and at least one
};

struct TrialAttempts {
  TrialView trial;
  std::vector<AttemptView> attempts;  // of the trial's last run, oldest first; empty while it has none
};
struct TrialExplained {
  TrialView trial;
  Explanation explanation;
};

enum class AgentAction { kDrain, kRelease };
struct AgentControl {
  RequestId request;
  std::string agent;
  AgentAction action = AgentAction::kDrain;
  std::string who = {};
};

// Something that a running attempt wrote to standard error.
struct LogPiece {
  uint32_t attempt = 0;
  std::string text;   // any bytes
  bool last = false;  // there is no more to come
};

// Durations in seconds; counts[i] are those up to kBounds[i] and above the bound before, the last those above all.
struct Histogram {
  static constexpr std::array<double, 11> kBounds = {0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400};
  std::array<uint64_t, kBounds.size() + 1> counts{};
  double sum = 0;
  void add(double seconds);
};

inline constexpr size_t kFailureClassCount = 6;

// Since the process started.
struct Counts {
  uint64_t attempts_granted = 0, attempts_succeeded = 0;
  std::array<uint64_t, kFailureClassCount> attempts_failed{};  // by FailureClass
  Histogram attempt_seconds;                                   // from the lease to the end, whatever that was
  uint64_t runs_finished = 0, runs_failed = 0;
  uint64_t store_failures = 0;  // commits that failed
};

// How the coordinator stands as a whole.
struct Totals {
  Counts counts;
  std::map<SweepPhase, uint64_t> sweeps;
  // Of all sweeps; `trials_waiting` are those without a result or an end that do not train.
  uint64_t trials_finished = 0, trials_failed = 0, trials_not_needed = 0, trials_running = 0, trials_waiting = 0;
  std::vector<AgentView> agents;
};

class Control {
 public:
  template <typename T>
  using Reply = std::function<void(StatusOr<T>)>;
  using WatchId = uint64_t;

  virtual ~Control() = default;

  // Whether the coordinator does its work: an error says what keeps it from that, such as a full disk.
  virtual void check(std::function<void(const Status&)> reply) = 0;
  virtual void totals(Reply<Totals> reply) = 0;
  virtual void submit(Submission submission, Reply<Submitted> reply) = 0;
  virtual void control(SweepControl control, Reply<Controlled> reply) = 0;
  virtual void sweeps(SweepsQuery query, Reply<SweepsPage> reply) = 0;
  virtual void sweep(std::string sweep, Reply<SweepView> reply) = 0;
  virtual void definition(std::string sweep, Reply<SweepDefinition> reply) = 0;
  virtual void trials(TrialsQuery query, Reply<TrialsPage> reply) = 0;
  virtual void attempts(std::string trial, Reply<TrialAttempts> reply) = 0;
  virtual void explain(std::string trial, Reply<TrialExplained> reply) = 0;
  virtual void results(std::string sweep, Reply<StoredSweep> reply) = 0;
  // NotFound unless the run has finished.
  virtual void result(RunKey run, Reply<RunResult> reply) = 0;
  virtual void grid(GridQuery query, Reply<SweepGrid> reply) = 0;
  virtual void agents(Reply<std::vector<AgentView>> reply) = 0;
  // At most `limit` attempts that agents hold, by agent.
  virtual void leases(uint32_t limit, Reply<std::vector<LeaseView>> reply) = 0;
  // Of each sweep at most `limit` trials.
  virtual void queue(uint32_t limit, Reply<std::vector<QueuedSweep>> reply) = 0;
  virtual void control(AgentControl control, Reply<AgentView> reply) = 0;

  // Calls back at once if the sweep is known, then after changes, at most ten times a second; the last call says
  // `over`. An error is the last call too.
  virtual WatchId watch(const SweepId& sweep, std::function<void(const StatusOr<SweepStatus>&)> callback) = 0;
  virtual void unwatch(WatchId watch) = 0;

  // What is kept so far of the output of the trial's running attempt, at once; then, with `follow`, what comes until
  // the attempt has ended. The last call says so, or is an error.
  virtual WatchId log(std::string trial, bool follow, std::function<void(const StatusOr<LogPiece>&)> callback) = 0;
  virtual void unwatch_log(WatchId watch) = 0;
};

}  // namespace evensweep::coordinator

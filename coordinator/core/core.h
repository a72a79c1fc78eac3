#pragma once
// The scheduler as a pure state machine: no threads, clocks, disk or network (see step.h for the host's contract).
//
// A run's life:
//
//     (1) first trial resolved to it          (2) granted to an agent
//   ────────────────────────────▶ waiting ───────────────────────▶ leased
//                                   ▲  ▲                             │ │ │
//        (3) attempt failed, retry  │  └─────────────────────────────┘ │ │
//        (4) lease expired          │                                  │ │
//                                   │ (7) submitted again              │ │
//                                 failed ◀─────────────────────────────┘ │
//                                          (5) attempt failed for good   ▼
//                                          (6) result accepted ──────▶ finished
//
// A result is accepted from any attempt as long as the run is open, also from one whose lease was lost: the numbers are
// the same whoever trained it. Everything else from an attempt that does not hold the lease is ignored and counted.
// A sweep with selection or stopping is asked for in stages (sweeps/stats/staged_design.h): when all trials of a stage
// have ended, their counts are fetched, a decision is made and recorded, and the next stage is asked for. A recorded
// decision is never made again.
//
// Cost of an event: O(log runs) for each attempt or trial it touches; nothing walks over all runs or trials.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/model/status.h"
#include "coordinator/core/retry.h"
#include "coordinator/core/step.h"
#include "sweeps/methods/method.h"
#include "sweeps/stats/staged_design.h"

namespace evensweep::coordinator {

struct CoreOptions {
  Duration heartbeat{5'000};
  Duration lease{15'000};
};

// Input that was refused, by reason. For logs and metrics; never an error of ours.
struct Refusals {
  uint64_t unknown_connection = 0;
  uint64_t unknown_run = 0;
  uint64_t stale_attempt = 0;
  uint64_t bad_result = 0;
};

class Core {
 public:
  explicit Core(CoreOptions options) : options_(options) {}

  // Fills an empty core. Every lease found gets one fresh lease time: its agent may still be there.
  void restore(const Snapshot& snapshot, TimePoint now);

  [[nodiscard]] Step handle(TimePoint now, const Event& event);
  // When TimePassed is due; absent: never, as things stand.
  std::optional<TimePoint> next_deadline() const;

  std::optional<SweepStatus> status(const SweepId& sweep) const;
  const Refusals& refusals() const { return refusals_; }

  // Aborts the program with a message if the state contradicts itself. For tests, after every step.
  void check_invariants() const;

 private:
  using RunIndex = uint32_t;
  using SweepIndex = uint32_t;

  struct TrialRef {
    SweepIndex sweep = 0;
    uint32_t arm = 0, seed = 0;
    bool last = true;  // false: the run of an earlier round of the trial, whose counts decide the next one
  };

  enum class RunState : uint8_t { kWaiting, kLeased, kFinished, kFailed };
  struct Run {
    RunKey key;
    int64_t classes = 0;
    RunState state = RunState::kWaiting;
    uint32_t last_attempt = 0;
    bool lost = false;  // the last attempt's lease was lost; it may be going on
    Charges charges;
    AgentId agent;  // leased: to whom
    std::optional<FailureClass> failure;
    double progress = 0, rate = 0;
    std::vector<TrialRef> trials;  // of sweeps submitted to this process, rounds in their order
  };

  // Order of readiness: baselines first, since others wait for them; then sweeps in order of submission, seeds in
  // declared order, arms in sweep order.
  struct ReadyKey {
    bool dependent = false;
    SweepIndex sweep = 0;
    uint32_t seed = 0, arm = 0;
    RunIndex run = 0;
    friend auto operator<=>(const ReadyKey&, const ReadyKey&) = default;
  };

  struct Trial {
    std::optional<RunIndex> run;                                         // of the last round
    std::optional<RunIndex> earlier;                                     // of the latest round before the last
    uint16_t rounds = 0;                                                 // how many have a run
    bool failed = false;                                                 // has no run and never will
    bool waits() const { return asked && !run && !earlier && !failed; }  // for its first round
    bool asked = false;                                                  // its stage has begun
    bool decided = false;  // its stage is over, a result that comes later changes nothing
    bool not_needed = false;
  };
  struct SweepState {
    SweepId id;
    Sweep sweep;
    std::vector<uint64_t> seeds;        // all_seeds(sweep)
    std::vector<Trial> trials;          // [arm * seeds + seed]
    uint64_t finished = 0, failed = 0;  // trials
    uint64_t asked = 0, not_needed = 0;
    std::vector<DesignDecision> decisions;
    std::optional<Stage> stage;  // the last one asked for; absent: there is no further one
    bool deciding = false;       // its counts are on their way
    std::set<RunIndex> running;  // their agent says that they train
    uint64_t trained = 0, reused = 0;
    Trial& trial(uint32_t arm, uint32_t seed) { return trials[arm * seeds.size() + seed]; }
    const Trial& trial(uint32_t arm, uint32_t seed) const { return trials[arm * seeds.size() + seed]; }
  };

  struct Agent {
    AgentId id;
    std::optional<ConnectionId> connection;
    uint32_t credits = 0;
    TimePoint expires;
    std::set<RunIndex> leased;
  };

  // core.cc: sweeps and runs
  void on(TimePoint now, const SweepSubmitted& event, Step& step);
  void on(TimePoint now, const CountsFetched& event, Step& step);
  void submit_again(SweepIndex sweep, Step& step);
  void resolve_independent(SweepIndex sweep, uint32_t seed, Step& step);
  void resolve_dependent(SweepIndex sweep, uint32_t seed, const ConfusionMatrix& validation, Step& step);
  void use_counts(RunIndex run, const ConfusionMatrix& validation, Step& step);
  bool waits_for(const TrialRef& trial, RunIndex run) const;
  void fail_dependent(SweepIndex sweep, uint32_t seed, const Failure& failure, Step& step);
  void fail_round(const TrialRef& trial, const Failure& failure, Step& step);
  void decide_round(SweepIndex sweep, uint32_t arm, uint32_t seed, const std::optional<ConfusionMatrix>& validation,
                    Step& step);
  void resolve(const TrialRef& trial, Decision decision, Step& step);
  RunIndex run_of(const TrialRef& trial, const Decision& decision, Step& step);
  void fail_trial(SweepIndex sweep, uint32_t arm, uint32_t seed, const Failure& failure, Step& step);
  RunIndex add_run(const RunKey& key, int64_t classes);
  void make_ready(RunIndex run);
  void finish_run(RunIndex run, const RunResult& result, std::string result_json, Step& step);
  void fail_run(RunIndex run, const Failure& failure, Step& step);
  void reopen_run(RunIndex run, Step& step);
  void wait_again(SweepIndex sweep, uint32_t arm, uint32_t seed, std::vector<TrialId>& waiting);
  void restore_attempts(RunIndex run, const StoredRun& stored);
  ReadyKey ready_key(RunIndex run) const;

  // stages.cc: selection and stopping
  void on(TimePoint now, const StageFetched& event, Step& step);
  void begin_stages(SweepIndex sweep, Step& step);
  void ask_for_stage(SweepIndex sweep, Step& step);
  void leave_out(SweepState& state);
  void fetch_what_is_to_decide(Step& step);
  bool is_to_decide(const SweepState& state) const;
  StageCells cells_of(const SweepState& state, const std::vector<RunCounts>& counts) const;

  // agents.cc: agents, leases and attempts
  void on(TimePoint now, const AgentConnected& event, Step& step);
  void on(TimePoint now, const AgentSaid& event, Step& step);
  void on(TimePoint now, const AgentDisconnected& event, Step& step);
  void on(TimePoint now, const TimePassed& event, Step& step);
  void reconcile(Agent& agent, const std::vector<AttemptId>& held, Step& step);
  void on_update(Agent& agent, const Update& update, std::vector<AttemptId>& acks, Step& step);
  void on_succeeded(RunIndex run, const AttemptId& attempt, bool current, const std::string& result_json, Step& step);
  void on_failed(RunIndex run, const AttemptId& attempt, const Failure& failure, Step& step);
  Status check_examples(const Run& run, const RunResult& result) const;
  void mark_running(RunIndex run);
  void end_lease(RunIndex run);
  void retry_or_fail(RunIndex run, const AttemptId& attempt, const Failure& failure, Step& step);
  void lose_lease(RunIndex run, const std::string& reason, Step& step);
  void lose_leases(Agent& agent, const std::string& reason, Step& step);
  void extend(Agent& agent, TimePoint now);
  void grant_all(Step& step);
  bool holds_lease(const Run& run, const AttemptId& attempt, const AgentId& agent) const;
  Agent* agent_of(ConnectionId connection);

  CoreOptions options_;
  Refusals refusals_;
  std::vector<Run> runs_;
  std::unordered_map<RunKey, RunIndex> run_index_;
  std::set<ReadyKey> ready_;
  std::vector<SweepState> sweeps_;
  std::map<SweepId, SweepIndex> sweep_index_;
  std::map<SweepId, std::vector<DesignDecision>> stored_decisions_;  // of sweeps not submitted to this process yet
  std::set<SweepIndex> moved_;                                       // trials of theirs have ended in this step
  std::map<AgentId, Agent> agents_;
  std::map<ConnectionId, AgentId> connections_;
  std::set<std::pair<TimePoint, AgentId>> expiries_;
  std::set<AgentId> hungry_;  // connected, with credits left
};

}  // namespace evensweep::coordinator

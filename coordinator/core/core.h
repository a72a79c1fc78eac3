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
//                                   │ (7) asked for again              │ │
//                                 failed ◀─────────────────────────────┘ │
//                                          (5) attempt failed for good   ▼
//                                          (6) result accepted ──────▶ finished
//
// A result is accepted from any attempt as long as the run is open, also from one whose lease was lost: the numbers are
// the same whoever trained it. Everything else from an attempt that does not hold the lease is ignored and counted, and
// so is all that an agent says of an attempt that was never leased to it.
//
// A sweep is expanded lazily: trials become runs when there is little ready to be granted, baselines first, so that a
// sweep of a million trials costs at first what a small one costs. A sweep with selection or stopping is asked for in
// stages (sweeps/stats/staged_design.h): when all trials of a stage have ended, their counts are fetched, a decision is
// made and recorded, and the next stage is asked for. A recorded decision is never made again.
//
// Which run goes where: sweeps by priority, then the one with the fewest leases; within it baselines first, since
// others wait for them, then seeds in declared order. The agent with the most room goes first; docs/scheduling.md.
//
// Cost of an event: O(log n) for each attempt or trial it touches, and a bounded slice of expansion; nothing walks over
// all runs or trials.

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/model/run_spec_text.h"
#include "common/model/status.h"
#include "coordinator/core/health.h"
#include "coordinator/core/retry.h"
#include "coordinator/core/step.h"
#include "sweeps/methods/method.h"
#include "sweeps/stats/staged_design.h"

namespace evensweep::coordinator {

struct CoreOptions {
  Duration heartbeat{5'000};
  Duration lease{25'000};         // silent for longer, an agent is lost
  Duration suspect{15'000};       // silent for longer, it gets nothing new
  Duration start_grace{60'000};   // after a restart agents have this long to come back
  Duration brake{60'000};         // so much longer is waited where half of the agents fall silent together
  Duration quarantine{600'000};   // then an agent gets one more chance
  Duration first_backoff{1'000};  // after a run was given back by a machine; doubled each time, at most a minute
  uint32_t ready_ahead = 2'048;   // trials of a sweep are expanded while fewer of its runs are ready
  uint32_t slice = 1'024;         // at most so many trials in one step
  // Whether stored sweeps go on by themselves. Else they are known, and wait until somebody submits them again.
  bool resume = true;
};

// Input that was refused, by reason. For logs and metrics; never an error of ours.
struct Refusals {
  uint64_t unknown_connection = 0;
  uint64_t unknown_run = 0;
  uint64_t stale_attempt = 0;
  uint64_t foreign_attempt = 0;  // of another agent, or of nobody yet
  uint64_t bad_result = 0;
};

class Core {
 public:
  explicit Core(CoreOptions options) : options_(options) {}
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Fills an empty core. Every lease found gets a fresh time: its agent may still be there. Sweeps go on where they
  // were; call handle() with WentOn afterwards, so that they do.
  void restore(const Snapshot& snapshot, TimePoint now);

  [[nodiscard]] Step handle(TimePoint now, const Event& event);
  // When TimePassed is due; absent: never, as things stand.
  std::optional<TimePoint> next_deadline() const;

  std::optional<SweepStatus> status(const SweepId& sweep) const;
  bool is_over(const SweepId& sweep) const;  // as its status says; false for a sweep that is not known
  const Refusals& refusals() const { return refusals_; }
  bool was_done(const std::string& request) const { return requests_.contains(request); }

  // Aborts the program with a message if the state contradicts itself. For tests, after every step.
  void check_invariants() const;

  friend class CoreView;  // view.h: what people ask

 private:
  static constexpr RunId kNoRun = UINT32_MAX;

  struct TrialRef {
    SweepNumber sweep = 0;
    uint32_t arm = 0, seed = 0;
    bool last = true;  // false: the run of an earlier round of the trial, whose counts decide the next one
  };

  // A run remembers who has it by a number in place of a name; numbers begin anew with each process.
  using AgentNumber = uint32_t;
  enum class RunState : uint8_t { kWaiting, kLeased, kFinished, kFailed };
  struct Run {
    Digest key;
    absl::InlinedVector<TrialRef, 1> trials;  // of every sweep that asks for it, rounds in their order
    uint32_t last_attempt = 0;
    AgentNumber holder = 0;      // was given the last attempt, if there is one
    uint32_t charged_after = 0;  // attempts up to this number were forgiven
    uint32_t classes = 0;
    Charges charges;
    RunState state = RunState::kWaiting;
    bool lost = false;     // the last attempt's lease was lost; it may be going on
    bool delayed = false;  // it waits for its time in delayed_
    std::optional<FailureClass> failure;
  };
  // What is known of a run while it is leased.
  struct Lease {
    AgentId agent;
    uint32_t device = 0;
    uint64_t memory_bytes = 0;
    bool alone = false, started = false;
    double progress = 0, rate = 0;
  };

  // Order of readiness within a sweep.
  struct ReadyKey {
    bool dependent = false;  // false: a baseline
    uint32_t seed = 0, arm = 0;
    RunId run = 0;
    friend auto operator<=>(const ReadyKey&, const ReadyKey&) = default;
  };

  struct Trial {
    RunId run = kNoRun;        // of the last round
    RunId earlier = kNoRun;    // of the latest round before the last
    uint16_t rounds = 0;       // how many have a run
    bool failed : 1 = false;   // has no run and never will
    bool asked : 1 = false;    // its stage has begun
    bool decided : 1 = false;  // its stage is over, a result that comes later changes nothing
    bool not_needed : 1 = false;
    bool is_open() const { return asked && run == kNoRun && earlier == kNoRun && !failed; }  // without its first round
  };
  // Arms of one seed whose treatments can be made now: `validation` is the baseline's.
  struct Unfolding {
    uint32_t seed = 0, next_arm = 1;
    std::shared_ptr<const ConfusionMatrix> validation;
  };
  // The next trial to look at: all baselines first, then arms that need none, seed by seed.
  struct Cursor {
    bool baselines = true;
    uint32_t seed = 0, arm = 1;
  };
  struct SweepState {
    SweepNumber number = 0;
    SweepId id;
    Sweep sweep;
    std::optional<RunSpecText> spec_text;
    std::vector<std::string> files;    // SHA-256 sums of all that its runs read
    std::vector<bool> needs_baseline;  // [arm], the baseline's being false
    SweepWish wish = SweepWish::kActive;
    bool asleep = false;                // restored, and nobody has asked for it since
    std::string device;                 // of all its runs: cpu or cuda; empty until the first grant
    std::vector<uint64_t> seeds;        // all_seeds(sweep)
    std::vector<Trial> trials;          // [arm * seeds + seed]
    uint64_t finished = 0, failed = 0;  // trials
    uint64_t asked = 0, not_needed = 0;
    std::vector<DesignDecision> decisions;
    std::optional<Stage> stage;  // the last one asked for; absent: there is no further one
    bool deciding = false;       // its counts are on their way
    std::set<RunId> running;     // their agent says that they train
    std::set<RunId> leased;
    uint64_t trained = 0, reused = 0;  // runs
    uint64_t peak_memory = 0;          // the most that a run of it took on its device, where that is known
    // Expansion.
    std::set<ReadyKey> ready;
    std::optional<Cursor> cursor;  // absent: all trials that were asked for have been looked at
    std::deque<Unfolding> unfolding;
    uint32_t fetching = 0;  // counts of baselines that are on their way
    Trial& trial(uint32_t arm, uint32_t seed) { return trials[arm * seeds.size() + seed]; }
    const Trial& trial(uint32_t arm, uint32_t seed) const { return trials[arm * seeds.size() + seed]; }
    bool is_over() const { return finished + failed + not_needed == trials.size(); }
    bool is_active() const { return wish == SweepWish::kActive && !asleep; }
  };
  // Sweeps with something ready, the one whose turn it is first.
  struct Turn {
    int64_t priority = 0;  // negated
    uint64_t leased = 0;
    SweepNumber sweep = 0;
    friend auto operator<=>(const Turn&, const Turn&) = default;
  };

  struct Agent {
    AgentId id;
    AgentNumber number = 0;
    Hello hello;  // the latest
    std::optional<ConnectionId> connection;
    TimePoint expires, heard;
    std::vector<uint32_t> credits;  // of each device in hello.devices
    std::set<RunId> leased;
    uint32_t slots = 0;    // of all devices
    bool going = false;    // it said that it is draining
    bool braked = false;   // it was given more time already
    bool audited = false;  // for what it said on this connection of attempts that are not its own
    Health health;
    std::optional<TimePoint> quarantined_until;
    Heartbeat last_heartbeat;
  };
  // Agents that can take something, the one with the most room first.
  struct Room {
    uint32_t load = 0;  // leases for each slot, times 1024
    AgentId agent;
    friend auto operator<=>(const Room&, const Room&) = default;
  };

  // core.cc: restart, status
  static SweepPhase phase_of(const SweepState& state);
  void restore_sweep(const SweepSnapshot& stored);
  void restore_runs(const Snapshot& snapshot);
  void restore_attempts(const Snapshot& snapshot);
  void restore_trials(const Snapshot& snapshot);
  void restore_readiness();

  // sweeps.cc: what people want of sweeps
  void on(TimePoint now, const SweepSubmitted& event, Step& step);
  void on(TimePoint now, const SweepControlled& event, Step& step);
  void on(TimePoint now, const WentOn&, Step&) { static_cast<void>(now); }
  void act(SweepState& state, SweepAction action, Step& step);
  SweepState& add_sweep(const SweepId& id, const Sweep& sweep);
  void wake(SweepState& state);
  void set_wish(SweepState& state, SweepWish wish, Step& step);
  void retry_failed(SweepState& state, Step& step);
  void withdraw(SweepState& state, Step& step);
  void cancel_runs(SweepState& state, Step& step);
  bool begin_request(const std::string& request, Step& step);
  static void audit(const std::string& who, const char* what, const std::string& subject, std::string outcome,
                    Step& step);

  // expand.cc: from trials to runs
  void on(TimePoint now, const CountsFetched& event, Step& step);
  void on(TimePoint now, const CountsLost& event, Step& step);
  void fetched(RunId run);
  bool expand(Step& step);
  bool expand(SweepState& state, uint32_t& budget, Step& step);
  bool expand_baseline(SweepState& state, Cursor& cursor, uint32_t& budget, Step& step);
  bool expand_arm(SweepState& state, Cursor& cursor, uint32_t& budget, Step& step);
  void unfold(SweepState& state, uint32_t& budget, Step& step);
  void start_expansion(SweepState& state);
  void fetch_for_dependents(SweepState& state, uint32_t seed, Step& step);
  bool has_dependents(const SweepState& state, uint32_t seed) const;
  void use_counts(RunId run, const ConfusionMatrix& validation, Step& step);
  bool waits_for(const TrialRef& trial, RunId run) const;
  void decide_round(SweepState& state, uint32_t arm, uint32_t seed, const std::optional<ConfusionMatrix>& validation,
                    Step& step);
  void resolve(const TrialRef& trial, Decision decision, Step& step);
  RunId run_of(const TrialRef& trial, const Decision& decision, Step& step);
  void join_finished(SweepState& state, const TrialRef& trial, RunId run, bool first_of_sweep, Step& step);
  void join_failed(SweepState& state, const TrialRef& trial, RunId run, Step& step);

  // runs.cc: what becomes of runs and trials
  RunId add_run(const Digest& key, uint32_t classes);
  RunId find_run(const RunKey& key) const;
  void make_ready(RunId run);
  void make_unready(RunId run);
  ReadyKey ready_key(RunId run, SweepNumber sweep) const;
  void each_sweep(RunId run, const std::function<void(SweepState&)>& what);
  void set_turn(SweepState& state);
  void finish_run(RunId run, const RunResult& result, std::string result_json, Step& step);
  void fail_run(RunId run, const Failure& failure, Step& step);
  void reopen_run(RunId run, Step& step);
  void wait_again(SweepState& state, uint32_t arm, uint32_t seed, std::vector<TrialId>& waiting);
  void fail_dependent(SweepState& state, uint32_t seed, const Failure& failure, Step& step);
  void fail_round(const TrialRef& trial, const Failure& failure, Step& step);
  void fail_trial(SweepState& state, uint32_t arm, uint32_t seed, const Failure& failure, Step& step);
  AttemptId attempt_of(RunId run) const;

  // stages.cc: selection and stopping
  void on(TimePoint now, const StageFetched& event, Step& step);
  void begin_stages(SweepState& state, std::vector<DesignDecision> stored);
  void ask_for_stage(SweepState& state);
  void leave_out(SweepState& state);
  void fetch_what_is_to_decide(Step& step);
  bool is_to_decide(const SweepState& state) const;
  StageCells cells_of(const SweepState& state, const std::vector<RunCounts>& counts) const;

  // agents.cc: agents and what they say
  void on(TimePoint now, const AgentConnected& event, Step& step);
  void on(TimePoint now, const AgentSaid& event, Step& step);
  void on(TimePoint now, const AgentDisconnected& event, Step& step);
  void on(TimePoint now, const AgentControlled& event, Step& step);
  Agent& agent_named(const AgentId& id);
  AgentNumber number_of(const AgentId& agent);
  void reconcile(Agent& agent, bool reborn, Step& step);
  void take_back(Agent& agent, RunId run, Step& step);
  void take_credits(Agent& agent, const Credits& credits);
  void on_update(TimePoint now, Agent& agent, const Update& update, std::vector<AttemptId>& acks, Step& step);
  void on_succeeded(TimePoint now, Agent& agent, RunId run, uint32_t number, bool current, const Succeeded& end,
                    Step& step);
  void on_failed(TimePoint now, Agent& agent, RunId run, const Failure& failure, Step& step);
  void refuse_foreign(Agent& agent, const AttemptId& attempt, Step& step);
  Status check_examples(const Run& run, const RunResult& result) const;
  Agent* agent_of(ConnectionId connection);
  bool is_draining(const Agent& agent) const { return agent.going || draining_.contains(agent.id); }

  // leases.cc: granting, losing and retrying
  void on(TimePoint now, const TimePassed&, Step& step);
  bool grant_all(TimePoint now, Step& step);
  bool grant_one(Agent& agent, std::map<ConnectionId, Grant>& grants, Step& step);
  static uint64_t declared_memory(const SweepState& state);
  static bool fits(const SweepState& state, const AgentDevice& device);
  std::optional<uint32_t> device_for(const SweepState& state, const Agent& agent) const;
  bool may_train(const SweepState& state, const Agent& agent) const;
  std::optional<RunId> next_for(const SweepState& state, const Agent& agent) const;
  void place(SweepState& state, Step& step);
  GrantedLease lease(RunId run, Agent& agent, uint32_t device, const SweepState& state, Step& step);
  void set_room(Agent& agent);
  void end_lease(RunId run);
  void mark_running(RunId run);
  void retry_or_fail(TimePoint now, RunId run, const Failure& failure, Step& step);
  void lose_lease(TimePoint now, RunId run, const std::string& reason, bool by_death, Step& step);
  void expire(TimePoint now, Agent& agent, Step& step);
  bool brakes(TimePoint now);
  void blame(TimePoint now, Agent& agent, RunId run, FailureClass failure, Step& step);
  void withdraw_from(Agent& agent, Step& step);
  void extend(Agent& agent, TimePoint now, Duration by);
  bool was_given(RunId run, uint32_t number, const Agent& agent) const;
  bool holds_lease(RunId run, uint32_t number, const Agent& agent) const;

  // invariants.cc
  void check_agents() const;
  void check_runs() const;
  void check_sweep(const SweepState& state) const;

  CoreOptions options_;
  Refusals refusals_;
  std::vector<Run> runs_;
  absl::flat_hash_map<Digest, RunId> run_index_;
  absl::flat_hash_map<RunId, Lease> leases_;
  absl::flat_hash_map<std::pair<RunId, uint32_t>, AgentNumber> earlier_holders_;  // of attempts before the last
  absl::flat_hash_map<RunId, AgentId> failed_at_;                                 // where an open run failed last
  absl::flat_hash_map<RunId, BlobRef> checkpoints_;
  std::set<std::pair<TimePoint, RunId>> delayed_;
  std::deque<SweepState> sweeps_;
  std::map<SweepId, SweepNumber> sweep_index_;
  std::set<Turn> turns_;
  std::map<SweepNumber, Turn> turn_of_;
  std::set<SweepNumber> moved_;      // trials of theirs have ended in this step
  std::set<SweepNumber> expanding_;  // there may be trials to expand
  std::map<AgentId, Agent> agents_;
  std::map<AgentId, AgentNumber> agent_numbers_;  // of all that were ever given an attempt or came
  std::map<ConnectionId, AgentId> connections_;
  std::set<std::pair<TimePoint, AgentId>> expiries_;
  std::set<std::pair<TimePoint, AgentId>> releases_;  // ends of quarantines
  std::set<Room> rooms_;                              // connected, with credits left, and not draining or in quarantine
  std::map<AgentId, Room> room_of_;
  std::set<AgentId> draining_;
  std::set<std::string> requests_;
};

}  // namespace evensweep::coordinator

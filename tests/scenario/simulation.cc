#include "tests/scenario/simulation.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <utility>

#include "common/base/rng.h"
#include "common/model/json.h"
#include "coordinator/core/core.h"
#include "tests/scenario/core_examples.h"
#include "tests/scenario/record_book.h"

namespace evensweep::coordinator {
namespace {

constexpr int64_t kChaosEnds = 120'000;  // ms; from then on nothing breaks any more
constexpr int64_t kAllMustBeOver = 900'000;

// Which faults a seed has, and how often.
struct Weather {
  explicit Weather(Rng& chance)
      : loss(chance.below(2) * 0.15 * chance.uniform()),
        repeat(chance.below(2) * 0.1 * chance.uniform()),
        delay(1 + static_cast<int64_t>(chance.below(chance.below(2) ? 20'000 : 50))),
        agent_faults(chance.below(3)),
        coordinator_crashes(chance.below(3)),
        train_failures(chance.below(2) * 0.5 * chance.uniform()) {}
  double loss, repeat;
  int64_t delay;
  uint64_t agent_faults, coordinator_crashes;
  double train_failures;
};

class World {
 public:
  explicit World(uint64_t seed)
      : chance_(seed, "simulation"), weather_(chance_), core_(std::make_unique<Core>(CoreOptions{})) {
    Arm two_rounds = tpr_arm(1), three_rounds = tpr_arm(2);
    two_rounds.parameters["rounds"] = 2;
    three_rounds.parameters["rounds"] = 3;
    sweeps_ = {small_sweep("one", {tpr_arm(1), focal_arm(2), tpr_arm(0), two_rounds}, {1, 2}),
               small_sweep("two", {three_rounds, tpr_arm(1), tpr_arm(2)}, {2, 3})};
    sweeps_.resize(1 + chance_.below(2));
    if (chance_.below(2) == 0) sweeps_.push_back(staged_sweep());
    for (const Sweep& sweep : sweeps_) ids_.push_back(sweep_id(sweep));
    agents_.resize(1 + chance_.below(5));
    for (size_t i = 0; i < agents_.size(); ++i) {
      agents_[i].id = AgentId(fmt::format("agent{}", i));
      agents_[i].slots = 1 + static_cast<uint32_t>(chance_.below(3));
    }
  }

  SimulationOutcome run() {
    for (size_t i = 0; i < sweeps_.size(); ++i) after(below(10'000), [this, i] { submit(i); });
    for (size_t i = 0; i < agents_.size(); ++i) after(below(3'000), [this, i] { connect(i); });
    plan_faults();
    at(kChaosEnds, [this] { heal(); });
    while (!queue_.empty() && now_ < kAllMustBeOver && outcome_.violations.empty() &&
           !(now_ > kChaosEnds && all_over())) {
      Timed next = queue_.top();
      queue_.pop();
      now_ = next.at;
      next.what();
    }
    if (outcome_.violations.empty()) check_end();
    outcome_.counts.grants = book_.grants();
    return std::move(outcome_);
  }

 private:
  struct Timed {
    int64_t at = 0;
    uint64_t order = 0;
    std::function<void()> what;
    bool operator<(const Timed& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };
  struct Held {
    bool running = false;
    std::optional<Update> end;
  };
  struct Agent {
    AgentId id;
    uint32_t slots = 1;
    uint64_t life = 0;  // raised by a crash: what was planned before it is void
    std::optional<ConnectionId> connection;
    bool welcomed = false;
    std::map<AttemptId, Held> held;
  };

  // Shares arms and seeds with the others, so that decided trials and open ones meet in one run.
  static Sweep staged_sweep() {
    Sweep sweep = stopping_sweep("staged", {2, 3}, {1, 2, 4});
    sweep.arms.push_back(tpr_arm(1));
    sweep.analysis.selection = SelectionSpec{.seeds = {101, 102}, .keep = 2};
    return sweep;
  }

  // ---- time and chance
  int64_t below(int64_t bound) { return static_cast<int64_t>(chance_.below(static_cast<uint64_t>(bound))); }
  bool happens(double probability) { return chance_.uniform() < probability; }
  bool chaos() const { return now_ < kChaosEnds; }
  void at(int64_t time, std::function<void()> what) { queue_.push({time, ++order_, std::move(what)}); }
  void after(int64_t delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  // A message on its way: lost, repeated and overtaken by others only while there is chaos.
  void travel(const std::function<void()>& arrive) {
    if (chaos() && happens(weather_.loss)) {
      ++outcome_.counts.lost_messages;
      return;
    }
    after(chaos() ? below(weather_.delay) : 1, arrive);
    if (!chaos() || !happens(weather_.repeat)) return;
    ++outcome_.counts.repeated_messages;
    after(below(weather_.delay), arrive);
  }

  // ---- coordinator
  void submit(size_t sweep) {
    submitted_.insert(sweep);
    handle(SweepSubmitted{.id = ids_[sweep], .sweep = sweeps_[sweep]});
  }

  void handle(const Event& event) {
    ++outcome_.counts.steps;
    const bool expires = std::holds_alternative<TimePassed>(event);
    const Step step = core_->handle(TimePoint{Duration(now_)}, event);
    if (chaos() && crashes_left_ > 0 && happens(0.3)) return crash_coordinator(step);
    book_.commit(step.records);
    count(step, expires);
    check_step();
    for (const Effect& effect : step.effects) std::visit([this](const auto& known) { carry_out(known); }, effect);
    arm_deadline();
  }

  // In the middle of a step: its records are stored or not, its effects never happen.
  void crash_coordinator(const Step& step) {
    --crashes_left_;
    ++outcome_.counts.coordinator_crashes;
    if (happens(0.5)) book_.commit(step.records);
    note_violations();
    core_ = std::make_unique<Core>(CoreOptions{});
    core_->restore(book_.snapshot(), TimePoint{Duration(now_)});
    core_->check_invariants();
    ++coordinator_life_;
    for (size_t i = 0; i < agents_.size(); ++i) drop(i);
    for (size_t i = 0; i < sweeps_.size(); ++i)
      if (happens(0.3)) after(below(20'000), [this, i] { submit(i); });
    after(1, [this, life = coordinator_life_] {
      if (life == coordinator_life_) handle(WentOn{});
    });
    arm_deadline();
  }

  void carry_out(const ShowLog&) {}
  void carry_out(const GoOn&) {
    after(1, [this, life = coordinator_life_] {
      if (life == coordinator_life_) handle(WentOn{});
    });
  }
  void carry_out(const Send& send) { to_agent(send.connection, send.message); }
  void carry_out(const Grant& grant) {
    Leases leases;
    for (const GrantedLease& lease : grant.leases)
      leases.leases.push_back({.attempt = lease.attempt,
                               .run_spec_json = book_.spec(lease.run),
                               .trainer = lease.trainer,
                               .classes = lease.classes});
    to_agent(grant.connection, leases);
  }
  void carry_out(const FetchCounts& fetch) {
    after(1, [this, run = fetch.run, life = coordinator_life_] {
      if (life == coordinator_life_) handle(CountsFetched{.run = run, .validation = book_.validation(run)});
    });
  }
  void carry_out(const FetchStage& fetch) {
    after(1 + below(500), [this, fetch, life = coordinator_life_] {
      if (life != coordinator_life_) return;
      StageFetched counts{.sweep = fetch.sweep};
      for (const RunId run : fetch.runs) counts.runs.push_back(book_.counts(run));
      handle(counts);
    });
  }
  void carry_out(const Close& close) {
    for (size_t i = 0; i < agents_.size(); ++i)
      if (agents_[i].connection == close.connection) drop(i);
  }

  void arm_deadline() {
    const auto deadline = core_->next_deadline();
    if (!deadline) return;
    const int64_t due = std::max(now_, deadline->since_start.count());
    if (due >= armed_ && armed_ > now_) return;
    armed_ = due;
    at(due, [this, due] {
      if (armed_ == due) armed_ = 0;
      const auto still = core_->next_deadline();
      if (still && still->since_start.count() <= now_) handle(TimePassed{});
      arm_deadline();
    });
  }

  // ---- the network
  void to_agent(ConnectionId connection, const CoordinatorMessage& message) {
    for (size_t i = 0; i < agents_.size(); ++i)
      if (agents_[i].connection == connection)
        travel([this, i, connection, message] {
          if (agents_[i].connection == connection) heard(agents_[i], message);
        });
  }
  void to_coordinator(const Agent& agent, std::variant<Credits, Heartbeat, Updates, Draining> message) {
    if (!agent.connection) return;
    travel([this, connection = *agent.connection, message = std::move(message), life = coordinator_life_] {
      if (life == coordinator_life_) handle(AgentSaid{.connection = connection, .message = message});
    });
  }

  // ---- agents
  void connect(size_t index) {
    Agent& agent = agents_[index];
    if (agent.connection) return;
    agent.connection = ++last_connection_;
    agent.welcomed = false;
    Hello hello{.agent = agent.id,
                .incarnation = "1",
                .host = "h",
                .version = "0",
                .devices = cpu_device(agent.slots),
                .held = {}};
    for (const auto& [attempt, held] : agent.held) hello.held.push_back(attempt);
    // A stream opens with its Hello or not at all.
    after(1, [this, index, connection = *agent.connection, hello, life = coordinator_life_] {
      if (life == coordinator_life_ && agents_[index].connection == connection)
        handle(AgentConnected{.connection = connection, .hello = hello});
    });
    beat(index, *agent.connection);
  }

  void beat(size_t index, ConnectionId connection) {
    after(5'000, [this, index, connection] {
      if (agents_[index].connection != connection) return;
      // Without a Welcome the Hello was lost: the agent tries once more.
      if (!agents_[index].welcomed) return drop(index);
      to_coordinator(agents_[index], Heartbeat{});
      beat(index, connection);
    });
  }

  // The stream breaks: both ends notice, each in its time, the coordinator sometimes never.
  void drop(size_t index) {
    Agent& agent = agents_[index];
    if (agent.connection) {
      ++outcome_.counts.disconnects;
      const ConnectionId connection = *std::exchange(agent.connection, std::nullopt);
      if (!chaos() || happens(0.8))
        after(below(2'000), [this, connection, life = coordinator_life_] {
          if (life == coordinator_life_) handle(AgentDisconnected{.connection = connection});
        });
    }
    after(200 + below(chaos() ? 30'000 : 200), [this, index] { connect(index); });
  }

  // Only ends survive, in the spool.
  void crash_agent(size_t index) {
    ++outcome_.counts.agent_crashes;
    ++agents_[index].life;
    std::erase_if(agents_[index].held, [](const auto& item) { return !item.second.end; });
    drop(index);
  }

  void heard(Agent& agent, const CoordinatorMessage& message) {
    if (std::holds_alternative<Welcome>(message)) {
      agent.welcomed = true;
      for (const auto& [attempt, held] : agent.held)
        if (held.end) to_coordinator(agent, Updates{.updates = {*held.end}});
    }
    if (const auto* leases = std::get_if<Leases>(&message))
      for (const Lease& lease : leases->leases) agent.held.try_emplace(lease.attempt);
    if (const auto* acks = std::get_if<Acks>(&message)) forget(agent, acks->attempts);
    if (const auto* cancels = std::get_if<Cancels>(&message)) forget(agent, cancels->attempts);
    start_what_fits(agent);
    to_coordinator(agent, cpu_credits(free_of(agent)));
  }

  static void forget(Agent& agent, const std::vector<AttemptId>& attempts) {
    for (const AttemptId& attempt : attempts) agent.held.erase(attempt);
  }

  static uint32_t free_of(const Agent& agent) {
    const auto busy = static_cast<uint32_t>(
        std::count_if(agent.held.begin(), agent.held.end(), [](const auto& item) { return !item.second.end; }));
    return busy >= 2 * agent.slots ? 0 : 2 * agent.slots - busy;
  }

  void start_what_fits(Agent& agent) {
    auto running = std::count_if(agent.held.begin(), agent.held.end(),
                                 [](const auto& item) { return item.second.running && !item.second.end; });
    for (auto& [attempt, held] : agent.held) {
      if (running >= agent.slots) return;
      if (held.running || held.end) continue;
      held.running = true;
      ++running;
      to_coordinator(agent, Updates{.updates = {{.attempt = attempt, .what = Started{}}}});
      const auto index = static_cast<size_t>(&agent - agents_.data());
      after(500 + below(20'000), [this, index, id = attempt, life = agent.life] {
        if (agents_[index].life == life) end(agents_[index], id);
      });
    }
  }

  void end(Agent& agent, const AttemptId& attempt) {
    const auto held = agent.held.find(attempt);
    if (held == agent.held.end() || !held->second.running || held->second.end) return;
    held->second.end = Update{.attempt = attempt, .what = end_of_training()};
    to_coordinator(agent,
                   Updates{.updates = {{.attempt = attempt, .what = Progress{.fraction = 1}}, *held->second.end}});
    start_what_fits(agent);
    to_coordinator(agent, cpu_credits(free_of(agent)));
  }

  decltype(Update::what) end_of_training() {
    if (!happens(weather_.train_failures))
      return Succeeded{.result_json = even_result_text(10 + below(11), 1 + below(10))};
    switch (chance_.below(7)) {
      case 0: return Succeeded{.result_json = "{}"};
      case 1: return Failure{.failure = FailureClass::kDiverged, .message = "nan"};
      case 2: return Failure{.failure = FailureClass::kOutOfMemory, .message = "killed"};
      case 3: return Failure{.failure = FailureClass::kPreempted, .message = "stopped"};
      case 4: return Failure{.failure = FailureClass::kInfrastructure, .message = "no file"};
      default: return Failure{.failure = FailureClass::kTrainerError, .message = "exit 1"};
    }
  }

  // ---- faults
  void plan_faults() {
    for (uint64_t i = 0; i < 4 * weather_.agent_faults; ++i) {
      const auto index = static_cast<size_t>(chance_.below(agents_.size()));
      const bool crash = happens(0.4);
      at(below(kChaosEnds), [this, index, crash] {
        if (crash) return crash_agent(index);
        if (agents_[index].connection) drop(index);
      });
    }
    for (uint64_t i = 0; i < weather_.coordinator_crashes; ++i)
      at(5'000 + below(kChaosEnds - 5'000), [this] { ++crashes_left_; });
    // Somebody asks once more for what has failed.
    for (int i = 0; i < 6; ++i)
      at(below(kChaosEnds), [this] {
        const auto sweep = static_cast<size_t>(chance_.below(sweeps_.size()));
        if (submitted_.contains(sweep)) submit(sweep);
      });
  }

  // Every stream is made anew, so that what was lost on the old ones is found out.
  void heal() {
    crashes_left_ = 0;
    weather_.train_failures = 0;
    for (size_t i = 0; i < sweeps_.size(); ++i)
      if (!submitted_.contains(i)) submit(i);
    for (size_t i = 0; i < agents_.size(); ++i)
      if (agents_[i].connection) drop(i);
  }

  // ---- what must hold
  bool all_over() const {
    for (const SweepId& id : ids_) {
      const auto status = core_->status(id);
      if (!status || !status->over) return false;
    }
    return true;
  }

  void note_violations() {
    for (const std::string& violation : book_.violations()) outcome_.violations.push_back(violation);
  }
  void require(bool condition, std::string what) {
    if (!condition) outcome_.violations.push_back(std::move(what));
  }

  void count(const Step& step, bool expires) {
    for (const Record& record : step.records) {
      if (std::holds_alternative<RunFinished>(record)) ++outcome_.counts.results;
      if (std::holds_alternative<RunFailed>(record)) ++outcome_.counts.failed_runs;
      if (std::holds_alternative<DesignDecided>(record)) ++outcome_.counts.decisions;
      if (std::holds_alternative<RunReopened>(record)) ++outcome_.counts.reopened;
      const auto* ended = std::get_if<AttemptEnded>(&record);
      if (ended == nullptr) continue;
      if (expires) ++outcome_.counts.expired_leases;
      if (!ended->failure && book_.attempts(book_.key_of(ended->run)).back().number != ended->number)
        ++outcome_.counts.late_results;
    }
  }

  void check_step() {
    core_->check_invariants();
    note_violations();
    for (const SweepId& id : ids_) {
      const auto status = core_->status(id);
      if (!status) continue;
      const RecordBook::Counts counts = book_.recount(id);
      require(status->trials_finished == counts.finished && status->trials_failed == counts.failed,
              fmt::format("status of sweep {} says {} finished, {} failed; the records {} and {}", id.brief(),
                          status->trials_finished, status->trials_failed, counts.finished, counts.failed));
    }
    outcome_.counts.stale_updates +=
        std::exchange(stale_seen_, core_->refusals().stale_attempt) < core_->refusals().stale_attempt;
    outcome_.counts.refused_results +=
        std::exchange(bad_seen_, core_->refusals().bad_result) < core_->refusals().bad_result;
  }

  void check_end() {
    for (const SweepId& id : ids_) {
      const auto status = core_->status(id);
      require(status && status->over,
              fmt::format("sweep {} is not over after {} s: {} of {} trials finished, {} failed", id.brief(),
                          now_ / 1000, status ? status->trials_finished : 0, status ? status->trials : 0,
                          status ? status->trials_failed : 0));
    }
  }

  Rng chance_;
  Weather weather_;
  SimulationOutcome outcome_;
  int64_t now_ = 0, armed_ = 0;
  uint64_t order_ = 0;
  std::priority_queue<Timed> queue_;

  std::vector<Sweep> sweeps_;
  std::vector<SweepId> ids_;
  std::unique_ptr<Core> core_;
  RecordBook book_;
  uint64_t coordinator_life_ = 0, crashes_left_ = 0, stale_seen_ = 0, bad_seen_ = 0;
  std::set<size_t> submitted_;  // to this life of the coordinator
  ConnectionId last_connection_ = 0;
  std::vector<Agent> agents_;
};

}  // namespace

SimulationOutcome simulate(uint64_t seed) { return World(seed).run(); }

}  // namespace evensweep::coordinator

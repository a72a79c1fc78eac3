// Which run goes where, and what follows when a lease is lost or an attempt fails.

#include <algorithm>
#include <utility>

#include "coordinator/core/core.h"

namespace evensweep::coordinator {
namespace {

// How many ready runs are looked at for one that has not failed on this very agent.
constexpr int kLookAhead = 16;
// Fewer silent agents are single accidents, not half of a cluster.
constexpr size_t kFewestForBrake = 3;

}  // namespace

// ---- granting

bool Core::may_train(const SweepState& state, const Agent& agent) const {
  const auto& trainers = agent.hello.trainers;
  if (!trainers.empty() && std::find(trainers.begin(), trainers.end(), state.sweep.trainer) == trainers.end())
    return false;
  return std::all_of(state.sweep.resources.labels.begin(), state.sweep.resources.labels.end(), [&](const auto& label) {
    const auto found = agent.hello.labels.find(label.first);
    return found != agent.hello.labels.end() && found->second == label.second;
  });
}

uint64_t Core::declared_memory(const SweepState& state) {
  return static_cast<uint64_t>(state.sweep.resources.memory_mib.value_or(0)) << 20;
}

// Whether runs of the sweep can be trained on such a device at all.
bool Core::fits(const SweepState& state, const AgentDevice& device) {
  return (state.device.empty() || device.kind == state.device) &&
         (device.memory_bytes == 0 || declared_memory(state) <= device.memory_bytes);
}

// The device with the most room among those that the sweep can use and that have some.
std::optional<uint32_t> Core::device_for(const SweepState& state, const Agent& agent) const {
  std::optional<uint32_t> best;
  for (uint32_t i = 0; i < agent.hello.devices.size(); ++i) {
    if (agent.credits[i] == 0 || !fits(state, agent.hello.devices[i])) continue;
    if (!best || agent.credits[i] > agent.credits[*best]) best = i;
  }
  return best;
}

// Runs of one sweep are compared with each other, so they are trained on one kind of device: GPUs where there are any.
void Core::place(SweepState& state, Step& step) {
  if (!state.device.empty()) return;
  state.device = "cpu";
  for (const auto& [connection, id] : connections_) {
    const Agent& agent = agents_.at(id);
    if (may_train(state, agent) && std::any_of(agent.hello.devices.begin(), agent.hello.devices.end(),
                                               [](const AgentDevice& device) { return device.kind == "cuda"; }))
      state.device = "cuda";
  }
  step.records.push_back(SweepPlaced{.sweep = state.number, .device = state.device});
}

// The first ready run that did not fail on this agent before; the first one if there is none and nobody else can take
// it.
std::optional<RunId> Core::next_for(const SweepState& state, const Agent& agent) const {
  int looked = 0;
  for (const ReadyKey& ready : state.ready) {
    const auto failed = failed_at_.find(ready.run);
    if (failed == failed_at_.end() || failed->second != agent.id || connections_.size() == 1) return ready.run;
    if (++looked == kLookAhead) break;
  }
  // Only those count that can take it: else it would wait for them for ever.
  const bool others = std::any_of(rooms_.begin(), rooms_.end(), [&](const Room& room) {
    const Agent& other = agents_.at(room.agent);
    return other.id != agent.id && may_train(state, other) && device_for(state, other);
  });
  if (others || state.ready.empty()) return std::nullopt;
  return state.ready.begin()->run;
}

// A slice of what can be granted. Whether there is more.
bool Core::grant_all(TimePoint now, Step& step) {
  std::map<ConnectionId, Grant> grants;
  std::vector<Room> nothing_for;
  uint32_t budget = options_.slice;
  while (!turns_.empty() && !rooms_.empty() && budget > 0) {
    const Room room = *rooms_.begin();
    Agent& agent = agents_.at(room.agent);
    const bool suspect = agent.braked || agent.expires - now < options_.lease - options_.suspect;
    if (!suspect && grant_one(agent, grants, step)) {
      --budget;
      continue;
    }
    rooms_.erase(room);
    nothing_for.push_back(room);
  }
  const bool more = !turns_.empty() && !rooms_.empty();
  rooms_.insert(nothing_for.begin(), nothing_for.end());
  for (auto& [connection, grant] : grants) step.effects.push_back(std::move(grant));
  return more;
}

bool Core::grant_one(Agent& agent, std::map<ConnectionId, Grant>& grants, Step& step) {
  for (const Turn& turn : turns_) {
    SweepState& state = sweeps_[turn.sweep];
    if (!may_train(state, agent)) continue;
    place(state, step);
    const std::optional<uint32_t> device = device_for(state, agent);
    const std::optional<RunId> run = device ? next_for(state, agent) : std::nullopt;
    if (!run) continue;
    Grant& grant = grants[*agent.connection];
    grant.connection = *agent.connection;
    grant.leases.push_back(lease(*run, agent, *device, state, step));
    return true;
  }
  return false;
}

GrantedLease Core::lease(RunId id, Agent& agent, uint32_t device, const SweepState& state, Step& step) {
  make_unready(id);
  Run& run = runs_[id];
  run.state = RunState::kLeased;
  run.lost = false;
  if (run.last_attempt > 0) earlier_holders_[{id, run.last_attempt}] = run.holder;
  ++run.last_attempt;
  run.holder = agent.number;
  const uint64_t declared = declared_memory(state);
  const Lease& lease = leases_[id] = {.agent = agent.id,
                                      .device = device,
                                      .memory_bytes = declared > 0 ? declared : state.peak_memory,
                                      .alone = run.charges.out_of_memory > 0};
  agent.leased.insert(id);
  --agent.credits[device];
  set_room(agent);
  each_sweep(id, [&](SweepState& each) {
    each.leased.insert(id);
    set_turn(each);
  });
  step.records.push_back(AttemptGranted{.run = id, .number = run.last_attempt, .agent = agent.id});
  const auto checkpoint = checkpoints_.find(id);
  return {.run = id,
          .attempt = attempt_of(id),
          .trainer = state.sweep.trainer,
          .classes = run.classes,
          .files = state.files,
          .device = device,
          .memory_bytes = lease.memory_bytes,
          .alone = lease.alone,
          .checkpoint = checkpoint == checkpoints_.end() ? std::nullopt : std::optional(checkpoint->second)};
}

// Where the agent stands in the order of room, now that its credits, leases or state have changed.
void Core::set_room(Agent& agent) {
  const Room room{.load = static_cast<uint32_t>(agent.leased.size() * 1024 / std::max(agent.slots, 1u)),
                  .agent = agent.id};
  const bool has_room = agent.connection && !is_draining(agent) && !agent.quarantined_until &&
                        std::any_of(agent.credits.begin(), agent.credits.end(), [](uint32_t free) { return free > 0; });
  const auto known = room_of_.find(agent.id);
  if (known != room_of_.end()) {
    if (has_room && known->second == room && rooms_.contains(room)) return;
    rooms_.erase(known->second);
    room_of_.erase(known);
  }
  if (!has_room) return;
  rooms_.insert(room);
  room_of_.emplace(agent.id, room);
}

// ---- leases

bool Core::was_given(RunId run, uint32_t number, const Agent& agent) const {
  if (number == runs_[run].last_attempt) return number > 0 && runs_[run].holder == agent.number;
  const auto earlier = earlier_holders_.find({run, number});
  return earlier != earlier_holders_.end() && earlier->second == agent.number;
}

bool Core::holds_lease(RunId run, uint32_t number, const Agent& agent) const {
  return runs_[run].state == RunState::kLeased && runs_[run].last_attempt == number &&
         runs_[run].holder == agent.number;
}

void Core::mark_running(RunId run) {
  Lease& lease = leases_.at(run);
  if (std::exchange(lease.started, true)) return;
  each_sweep(run, [run](SweepState& state) { state.running.insert(run); });
}

// The run is nobody's any more; the caller decides what becomes of it.
void Core::end_lease(RunId run) {
  if (const auto holder = agents_.find(leases_.at(run).agent); holder != agents_.end()) {
    holder->second.leased.erase(run);
    set_room(holder->second);
  }
  leases_.erase(run);
  runs_[run].lost = false;
  runs_[run].state = RunState::kWaiting;
  each_sweep(run, [&](SweepState& state) {
    state.running.erase(run);
    state.leased.erase(run);
    set_turn(state);
  });
}

void Core::retry_or_fail(TimePoint now, RunId id, const Failure& failure, Step& step) {
  Run& run = runs_[id];
  step.records.push_back(AttemptEnded{.run = id, .number = run.last_attempt, .failure = failure, .lost = run.lost});
  charge(run.charges, failure.failure);
  if (!may_retry(run.charges, failure.failure)) return fail_run(id, failure, step);
  if (failure.failure == FailureClass::kInfrastructure && !run.lost) {
    run.delayed = true;
    delayed_.emplace(now + backoff(run.charges, options_.first_backoff), id);
    return;
  }
  make_ready(id);
}

void Core::lose_lease(TimePoint now, RunId run, const std::string& reason, bool by_death, Step& step) {
  end_lease(run);
  runs_[run].lost = true;
  if (by_death) ++runs_[run].charges.lost;
  retry_or_fail(now, run, {.failure = FailureClass::kInfrastructure, .message = reason}, step);
}

void Core::extend(Agent& agent, TimePoint now, Duration by) {
  expiries_.erase({agent.expires, agent.id});
  agent.expires = now + by;
  expiries_.insert({agent.expires, agent.id});
}

// ---- time

void Core::on(TimePoint now, const TimePassed&, Step& step) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const RunId run = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    runs_[run].delayed = false;
    make_ready(run);
  }
  while (!releases_.empty() && releases_.begin()->first <= now) {
    Agent& agent = agents_.at(releases_.begin()->second);
    releases_.erase(releases_.begin());
    agent.quarantined_until.reset();
    put_on_probation(agent.health);
    set_room(agent);
  }
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    if (brakes(now)) continue;  // of those that have had more time before, some may be due all the same
    Agent& agent = agents_.at(expiries_.begin()->second);
    expire(now, agent, step);
  }
}

// When half of the agents fall silent together, the network is more likely to be broken than they are: what they train
// is not given to others before they had more time to come back.
bool Core::brakes(TimePoint now) {
  std::vector<AgentId> silent;
  for (const auto& [expires, id] : expiries_) {
    if (expires - now > options_.lease - options_.suspect) break;
    if (!agents_.at(id).braked) silent.push_back(id);
  }
  if (silent.size() < kFewestForBrake || silent.size() * 2 < agents_.size()) return false;
  for (const AgentId& id : silent) {
    agents_.at(id).braked = true;
    extend(agents_.at(id), now, options_.brake);
  }
  return true;
}

void Core::expire(TimePoint now, Agent& agent, Step& step) {
  const AgentId id = agent.id;
  expiries_.erase({agent.expires, id});
  const std::set<RunId> leased = agent.leased;
  for (const RunId run : leased)
    lose_lease(now, run, "agent " + id.str() + " has been silent for longer than its lease", leases_.at(run).started,
               step);
  if (agent.connection) {
    connections_.erase(*agent.connection);
    step.effects.push_back(Close{.connection = *agent.connection});
    agent.connection.reset();
  }
  set_room(agent);
  if (agent.quarantined_until) releases_.erase({*agent.quarantined_until, id});
  agents_.erase(id);
}

// ---- bad machines

// Failures that may be the machine's are held against it as well, as long as another one is there to do its work. Once
// it is to blame, they are taken off the runs.
void Core::blame(TimePoint now, Agent& agent, RunId run, FailureClass failure, Step& step) {
  if (!may_be_the_machine(failure)) return;
  note_failure(agent.health, {.run = run, .attempt = runs_[run].last_attempt, .failure = failure});
  const bool others = std::any_of(connections_.begin(), connections_.end(), [&](const auto& connection) {
    const Agent& other = agents_.at(connection.second);
    return other.id != agent.id && !other.quarantined_until && !is_draining(other);
  });
  if (!is_to_blame(agent.health) || !others || agent.quarantined_until) return;
  for (Health::Failed& failed : agent.health.in_a_row) {
    if (std::exchange(failed.forgiven, true) || failed.attempt <= runs_[failed.run].charged_after) continue;
    forgive(runs_[failed.run].charges, failed.failure);
    step.records.push_back(AttemptForgiven{.run = failed.run, .number = failed.attempt});
    if (runs_[failed.run].state != RunState::kFailed || !may_be_the_machine(*runs_[failed.run].failure)) continue;
    reopen_run(failed.run, step);
    make_ready(failed.run);
  }
  agent.quarantined_until = now + options_.quarantine;
  releases_.emplace(*agent.quarantined_until, agent.id);
  set_room(agent);
  withdraw_from(agent, step);
}

void Core::withdraw_from(Agent& agent, Step& step) {
  Withdraw withdraw;
  for (const RunId run : agent.leased)
    if (!leases_.at(run).started) withdraw.attempts.push_back(attempt_of(run));
  if (!withdraw.attempts.empty() && agent.connection)
    step.effects.push_back(Send{.connection = *agent.connection, .message = std::move(withdraw)});
}

}  // namespace evensweep::coordinator

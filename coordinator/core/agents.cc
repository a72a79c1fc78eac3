// Agents: who is there, what it holds, and what it says of its attempts.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "common/base/overloaded.h"
#include "common/model/json.h"
#include "coordinator/core/core.h"

namespace evensweep::coordinator {
namespace {

// So many refusals of foreign attempts get a row in the audit log each; of more, ever fewer, lest they fill the disk.
constexpr uint64_t kForeignRows = 1000;

Status check_class_counts(const char* split, const ConfusionMatrix& matrix, const std::vector<int64_t>& expected) {
  for (int64_t truth = 0; truth < matrix.classes; ++truth) {
    int64_t there = 0;
    for (int64_t guess = 0; guess < matrix.classes; ++guess) there += matrix.at(truth, guess);
    const int64_t wanted = expected.at(static_cast<size_t>(truth));
    if (there == wanted) continue;
    return absl::InvalidArgumentError(
        fmt::format("it has {} {} examples of class {}, but the data set has {}", there, split, truth, wanted));
  }
  return absl::OkStatus();
}

}  // namespace

void Core::on(TimePoint now, const AgentConnected& event, Step& step) {
  Agent& agent = agent_named(event.hello.agent);
  if (agent.connection) {
    connections_.erase(*agent.connection);
    step.effects.push_back(Close{.connection = *agent.connection});
  }
  const bool reborn = !agent.hello.incarnation.empty() && agent.hello.incarnation != event.hello.incarnation;
  if (reborn) agent.health = {};
  agent.hello = event.hello;
  agent.connection = event.connection;
  connections_[event.connection] = agent.id;
  agent.credits.assign(agent.hello.devices.size(), 0);
  agent.slots = 0;
  for (const AgentDevice& device : agent.hello.devices) agent.slots += device.slots;
  agent.going = agent.braked = agent.audited = false;
  extend(agent, now, options_.lease);
  agent.heard = now;
  step.effects.push_back(Send{.connection = event.connection,
                              .message = Welcome{.heartbeat = options_.heartbeat, .lease = options_.lease}});
  reconcile(agent, reborn, step);
  if (draining_.contains(agent.id)) step.effects.push_back(Send{.connection = event.connection, .message = Drain{}});
  set_room(agent);
}

Core::Agent& Core::agent_named(const AgentId& id) {
  Agent& agent = agents_[id];
  if (!agent.id.empty()) return agent;
  agent.id = id;
  agent.number = number_of(id);
  return agent;
}

Core::AgentNumber Core::number_of(const AgentId& agent) {
  return agent_numbers_.try_emplace(agent, static_cast<AgentNumber>(agent_numbers_.size())).first->second;
}

// Compares what the agent holds with what it is thought to hold. Its old stream is dead, so every lease that it does
// not report never reached it or was lost by it.
void Core::reconcile(Agent& agent, bool reborn, Step& step) {
  Acks forget;
  Cancels cancel;
  std::set<RunId> kept;
  for (const AttemptId& attempt : agent.hello.held) {
    const RunId run = find_run(attempt.run);
    if (run == kNoRun) {
      ++refusals_.unknown_run;
      forget.attempts.push_back(attempt);
      cancel.attempts.push_back(attempt);
      continue;
    }
    if (runs_[run].state == RunState::kWaiting && attempt.number == runs_[run].last_attempt && runs_[run].lost &&
        was_given(run, attempt.number, agent))
      take_back(agent, run, step);
    if (holds_lease(run, attempt.number, agent)) {
      kept.insert(run);
      continue;
    }
    cancel.attempts.push_back(attempt);
    if (runs_[run].state == RunState::kFinished || runs_[run].state == RunState::kFailed)
      forget.attempts.push_back(attempt);
  }
  agent.hello.held.clear();
  const std::set<RunId> leased = agent.leased;
  for (const RunId run : leased)
    if (!kept.contains(run))
      lose_lease(TimePoint{}, run, "agent " + agent.id.str() + " came back without it",
                 reborn && leases_.at(run).started, step);
  if (!cancel.attempts.empty())
    step.effects.push_back(Send{.connection = *agent.connection, .message = std::move(cancel)});
  if (!forget.attempts.empty())
    step.effects.push_back(Send{.connection = *agent.connection, .message = std::move(forget)});
}

// Its lease had expired and nobody else took the run: the attempt may go on, if somebody still wants it.
void Core::take_back(Agent& agent, RunId run, Step& step) {
  const auto& trials = runs_[run].trials;
  if (runs_[run].delayed || std::none_of(trials.begin(), trials.end(), [this](const TrialRef& trial) {
        return sweeps_[trial.sweep].wish != SweepWish::kCancelled;
      }))
    return;
  make_unready(run);
  runs_[run].state = RunState::kLeased;
  leases_[run] = {.agent = agent.id};
  agent.leased.insert(run);
  each_sweep(run, [&](SweepState& state) {
    state.leased.insert(run);
    set_turn(state);
  });
  step.records.push_back(AttemptGranted{.run = run, .number = runs_[run].last_attempt, .agent = agent.id});
}

void Core::on(TimePoint now, const AgentSaid& event, Step& step) {
  Agent* agent = agent_of(event.connection);
  if (agent == nullptr) {
    ++refusals_.unknown_connection;
    return;
  }
  extend(*agent, now, options_.lease);
  agent->heard = now;
  agent->braked = false;
  std::visit(Overloaded{
                 [&](const Credits& credits) { take_credits(*agent, credits); },
                 [&](const Heartbeat& heartbeat) { agent->last_heartbeat = heartbeat; },
                 [&](const Draining&) { agent->going = true; },
                 [&](const Updates& updates) {
                   Acks acks;
                   for (const Update& update : updates.updates) on_update(now, *agent, update, acks.attempts, step);
                   if (!acks.attempts.empty())
                     step.effects.push_back(Send{.connection = event.connection, .message = std::move(acks)});
                 },
             },
             event.message);
  set_room(*agent);
}

void Core::take_credits(Agent& agent, const Credits& credits) {
  for (const DeviceCredits& device : credits.devices)
    if (device.device < agent.credits.size()) agent.credits[device.device] = device.free;
}

void Core::on_update(TimePoint now, Agent& agent, const Update& update, std::vector<AttemptId>& acks, Step& step) {
  const bool is_end = std::holds_alternative<Succeeded>(update.what) || std::holds_alternative<Failure>(update.what);
  if (is_end) acks.push_back(update.attempt);
  const RunId run = find_run(update.attempt.run);
  if (run == kNoRun) {
    ++refusals_.unknown_run;
    return;
  }
  const uint32_t number = update.attempt.number;
  if (!was_given(run, number, agent)) return refuse_foreign(agent, update.attempt, step);
  const RunState state = runs_[run].state;
  const bool open = state == RunState::kWaiting || state == RunState::kLeased;
  const bool current = holds_lease(run, number, agent);
  const bool adopted = std::holds_alternative<Succeeded>(update.what) && open;
  const bool is_log = std::holds_alternative<LogStored>(update.what);
  if (!current && !adopted && !is_log) {
    ++refusals_.stale_attempt;
    return;
  }
  std::visit(Overloaded{
                 [&](const Started&) {
                   leases_.at(run).progress = 0;
                   mark_running(run);
                 },
                 [&](const Progress& progress) {
                   mark_running(run);
                   leases_.at(run).progress = progress.fraction;
                   leases_.at(run).rate = progress.examples_per_second;
                 },
                 [&](const Succeeded& end) { on_succeeded(now, agent, run, number, current, end, step); },
                 [&](const Failure& failure) { on_failed(now, agent, run, failure, step); },
                 [&](const LogLines& lines) {
                   step.effects.push_back(ShowLog{.run = run, .number = number, .text = lines.text});
                 },
                 [&](const LogStored& log) {
                   step.records.push_back(LogKept{.run = run, .number = number, .blob = log.blob});
                 },
                 [&](const CheckpointStored& checkpoint) {
                   checkpoints_[run] = checkpoint.blob;
                   step.records.push_back(CheckpointKept{.run = run, .blob = checkpoint.blob});
                 },
             },
             update.what);
}

// Told once for a connection: whoever says it a thousand times is to fill no disk.
void Core::refuse_foreign(Agent& agent, const AttemptId& attempt, Step& step) {
  ++refusals_.foreign_attempt;
  if (std::exchange(agent.audited, true)) return;
  step.effects.push_back(Audit{fmt::format("agent {} speaks of attempt {} of run {}, which was never leased to it",
                                           agent.id.str(), attempt.number, attempt.run.brief())});
  if (refusals_.foreign_attempt > kForeignRows && !std::has_single_bit(refusals_.foreign_attempt)) return;
  audit("agent " + agent.id.str(), "report", fmt::format("run {} attempt {}", attempt.run.brief(), attempt.number),
        fmt::format("refused: never leased to it ({} refused since the start)", refusals_.foreign_attempt), step);
}

// The built-in trainer divides the data as the coordinator does. Another one may divide it otherwise, but not into
// other numbers: what is compared must have been measured on as many examples.
Status Core::check_examples(const Run& run, const RunResult& result) const {
  if (run.trials.empty()) return absl::OkStatus();
  const Sweep& sweep = sweeps_[run.trials[0].sweep].sweep;
  if (sweep.trainer == kTrainerNumerics) return absl::OkStatus();
  EV_RETURN_IF_ERROR(check_class_counts("validation", result.validation, sweep.classes.validation));
  return check_class_counts("test", result.test, sweep.classes.test);
}

void Core::on_succeeded(TimePoint now, Agent& agent, RunId run, uint32_t number, bool current, const Succeeded& end,
                        Step& step) {
  const StatusOr<RunResult> result = parse_run_result(end.result_json, runs_[run].classes);
  const Status status = result.ok() ? check_examples(runs_[run], *result) : result.status();
  if (!status.ok()) {
    ++refusals_.bad_result;
    const Failure failure{.failure = FailureClass::kTrainerError,
                          .message = "the result was refused: " + std::string(status.message())};
    if (current) on_failed(now, agent, run, failure, step);
    return;
  }
  agent.health = {};
  each_sweep(run, [&](SweepState& state) { state.peak_memory = std::max(state.peak_memory, end.peak_memory_bytes); });
  // Another attempt of the run may be under way elsewhere; it is no longer needed.
  if (runs_[run].state == RunState::kLeased && runs_[run].last_attempt != number) {
    const auto holder = agents_.find(leases_.at(run).agent);
    if (holder != agents_.end() && holder->second.connection)
      step.effects.push_back(
          Send{.connection = *holder->second.connection, .message = Cancels{.attempts = {attempt_of(run)}}});
    step.records.push_back(AttemptEnded{
        .run = run,
        .number = runs_[run].last_attempt,
        .failure = Failure{.failure = FailureClass::kPreempted, .message = "an earlier attempt delivered the result"}});
  }
  step.records.push_back(AttemptEnded{.run = run, .number = number, .failure = std::nullopt});
  finish_run(run, *result, end.result_json, step);
}

void Core::on_failed(TimePoint now, Agent& agent, RunId run, const Failure& failure, Step& step) {
  end_lease(run);
  const auto earlier = failed_at_.find(run);
  const bool failed_elsewhere = earlier != failed_at_.end() && earlier->second != agent.id;
  if (failure.failure == FailureClass::kInfrastructure) ++runs_[run].charges.given_back;
  if (may_be_the_machine(failure.failure)) failed_at_[run] = agent.id;
  retry_or_fail(now, run, failure, step);
  if (!failed_elsewhere) blame(now, agent, run, failure.failure, step);
}

void Core::on(TimePoint, const AgentDisconnected& event, Step&) {
  Agent* agent = agent_of(event.connection);
  if (agent == nullptr) return;
  // Its leases live on until they expire: it may come back with all it holds.
  connections_.erase(event.connection);
  agent->connection.reset();
  std::fill(agent->credits.begin(), agent->credits.end(), 0);
  set_room(*agent);
}

void Core::on(TimePoint, const AgentControlled& event, Step& step) {
  if (!begin_request(event.request, step)) return;
  audit(event.who, event.draining ? "drain" : "release", event.agent.str(), "done", step);
  if (event.draining != draining_.contains(event.agent)) {
    if (event.draining)
      draining_.insert(event.agent);
    else
      draining_.erase(event.agent);
    step.records.push_back(AgentDrained{.agent = event.agent, .draining = event.draining});
  }
  const auto found = agents_.find(event.agent);
  if (found == agents_.end()) return;
  Agent& agent = found->second;
  if (event.draining && agent.connection)
    step.effects.push_back(Send{.connection = *agent.connection, .message = Drain{}});
  if (!event.draining && agent.quarantined_until) {
    releases_.erase({*agent.quarantined_until, agent.id});
    agent.quarantined_until.reset();
    agent.health = {};
  }
  // A drained agent offers nothing until it greets again: the stream that it drained on is of no more use.
  if (!event.draining && agent.connection && !agent.going)
    step.effects.push_back(Close{.connection = *agent.connection});
  set_room(agent);
}

Core::Agent* Core::agent_of(ConnectionId connection) {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : &agents_.at(found->second);
}

}  // namespace evensweep::coordinator

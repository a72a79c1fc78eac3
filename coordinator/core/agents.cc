#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/overloaded.h"
#include "common/model/json.h"
#include "coordinator/core/core.h"

namespace evensweep::coordinator {
namespace {

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
  Agent& agent = agents_[event.hello.agent];
  agent.id = event.hello.agent;
  if (agent.connection) {
    connections_.erase(*agent.connection);
    step.effects.push_back(Close{.connection = *agent.connection});
  }
  agent.connection = event.connection;
  connections_[event.connection] = agent.id;
  agent.credits = 0;
  hungry_.erase(agent.id);
  extend(agent, now);
  step.effects.push_back(Send{.connection = event.connection,
                              .message = Welcome{.heartbeat = options_.heartbeat, .lease = options_.lease}});
  reconcile(agent, event.hello.held, step);
}

// Compares what the agent holds with what it is thought to hold. Its old stream is dead, so every lease that it does
// not report never reached it or was lost by it.
void Core::reconcile(Agent& agent, const std::vector<AttemptId>& held, Step& step) {
  Acks forget;
  Cancels cancel;
  std::set<RunIndex> kept;
  for (const AttemptId& attempt : held) {
    const auto found = run_index_.find(attempt.run);
    if (found == run_index_.end()) {
      ++refusals_.unknown_run;
      forget.attempts.push_back(attempt);
      cancel.attempts.push_back(attempt);
      continue;
    }
    Run& run = runs_[found->second];
    if (run.state == RunState::kWaiting && attempt.number == run.last_attempt && run.lost && !run.trials.empty()) {
      // Its lease had expired, nobody else took the run: it may go on.
      ready_.erase(ready_key(found->second));
      run.state = RunState::kLeased;
      run.agent = agent.id;
      agent.leased.insert(found->second);
      step.records.push_back(AttemptGranted{.attempt = attempt, .agent = agent.id});
    }
    if (holds_lease(run, attempt, agent.id)) {
      kept.insert(found->second);
    } else if (run.state == RunState::kFinished || run.state == RunState::kFailed) {
      cancel.attempts.push_back(attempt);
      forget.attempts.push_back(attempt);
    } else {
      cancel.attempts.push_back(attempt);
    }
  }
  const std::set<RunIndex> leased = agent.leased;
  for (const RunIndex index : leased) {
    if (!kept.contains(index)) lose_lease(index, "agent " + agent.id.str() + " came back without it", step);
  }
  if (!cancel.attempts.empty())
    step.effects.push_back(Send{.connection = *agent.connection, .message = std::move(cancel)});
  if (!forget.attempts.empty())
    step.effects.push_back(Send{.connection = *agent.connection, .message = std::move(forget)});
}

void Core::on(TimePoint now, const AgentSaid& event, Step& step) {
  Agent* agent = agent_of(event.connection);
  if (agent == nullptr) {
    ++refusals_.unknown_connection;
    return;
  }
  extend(*agent, now);
  std::visit(Overloaded{
                 [&](const Credits& credits) {
                   for (const DeviceCredits& device : credits.devices)
                     if (device.device == 0) agent->credits = device.free;
                   if (agent->credits > 0)
                     hungry_.insert(agent->id);
                   else
                     hungry_.erase(agent->id);
                 },
                 [](const Heartbeat&) {},
                 [&](const Draining&) {
                   agent->credits = 0;
                   hungry_.erase(agent->id);
                 },
                 [&](const Updates& updates) {
                   Acks acks;
                   for (const Update& update : updates.updates) on_update(*agent, update, acks.attempts, step);
                   if (!acks.attempts.empty())
                     step.effects.push_back(Send{.connection = event.connection, .message = std::move(acks)});
                 },
             },
             event.message);
}

void Core::on_update(Agent& agent, const Update& update, std::vector<AttemptId>& acks, Step& step) {
  const bool is_end = std::holds_alternative<Succeeded>(update.what) || std::holds_alternative<Failure>(update.what);
  if (is_end) acks.push_back(update.attempt);
  const auto found = run_index_.find(update.attempt.run);
  if (found == run_index_.end()) {
    ++refusals_.unknown_run;
    return;
  }
  const RunIndex index = found->second;
  Run& run = runs_[index];
  const bool open = run.state == RunState::kWaiting || run.state == RunState::kLeased;
  const bool current = holds_lease(run, update.attempt, agent.id);
  const auto* succeeded = std::get_if<Succeeded>(&update.what);
  const bool adopted =
      succeeded != nullptr && open && update.attempt.number <= run.last_attempt && update.attempt.number > 0;
  if (!current && !adopted) {
    ++refusals_.stale_attempt;
    return;
  }
  std::visit(Overloaded{
                 [&](const Started&) {
                   run.progress = 0;
                   mark_running(index);
                 },
                 [&](const Progress& progress) {
                   mark_running(index);
                   run.progress = progress.fraction;
                   run.rate = progress.examples_per_second;
                 },
                 [&](const Succeeded& end) { on_succeeded(index, update.attempt, current, end.result_json, step); },
                 [&](const Failure& failure) { on_failed(index, update.attempt, failure, step); },
                 [](const CheckpointStored&) {},
                 [](const LogLines&) {},
                 [](const LogStored&) {},
             },
             update.what);
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

void Core::on_succeeded(RunIndex index, const AttemptId& attempt, bool current, const std::string& result_json,
                        Step& step) {
  const Run& run = runs_[index];
  const StatusOr<RunResult> result = parse_run_result(result_json, run.classes);
  const Status status = result.ok() ? check_examples(run, *result) : result.status();
  if (!status.ok()) {
    ++refusals_.bad_result;
    const Failure failure{.failure = FailureClass::kTrainerError,
                          .message = "the result was refused: " + std::string(status.message())};
    if (current) on_failed(index, attempt, failure, step);
    return;
  }
  // Another attempt of the run may be under way elsewhere; it is no longer needed.
  if (run.state == RunState::kLeased && run.last_attempt != attempt.number) {
    const AttemptId other{.run = run.key, .number = run.last_attempt};
    const auto holder = agents_.find(run.agent);
    if (holder != agents_.end() && holder->second.connection)
      step.effects.push_back(Send{.connection = *holder->second.connection, .message = Cancels{.attempts = {other}}});
    step.records.push_back(AttemptEnded{
        .attempt = other,
        .failure = Failure{.failure = FailureClass::kPreempted, .message = "an earlier attempt delivered the result"}});
  }
  step.records.push_back(AttemptEnded{.attempt = attempt, .failure = std::nullopt});
  finish_run(index, *result, result_json, step);
}

void Core::on_failed(RunIndex index, const AttemptId& attempt, const Failure& failure, Step& step) {
  end_lease(index);
  if (failure.failure == FailureClass::kInfrastructure) ++runs_[index].charges.given_back;
  retry_or_fail(index, attempt, failure, step);
}

void Core::retry_or_fail(RunIndex index, const AttemptId& attempt, const Failure& failure, Step& step) {
  step.records.push_back(AttemptEnded{.attempt = attempt, .failure = failure});
  Run& run = runs_[index];
  charge(run.charges, failure.failure);
  if (may_retry(run.charges, failure.failure))
    make_ready(index);
  else
    fail_run(index, failure, step);
}

void Core::mark_running(RunIndex index) {
  for (const TrialRef& trial : runs_[index].trials) sweeps_[trial.sweep].running.insert(index);
}

// The run is nobody's any more; the caller decides what becomes of it.
void Core::end_lease(RunIndex index) {
  Run& run = runs_[index];
  if (const auto holder = agents_.find(run.agent); holder != agents_.end()) holder->second.leased.erase(index);
  run.agent = AgentId();
  run.lost = false;
  run.state = RunState::kWaiting;
  run.progress = run.rate = 0;
  for (const TrialRef& trial : run.trials) sweeps_[trial.sweep].running.erase(index);
}

void Core::on(TimePoint, const AgentDisconnected& event, Step&) {
  Agent* agent = agent_of(event.connection);
  if (agent == nullptr) return;
  // Its leases live on until they expire: it may come back with all it holds.
  connections_.erase(event.connection);
  agent->connection.reset();
  agent->credits = 0;
  hungry_.erase(agent->id);
}

void Core::on(TimePoint now, const TimePassed&, Step& step) {
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const AgentId id = expiries_.begin()->second;
    expiries_.erase(expiries_.begin());
    Agent& agent = agents_.at(id);
    lose_leases(agent, "agent " + id.str() + " has been silent for longer than its lease", step);
    if (agent.connection) {
      connections_.erase(*agent.connection);
      step.effects.push_back(Close{.connection = *agent.connection});
    }
    hungry_.erase(id);
    agents_.erase(id);
  }
}

void Core::lose_lease(RunIndex index, const std::string& reason, Step& step) {
  const AttemptId attempt{.run = runs_[index].key, .number = runs_[index].last_attempt};
  end_lease(index);
  runs_[index].lost = true;
  retry_or_fail(index, attempt, {.failure = FailureClass::kInfrastructure, .message = reason}, step);
}

void Core::lose_leases(Agent& agent, const std::string& reason, Step& step) {
  const std::set<RunIndex> leased = agent.leased;
  for (const RunIndex index : leased) lose_lease(index, reason, step);
}

void Core::extend(Agent& agent, TimePoint now) {
  expiries_.erase({agent.expires, agent.id});
  agent.expires = now + options_.lease;
  expiries_.insert({agent.expires, agent.id});
}

// First come, first served among agents with credits; the order of runs is that of ready_.
void Core::grant_all(Step& step) {
  while (!ready_.empty() && !hungry_.empty()) {
    Agent& agent = agents_.at(*hungry_.begin());
    Grant grant{.connection = *agent.connection, .attempts = {}};
    while (agent.credits > 0 && !ready_.empty()) {
      const RunIndex index = ready_.begin()->run;
      ready_.erase(ready_.begin());
      Run& run = runs_[index];
      run.state = RunState::kLeased;
      run.agent = agent.id;
      const AttemptId attempt{.run = run.key, .number = ++run.last_attempt};
      agent.leased.insert(index);
      --agent.credits;
      step.records.push_back(AttemptGranted{.attempt = attempt, .agent = agent.id});
      grant.attempts.push_back(attempt);
    }
    if (agent.credits == 0) hungry_.erase(agent.id);
    step.effects.push_back(std::move(grant));
  }
}

bool Core::holds_lease(const Run& run, const AttemptId& attempt, const AgentId& agent) const {
  return run.state == RunState::kLeased && run.agent == agent && run.last_attempt == attempt.number;
}

Core::Agent* Core::agent_of(ConnectionId connection) {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : &agents_.at(found->second);
}

}  // namespace evensweep::coordinator

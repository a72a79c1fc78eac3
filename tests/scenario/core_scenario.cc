#include "tests/scenario/core_scenario.h"

#include <gtest/gtest.h>

#include <utility>

#include "common/model/expand.h"
#include "common/model/json.h"

namespace evensweep::coordinator {

SweepId CoreScenario::submit(const Sweep& sweep) {
  const SweepId id = sweep_id(sweep);
  if (std::find(sweeps_.begin(), sweeps_.end(), id) == sweeps_.end()) sweeps_.push_back(id);
  handle(SweepSubmitted{.id = id, .sweep = sweep});
  return id;
}

ConnectionId CoreScenario::connect(const std::string& agent, std::vector<AttemptId> held) {
  return connect({.agent = AgentId(agent),
                  .incarnation = "1",
                  .host = "here",
                  .version = "0",
                  .devices = cpu_device(1),
                  .held = std::move(held)});
}

ConnectionId CoreScenario::connect(Hello hello) {
  const ConnectionId connection = ++last_connection_;
  handle(AgentConnected{.connection = connection, .hello = std::move(hello)});
  return connection;
}

void CoreScenario::control(const SweepId& sweep, SweepAction action, const std::string& request) {
  handle(SweepControlled{.sweep = sweep, .action = action, .request = request});
}

void CoreScenario::control(const std::string& agent, bool draining) {
  handle(AgentControlled{.agent = AgentId(agent), .draining = draining});
}

std::vector<AttemptId> CoreScenario::ask(ConnectionId connection, uint32_t credits) {
  handle(AgentSaid{.connection = connection, .message = cpu_credits(credits)});
  return std::exchange(told_[connection].leases, {});
}

void CoreScenario::offer(ConnectionId connection, std::vector<DeviceCredits> devices) {
  handle(AgentSaid{.connection = connection, .message = Credits{.devices = std::move(devices)}});
}

void CoreScenario::say(ConnectionId connection, const Update& update) {
  handle(AgentSaid{.connection = connection, .message = Updates{.updates = {update}}});
}

void CoreScenario::succeed(ConnectionId connection, const AttemptId& attempt, std::string result) {
  say(connection, {.attempt = attempt, .what = Succeeded{.result_json = std::move(result)}});
}

void CoreScenario::fail(ConnectionId connection, const AttemptId& attempt, FailureClass failure) {
  say(connection, {.attempt = attempt, .what = Failure{.failure = failure, .message = "it broke"}});
}

void CoreScenario::heartbeat(ConnectionId connection) {
  handle(AgentSaid{.connection = connection, .message = Heartbeat{}});
}

void CoreScenario::disconnect(ConnectionId connection) { handle(AgentDisconnected{.connection = connection}); }

void CoreScenario::wait(Duration duration) {
  const TimePoint until = now_ + duration;
  for (auto due = core_->next_deadline(); due && *due <= until; due = core_->next_deadline()) {
    now_ = std::max(now_, *due);
    handle(TimePassed{});
  }
  now_ = until;
}

void CoreScenario::oversleep(Duration duration) {
  now_ = now_ + duration;
  handle(TimePassed{});
}

void CoreScenario::restart() {
  core_ = std::make_unique<Core>(options_);
  told_.clear();
  core_->restore(book_.snapshot(), now_);
  handle(WentOn{});
}

Treatment CoreScenario::treatment(const RunKey& run) const { return parse_run_spec(book_.spec(run))->treatment; }

void CoreScenario::handle(const Event& event) {
  const Step step = core_->handle(now_, event);
  book_.commit(step.records);
  records_.insert(records_.end(), step.records.begin(), step.records.end());
  std::vector<RunId> baselines;
  bool go_on = false;
  std::vector<StageFetched> stages;
  for (const Effect& effect : step.effects) {
    if (const auto* send = std::get_if<Send>(&effect)) {
      Told& told = told_[send->connection];
      const auto append = [](auto& list, const auto& more) { list.insert(list.end(), more.begin(), more.end()); };
      if (std::holds_alternative<Welcome>(send->message)) ++told.welcomes;
      if (const auto* acks = std::get_if<Acks>(&send->message)) append(told.acks, acks->attempts);
      if (const auto* cancels = std::get_if<Cancels>(&send->message)) append(told.cancels, cancels->attempts);
      if (const auto* back = std::get_if<Withdraw>(&send->message)) append(told.withdrawn, back->attempts);
      if (std::holds_alternative<Drain>(send->message)) ++told.drains;
    }
    if (const auto* grant = std::get_if<Grant>(&effect)) {
      Told& told = told_[grant->connection];
      for (const GrantedLease& lease : grant->leases) {
        told.leases.push_back(lease.attempt);
        told.grants.push_back(lease);
      }
    }
    if (const auto* close = std::get_if<Close>(&effect)) told_[close->connection].closed = true;
    if (const auto* fetch = std::get_if<FetchCounts>(&effect)) baselines.push_back(fetch->run);
    if (const auto* audit = std::get_if<Audit>(&effect)) audits_.push_back(audit->text);
    if (std::holds_alternative<GoOn>(effect)) go_on = true;
    if (const auto* fetch = std::get_if<FetchStage>(&effect)) {
      stages.push_back({.sweep = fetch->sweep});
      for (const RunId run : fetch->runs) stages.back().runs.push_back(book_.counts(run));
    }
  }
  for (const RunId run : baselines) {
    if (lose_counts_)
      handle(CountsLost{.run = run, .why = "the row is damaged"});
    else
      handle(CountsFetched{.run = run, .validation = book_.validation(run)});
  }
  for (const StageFetched& fetched : stages) handle(fetched);
  if (go_on) handle(WentOn{});
  check();
}

void CoreScenario::check() {
  core_->check_invariants();
  for (const std::string& violation : book_.violations()) ADD_FAILURE() << violation;
  for (const SweepId& sweep : sweeps_) {
    const SweepStatus now = status(sweep);
    const RecordBook::Counts counts = book_.recount(sweep);
    EXPECT_EQ(now.trials_finished, counts.finished) << "as the records have it";
    EXPECT_EQ(now.trials_failed, counts.failed) << "as the records have it";
    EXPECT_EQ(now.phase == SweepPhase::kOver,
              now.trials_finished + now.trials_failed + now.trials_not_needed == now.trials);
  }
}

}  // namespace evensweep::coordinator

// What must hold of the coordinator's core after every step, judged from outside.

#include <fmt/core.h>

#include "tests/simulation/coordinator.h"

namespace evensweep::simulation {

using coordinator::Event;
using coordinator::Step;

namespace {

// The whole state is looked at after so many commits; the cheap rules after each.
constexpr uint64_t kFullCheckEach = 4;

bool holds(const Hello& hello, const AttemptId& attempt) {
  for (const AttemptId& held : hello.held)
    if (held == attempt) return true;
  return false;
}

}  // namespace

void Coordinator::observe(const Event& event, const Step& step, TimePoint now) {
  if (const auto* connected = std::get_if<coordinator::AgentConnected>(&event)) {
    std::erase_if(connections_, [&](const auto& known) { return known.second == connected->hello.agent; });
    connections_[connected->connection] = connected->hello.agent;
    last_heard_[connected->hello.agent] = now;
    going_.erase(connected->hello.agent);
  }
  if (const auto* said = std::get_if<coordinator::AgentSaid>(&event))
    if (const auto known = connections_.find(said->connection); known != connections_.end()) {
      last_heard_[known->second] = now;
      if (std::holds_alternative<Draining>(said->message)) going_.insert(known->second);
    }
  for (const coordinator::Record& record : step.records) observe(event, record, now);
  if (const auto* gone = std::get_if<coordinator::AgentDisconnected>(&event)) connections_.erase(gone->connection);
  const std::optional<TimePoint> deadline = core_->next_deadline();
  if (std::holds_alternative<coordinator::TimePassed>(event))
    world_.require(!deadline || *deadline > now, "what was due is still due after time has passed");
}

void Coordinator::observe(const Event& event, const coordinator::Record& record, TimePoint now) {
  if (const auto* added = std::get_if<coordinator::RunAdded>(&record)) keys_[added->run] = RunKey(to_hex(added->key));
  const auto key_of = [this](coordinator::RunId run) -> const RunKey& {
    const auto fresh = keys_.find(run);
    return fresh != keys_.end() ? fresh->second : world_.store.key_of(run);
  };
  if (const auto* granted = std::get_if<coordinator::AttemptGranted>(&record)) {
    const AttemptId attempt{key_of(granted->run), granted->number};
    holders_[attempt] = granted->agent;
    if (granted_.insert(attempt).second) check_granted(*granted, now);
  }
  const auto* ended = std::get_if<coordinator::AttemptEnded>(&record);
  if (ended == nullptr) return;
  const AttemptId attempt{key_of(ended->run), ended->number};
  if (ended->failure && ended->failure->failure == FailureClass::kInfrastructure) check_lost_lease(event, attempt, now);
  holders_.erase(attempt);
}

// New leases go to agents that are there and stay.
void Coordinator::check_granted(const coordinator::AttemptGranted& granted, TimePoint now) {
  world_.require(!going_.contains(granted.agent), "a lease was given to an agent that is going", granted.agent.str());
  const auto heard = last_heard_.find(granted.agent);
  world_.require(heard != last_heard_.end() && now - heard->second <= options_.suspect,
                 "a lease was given to an agent that has been silent for long", granted.agent.str());
}

// Leases are lost for a reason: the agent was silent for as long as a lease lasts, came back without the attempt, or
// gave it back itself.
void Coordinator::check_lost_lease(const Event& event, const AttemptId& attempt, TimePoint now) {
  if (world_.was_told(attempt, FailureClass::kInfrastructure)) return;
  const auto holder = holders_.find(attempt);
  if (holder == holders_.end()) return world_.require(false, "a lease was lost that nobody held", attempt.run.brief());
  if (const auto* connected = std::get_if<coordinator::AgentConnected>(&event)) {
    world_.see(Seen::kLeasesLostAtHello);
    return world_.require(connected->hello.agent == holder->second && !holds(connected->hello, attempt),
                          "a lease was lost at a hello that is not its agent's, or names it", attempt.run.brief());
  }
  world_.see(Seen::kExpiredLeases);
  const auto heard = last_heard_.find(holder->second);
  const TimePoint since = heard == last_heard_.end() ? restored_at_ : heard->second;
  world_.require(std::holds_alternative<coordinator::TimePassed>(event) && now - since >= options_.lease,
                 "a lease was lost whose agent had not been silent for long enough", attempt.run.brief());
}

void Coordinator::check_settled() {
  check_refusals();
  if (together_.records.empty()) return;
  for (const KnownSweep* sweep : world_.sweeps) check_status(*sweep);
  if (++settled_ % kFullCheckEach == 0) core_->check_invariants();
}

void Coordinator::check_status(const KnownSweep& sweep) const {
  const auto status = core_->status(sweep.id);
  if (!status) return;
  const TrialCounts counts = world_.store.recount(sweep.id);
  if (status->trials_finished == counts.finished && status->trials_failed == counts.failed) return;
  world_.require(false, fmt::format("the status of a sweep says {} finished, {} failed; the records {} and {}",
                                    status->trials_finished, status->trials_failed, counts.finished, counts.failed)
                            .c_str());
}

void Coordinator::check_refusals() {
  const coordinator::Refusals& now = core_->refusals();
  if (now.unknown_connection > refusals_.unknown_connection) world_.see(Seen::kUnknownConnection);
  if (now.unknown_run > refusals_.unknown_run) world_.see(Seen::kUnknownRun);
  if (now.stale_attempt > refusals_.stale_attempt) world_.see(Seen::kStaleAttempts);
  if (now.foreign_attempt > refusals_.foreign_attempt) world_.see(Seen::kForeignAttempts);
  if (now.bad_result > refusals_.bad_result) world_.see(Seen::kBadResults);
  refusals_ = now;
}

bool Coordinator::all_over() const {
  if (!is_up() || working_) return false;
  for (const KnownSweep* sweep : world_.sweeps) {
    const auto status = core_->status(sweep->id);
    if (!status || status->phase != SweepPhase::kOver) return false;
  }
  return true;
}

void Coordinator::check_end() const {
  if (core_ == nullptr) return world_.require(false, "the coordinator is down at the end");
  core_->check_invariants();
  world_.require(holders_.empty(), "attempts are under way although all is over");
  for (const KnownSweep* sweep : world_.sweeps) {
    check_status(*sweep);
    const auto status = core_->status(sweep->id);
    if (!status) return world_.require(false, "a sweep is not known at the end");
    world_.require(status->running == 0, "something is said to run although all is over");
    const uint64_t runs = world_.store.finished_runs(sweep->id), counted = status->runs_trained + status->runs_reused;
    // Runs of earlier rounds are counted too, and are no trial's.
    world_.require(sweep->rounds ? counted >= runs : counted == runs,
                   "runs trained and reused are not as many as there are");
    for (uint32_t arm = 0; arm <= sweep->sweep.arms.size(); ++arm)
      for (uint32_t seed = 0; seed < sweep->seeds; ++seed) {
        const Store::TrialRow* trial = world_.store.trial(sweep->id, arm, seed);
        const bool ended = trial != nullptr && (trial->failure || !world_.store.is_run_open(*trial->run));
        world_.require(ended || sweep->staged, "a trial has not ended although its sweep is over");
      }
  }
}

}  // namespace evensweep::simulation

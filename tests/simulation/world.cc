#include "tests/simulation/world.h"

#include "common/model/json.h"

namespace evensweep::simulation {

void World::told(const AgentId& agent, const Update& update) {
  if (const auto* failure = std::get_if<Failure>(&update.what)) failures_.insert({update.attempt, failure->failure});
  const auto* succeeded = std::get_if<Succeeded>(&update.what);
  if (succeeded == nullptr) return;
  if (succeeded->result_json == *result_of(update.attempt.run)) {
    good_ends_[update.attempt] = agent;
    told_late(agent, update);
  } else {
    // The coordinator is to refuse it, which counts as an error of the trainer.
    failures_.insert({update.attempt, FailureClass::kTrainerError});
  }
}

void World::told_late(const AgentId& agent, const Update& update) {
  tellers_.insert({update.attempt, agent});
  succeeded_.insert(update.attempt.run);
}

void World::check_acknowledged(const AttemptId& attempt, const AgentId& agent) {
  require(store.holder_of(attempt) != agent, "an end was acknowledged before it was stored", attempt.run.brief());
  if (const auto end = good_ends_.find(attempt); end != good_ends_.end() && end->second == agent)
    require(!store.is_open(attempt.run) || store.was_just_reopened(attempt.run),
            "a result was acknowledged and is not stored", attempt.run.brief());
}

void World::check_granted(const AttemptId& attempt) {
  require(store.spec_of(attempt.run) != nullptr, "a run was granted that is not stored", attempt.run.brief());
  require(store.knows(attempt), "an attempt was granted and that is not stored", attempt.run.brief());
}

void World::check_stored(const coordinator::Record& record) {
  std::visit([this](const auto& known) { check(known); }, record);
}

void World::check(const coordinator::RunFinished& record) {
  const RunKey& run = store.key_of(record.run);
  require(record.result_json == *result_of(run), "a result was accepted that is not the run's", run.brief());
  require(succeeded_.contains(run), "a result was accepted that no agent has told", run.brief());
}

void World::check(const coordinator::RunFailed& record) {
  const RunKey& run = store.key_of(record.run);
  const bool diverged = record.failure.failure == FailureClass::kDiverged;
  require(!diverged || diverges(run), "a run failed as diverged that does not diverge", run.brief());
}

void World::check(const coordinator::AttemptEnded& record) {
  const AttemptId attempt{store.key_of(record.run), record.number};
  if (!record.failure) {
    const std::optional<AgentId> holder = store.agent_of(attempt);
    return require(holder && tellers_.contains({attempt, *holder}),
                   "a result was accepted that the agent of its attempt has not told", attempt.run.brief());
  }
  const FailureClass failure = record.failure->failure;
  // The coordinator itself may say that a lease was lost, or that nobody needs the attempt any more.
  if (failure == FailureClass::kInfrastructure || failure == FailureClass::kPreempted) return;
  require(was_told(attempt, failure), "an attempt is said to have failed as its agent has never told",
          attempt.run.brief());
}

// Nothing is transferred here, so that no agent has stored a file of its own attempts.
void World::check(const coordinator::LogKept& record) {
  require(false, "a log was kept that its agent has not told", store.key_of(record.run).brief());
}

void World::check(const coordinator::CheckpointKept& record) {
  require(false, "a checkpoint was kept that its agent has not told", store.key_of(record.run).brief());
}

void World::check(const coordinator::TrialResolved& record) {
  const KnownSweep* known = sweep_of(record.trial.sweep);
  if (known == nullptr) return require(false, "a trial of a sweep that nobody has submitted");
  if (needs_counts(*known, record.trial.arm)) see(Seen::kDependentTrials);
  const size_t place = record.trial.arm * known->seeds + record.trial.seed;
  const RunKey& run = store.key_of(record.run);
  require(place < known->expected.size() && known->expected[place] == run,
          "a trial was resolved to another run than its baseline's counts ask for", run.brief());
}

void World::check(const coordinator::TrialFailed& record) {
  const KnownSweep* known = sweep_of(record.trial.sweep);
  if (known == nullptr) return require(false, "a trial of a sweep that nobody has submitted");
  require(record.trial.arm != 0, "a baseline's trial failed without a run");
  require(known->rounds || store.is_failed(known->expected[record.trial.seed]),
          "a trial failed for its baseline, which has not failed");
}

const KnownSweep* World::sweep_of(coordinator::SweepNumber number) const {
  for (const KnownSweep* known : sweeps)
    if (known->id == store.sweep_of(number)) return known;
  return nullptr;
}

}  // namespace evensweep::simulation

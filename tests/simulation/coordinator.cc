#include "tests/simulation/coordinator.h"

#include <algorithm>
#include <utility>

#include "common/base/overloaded.h"

namespace evensweep::simulation {

using coordinator::Core;
using coordinator::CoreOptions;
using coordinator::Event;
using coordinator::Step;

namespace {

constexpr char kName[] = "coordinator";

}  // namespace

Coordinator::Coordinator(World& world, Network& network)
    : world_(world), network_(network), chance_(world.seed, "simulation/coordinator") {
  clock_.began = static_cast<int64_t>(chance_.below(1'000'000'000));
  if (world_.has(Fault::kClockDrift)) clock_.drift = static_cast<int64_t>(chance_.below(20'001)) - 10'000;
  // Small worlds are to be expanded piece by piece too.
  constexpr uint32_t kAhead[] = {1, 2, 4, 2'048}, kSlices[] = {1, 3, 1'024};
  options_.ready_ahead = kAhead[chance_.below(4)];
  options_.slice = kSlices[chance_.below(3)];
  // A chaos is shorter than ten minutes, and what follows from the end of a quarantine is to be seen.
  if (chance_.below(2) == 0) options_.quarantine = Duration(20'000);
}

CoordinatorEnd Coordinator::end() {
  return {
      .is_up = [this] { return is_up(); },
      .life = [this] { return life_; },
      .connect = [this](ConnectionId id,
                        const Hello& hello) { post(coordinator::AgentConnected{.connection = id, .hello = hello}); },
      .receive =
          [this](ConnectionId id, const AgentMessage& message) {
            std::visit(Overloaded{[](const Hello&) {},
                                  [&](const auto& known) {
                                    post(coordinator::AgentSaid{.connection = id, .message = known});
                                  }},
                       message);
          },
      .disconnected = [this](ConnectionId id) { post(coordinator::AgentDisconnected{.connection = id}); }};
}

// ---- the process

void Coordinator::start() {
  world_.trace.note(world_.loop.now(), kName, {.what = "starts", .number = life_});
  core_ = std::make_unique<Core>(options_);
  failed_ = false;
  const coordinator::Snapshot snapshot = world_.store.snapshot();
  core_->restore(snapshot, local_now());
  core_->check_invariants();
  if (life_ > 0) world_.see(Seen::kRestores);
  refusals_ = {};
  restored_at_ = local_now();
  holders_.clear();
  granted_.clear();
  going_.clear();
  keys_.clear();
  for (const coordinator::StoredAttempt& attempt : snapshot.attempts) {
    const AttemptId id{world_.store.key_of(attempt.run), attempt.number};
    granted_.insert(id);
    if (attempt.open) holders_[id] = attempt.agent;
  }
  post(coordinator::WentOn{});
  arm_deadline();
}

void Coordinator::crash() {
  if (core_ == nullptr) return;
  world_.trace.note(world_.loop.now(), kName, {.what = "crashes", .number = life_});
  core_.reset();
  ++life_;
  inbox_.clear();
  together_ = {};
  replies_.clear();
  working_ = false;
  connections_.clear();
  last_heard_.clear();
  still_until_ = 0;
  network_.coordinator_died();
  if (world_.has(Fault::kCoordinatorReboot)) clock_.began = -world_.loop.now();
  const uint64_t longest = world_.chaos ? 60'000 : 3'000;
  world_.loop.after(100 + static_cast<int64_t>(chance_.below(longest)), [this] { start(); });
}

// Nothing is acted on any more; somebody starts a new process.
void Coordinator::fail() {
  world_.trace.note(world_.loop.now(), kName, {.what = "fails"});
  failed_ = true;
  world_.loop.after(static_cast<int64_t>(chance_.below(5'000)), [this, life = life_] {
    if (life == life_) crash();
  });
}

bool Coordinator::stands_still(std::function<void()> what) {
  if (world_.loop.now() >= still_until_) return false;
  world_.loop.at(still_until_, [life = life_, this, what = std::move(what)] {
    if (life == life_) what();
  });
  return true;
}

// ---- handle, commit, act

void Coordinator::post(Event event, std::function<void()> after_commit) {
  if (!is_up()) return;
  inbox_.push_back({std::move(event), std::move(after_commit)});
  wake();
}

void Coordinator::wake() {
  if (working_ || inbox_.empty()) return;
  working_ = true;
  world_.loop.after(0, [this, life = life_] {
    if (life == life_ && is_up()) pump();
  });
}

void Coordinator::pump() {
  if (stands_still([this] { pump(); })) return;
  std::vector<Work> batch = std::exchange(inbox_, {});
  batch_ = batch.size();
  for (Work& work : batch) handle(work);
  if (together_.records.empty() && crashes_armed_ == 0) return settle();
  const uint64_t longest = world_.has(Fault::kSlowDisk) ? 3'000 : 4;
  world_.loop.after(static_cast<int64_t>(chance_.below(longest)), [this, life = life_] {
    if (life == life_) settle();
  });
}

void Coordinator::handle(Work& work) {
  world_.see(Seen::kCoordinatorEvents);
  const TimePoint now = local_now();
  world_.trace.note(world_.loop.now(), kName, mark_of(work.event));
  Step step = core_->handle(now, work.event);
  observe(work.event, step, now);
  if (work.after_commit) replies_.push_back(std::move(work.after_commit));
  std::move(step.records.begin(), step.records.end(), std::back_inserter(together_.records));
  std::move(step.effects.begin(), step.effects.end(), std::back_inserter(together_.effects));
}

Coordinator::Fate Coordinator::fate() {
  if (crashes_armed_ > 0) {
    --crashes_armed_;
    constexpr Fate kFates[] = {Fate::kCrashBefore, Fate::kCrashAfter, Fate::kCrashAmid};
    return kFates[chance_.below(3)];
  }
  if (together_.records.empty()) return Fate::kCommitted;
  if (world_.loop.now() < disk_full_until_) {
    world_.see(Seen::kDiskWasFull);
    return Fate::kFails;
  }
  if (failures_armed_ == 0) return Fate::kCommitted;
  --failures_armed_;
  if (world_.has(Fault::kCommitUnknown) && (!world_.has(Fault::kCommitFails) || chance_.below(2) == 0))
    return Fate::kFailsCommitted;
  return Fate::kFails;
}

void Coordinator::settle() {
  if (stands_still([this] { settle(); })) return;
  const Fate fate = this->fate();
  if (fate == Fate::kCrashBefore) {
    world_.see(Seen::kCrashBeforeCommit);
    return crash();
  }
  if (fate != Fate::kFails) {
    world_.store.begin();
    for (const coordinator::Record& record : together_.records) {
      world_.trace.note(world_.loop.now(), kName, mark_of(record));
      world_.store.add(record);
      world_.check_stored(record);
    }
    if (!together_.records.empty()) world_.see(Seen::kCommits);
    if (batch_ > 1) world_.see(Seen::kGroupCommits);
  }
  if (fate == Fate::kFails || fate == Fate::kFailsCommitted) {
    world_.see(fate == Fate::kFails ? Seen::kCommitFailed : Seen::kCommitUnknown);
    return fail();
  }
  if (fate == Fate::kCrashAfter) {
    world_.see(Seen::kCrashAfterCommit);
    return crash();
  }
  if (fate == Fate::kCrashAmid) {
    world_.see(Seen::kCrashAmidEffects);
    carry_out(chance_.below(together_.effects.size() + 1));
    return crash();
  }
  carry_out(together_.effects.size());
  for (const std::function<void()>& reply : std::exchange(replies_, {})) reply();
  check_settled();
  together_ = {};
  working_ = false;
  arm_deadline();
  wake();
}

void Coordinator::carry_out(size_t effects) {
  for (size_t i = 0; i < effects; ++i) {
    const coordinator::Effect& effect = together_.effects[i];
    world_.trace.note(world_.loop.now(), kName, mark_of(effect));
    std::visit([this](const auto& known) { run(known); }, effect);
  }
}

void Coordinator::run(const coordinator::Send& send) {
  const auto agent = connections_.find(send.connection);
  if (const auto* acks = std::get_if<Acks>(&send.message); acks != nullptr && agent != connections_.end())
    for (const AttemptId& attempt : acks->attempts) world_.check_acknowledged(attempt, agent->second);
  if (std::holds_alternative<Cancels>(send.message)) world_.see(Seen::kCancelsSent);
  if (std::holds_alternative<Withdraw>(send.message)) world_.see(Seen::kWithdrawals);
  network_.down(send.connection, send.message);
}

void Coordinator::run(const coordinator::Grant& grant) {
  Leases leases;
  for (const coordinator::GrantedLease& lease : grant.leases) {
    world_.check_granted(lease.attempt);
    const std::string* spec = world_.store.spec_of(lease.attempt.run);
    if (spec == nullptr) return;
    leases.leases.push_back({.attempt = lease.attempt,
                             .run_spec_json = *spec,
                             .trainer = lease.trainer,
                             .classes = lease.classes,
                             .files = lease.files,
                             .device = lease.device,
                             .memory_bytes = lease.memory_bytes,
                             .alone = lease.alone});
  }
  network_.down(grant.connection, leases);
}

void Coordinator::run(const coordinator::FetchCounts& fetch) {
  const RunKey& run = world_.store.key_of(fetch.run);
  if (world_.store.result_of(run) == nullptr)
    return world_.require(false, "the counts were asked for of a run without a stored result", run.brief());
  world_.see(Seen::kReusedRuns);
  post(coordinator::CountsFetched{.run = fetch.run, .validation = world_.store.counts_of(fetch.run).validation});
}

void Coordinator::run(const coordinator::FetchStage& fetch) {
  coordinator::StageFetched counts{.sweep = fetch.sweep};
  for (const coordinator::RunId run : fetch.runs) {
    if (world_.store.result_of(world_.store.key_of(run)) == nullptr)
      return world_.require(false, "a stage was asked for of a run without a stored result");
    counts.runs.push_back(world_.store.counts_of(run));
  }
  post(std::move(counts));
}

void Coordinator::run(const coordinator::GoOn&) {
  world_.see(Seen::kSlicedExpansions);
  post(coordinator::WentOn{});
}

void Coordinator::run(const coordinator::Close& close) {
  world_.see(Seen::kClosesSent);
  network_.close_by_coordinator(close.connection);
}

void Coordinator::arm_deadline() {
  const std::optional<TimePoint> deadline = core_->next_deadline();
  if (!deadline) return;
  const uint64_t armed = ++armed_;
  world_.loop.at(clock_.global(deadline->since_start.count()), [this, armed, life = life_] {
    if (life == life_ && armed == armed_ && is_up()) post(coordinator::TimePassed{});
  });
}

// ---- faults

void Coordinator::plan_faults() {
  const auto often = [&](Fault fault, uint64_t most, const std::function<void()>& what) {
    if (!world_.has(fault)) return;
    const auto times = 1 + static_cast<uint64_t>(static_cast<double>(chance_.below(most)) * world_.weather.intensity);
    for (uint64_t i = 0; i < times; ++i)
      world_.loop.at(static_cast<int64_t>(chance_.below(static_cast<uint64_t>(world_.weather.chaos_ends))), what);
  };
  // In the middle of the next step, wherever that is.
  often(Fault::kCoordinatorCrash, 6, [this] { ++crashes_armed_; });
  often(Fault::kCommitFails, 4, [this] { ++failures_armed_; });
  often(Fault::kCommitUnknown, 4, [this] { ++failures_armed_; });
  often(Fault::kDiskFull, 3,
        [this] { disk_full_until_ = world_.loop.now() + static_cast<int64_t>(chance_.below(60'000)); });
  often(Fault::kCoordinatorPause, 4, [this] {
    world_.see(Seen::kPauses);
    still_until_ = world_.loop.now() + static_cast<int64_t>(chance_.below(chance_.below(2) == 0 ? 150'000 : 10'000));
  });
}

void Coordinator::heal() {
  crashes_armed_ = failures_armed_ = 0;
  disk_full_until_ = still_until_ = 0;
}

}  // namespace evensweep::simulation

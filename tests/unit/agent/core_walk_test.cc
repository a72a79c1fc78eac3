// Random walks: an AgentCore between a coordinator that repeats, loses and reorders its messages and trainers that do
// anything, the contract's breaches included. The invariants hold after every step (CoreBench), and in the end
// everything that was leased has been ended or cancelled, and every end was spooled before it was told.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>

#include "common/base/rng.h"
#include "tests/unit/agent/core_bench.h"

namespace evensweep {
namespace {

constexpr uint64_t kRuns = 8;
constexpr uint32_t kAttempts = 3;

// Making a spec takes longer than a step of the core.
const Lease& known_lease(uint64_t run, uint32_t number) {
  static const std::vector<Lease> kLeases = [] {
    std::vector<Lease> leases;
    for (uint64_t seed = 0; seed < kRuns; ++seed)
      for (uint32_t attempt = 1; attempt <= kAttempts; ++attempt) leases.push_back(lease_of_seed(seed, attempt));
    return leases;
  }();
  return kLeases[run * kAttempts + number - 1];
}

class Walk {
 public:
  explicit Walk(uint64_t seed) : rng_(seed, "walk"), bench_(any_config()) {}

  void step() {
    switch (rng_.below(17)) {
      case 0: return note(bench_.handle(Connected{}));
      case 1: return disconnect();
      case 2: return note(bench_.handle(CoordinatorMessage(Welcome{})));
      case 3:
      case 4: return lease();
      case 5: return cancel();
      case 6: return acknowledge(any_attempt());
      case 7: return advance();
      case 8: return note(bench_.handle(CoordinatorMessage(Withdraw{{any_attempt(), any_attempt()}})));
      default: return trainer_acts();
    }
  }

  void drain() { note(bench_.handle(CoordinatorMessage(Drain{}))); }

  // The coordinator is there, trainers do as they are told, time goes by: all that is held has to end.
  bool settles() {
    bench_.handle(Disconnected{});
    note(bench_.handle(Connected{}));
    note(bench_.handle(CoordinatorMessage(Welcome{})));
    for (int round = 0; round < 500 && !(busy_.empty() && ended_all()); ++round) {
      for (const TrainerId trainer : std::set<TrainerId>(alive_)) behave(trainer);
      for (const AttemptId& attempt : std::set<AttemptId>(told_)) acknowledge(attempt);
      if (const auto deadline = bench_.core.next_deadline(); deadline && *deadline > bench_.now) bench_.now = *deadline;
      note(bench_.handle(TimePassed{}));
    }
    return ended_all();
  }

  bool told_before_spooled() const { return told_before_spooled_; }
  bool forgot_unasked() const { return forgot_unasked_; }
  bool removed_in_use() const { return removed_in_use_; }

 private:
  static constexpr uint64_t kMemory = 8;  // bytes of each device, as leases count them

  AgentConfig any_config() {
    AgentConfig config = bench_config(1, {kTrainerNumerics});
    config.devices.resize(1 + rng_.below(2));
    for (AgentDevice& device : config.devices) {
      device.slots = 1 + static_cast<uint32_t>(rng_.below(3));
      device.memory_bytes = rng_.below(2) * kMemory;
    }
    return config;
  }
  const Lease& any_lease() {
    const uint64_t run = rng_.below(kRuns);
    return known_lease(run, 1 + static_cast<uint32_t>(rng_.below(kAttempts)));
  }
  AttemptId any_attempt() { return any_lease().attempt; }
  TrainerId any_trainer() { return TrainerId{1 + rng_.below(last_trainer_ + 1)}; }
  bool ended_all() const {
    for (const AttemptId& attempt : leased_)
      if (!told_.contains(attempt) && !cancelled_.contains(attempt) && !forgotten_.contains(attempt)) return false;
    return true;
  }

  void lease() {
    const Lease& lease = any_lease();
    if (cancelled_.contains(lease.attempt) || told_.contains(lease.attempt) || forgotten_.contains(lease.attempt))
      return;  // numbers are never used again
    if (connected_) leased_.insert(lease.attempt);
    Lease placed = lease;
    placed.device = static_cast<uint32_t>(rng_.below(3));  // there may be no such device
    placed.memory_bytes = rng_.below(2) * rng_.below(kMemory + 2);
    placed.alone = rng_.below(8) == 0;
    note(bench_.lease({placed}));
  }

  void disconnect() {
    connected_ = false;
    note(bench_.handle(Disconnected{}));
  }

  void acknowledge(const AttemptId& attempt) {
    acknowledged_.insert(attempt);
    note(bench_.ack(attempt));
  }

  void cancel() {
    const AttemptId attempt = any_attempt();
    if (connected_) cancelled_.insert(attempt);
    note(bench_.cancel(attempt));
  }

  void advance() {
    constexpr int64_t kWaits[] = {10, 500, 3000, 10000, 120000, 600000};
    note(bench_.after(Duration(kWaits[rng_.below(std::size(kWaits))])));
  }

  void trainer_acts() {
    const TrainerId trainer = any_trainer();
    const auto given = busy_.find(trainer);
    const AttemptId attempt = given == busy_.end() || rng_.below(10) == 0 ? any_attempt() : given->second;
    switch (rng_.below(12)) {
      case 0: return note(bench_.handle(TrainerBroke{trainer, "garbage"}));
      case 1: return leave(trainer);
      case 2: return note(bench_.said(trainer.value, RunStopped{attempt}));
      case 3: return note(bench_.said(trainer.value, RunStarted{attempt, 0}));
      case 4: return note(bench_.said(trainer.value, RunProgress{attempt, {0.5, 1}}));
      case 5: return note(bench_.said(trainer.value, RunFailed{attempt, {FailureClass::kDiverged, "m", ""}}));
      case 6: return note(bench_.said(trainer.value, finished(attempt, "{}")));
      case 7:
      case 8: return note(bench_.finish(trainer.value, attempt));
      case 9: return note(bench_.handle(TaskRefused{trainer, attempt, {FailureClass::kInfrastructure, "full", ""}}));
      default: return note(bench_.hello(trainer.value));
    }
  }

  void behave(TrainerId trainer) {
    if (doomed_.contains(trainer)) return leave(trainer);
    if (!greeted_.contains(trainer)) {
      greeted_.insert(trainer);
      return note(bench_.hello(trainer.value));
    }
    if (const auto given = busy_.find(trainer); given != busy_.end()) {
      const AttemptId attempt = given->second;
      busy_.erase(given);
      note(bench_.finish(trainer.value, attempt));
    }
  }

  void leave(TrainerId trainer) {
    alive_.erase(trainer);
    busy_.erase(trainer);
    note(bench_.exit(trainer.value, {rng_.below(2) == 0, 9}));
  }

  void note(const std::vector<AgentEffect>& effects) {
    for (const AgentEffect& effect : effects) std::visit([this](const auto& e) { seen(e); }, effect);
    for (const Update& update : updates_in(effects)) {
      if (!std::holds_alternative<Succeeded>(update.what) && !std::holds_alternative<Failure>(update.what)) continue;
      told_.insert(update.attempt);
      const auto* failure = std::get_if<Failure>(&update.what);
      const bool preempted = failure != nullptr && failure->failure == FailureClass::kPreempted;
      if (!preempted && !spooled_.contains(update.attempt)) told_before_spooled_ = true;
    }
  }
  void seen(const StartTrainer& start) {
    last_trainer_ = start.trainer.value;
    alive_.insert(start.trainer);
  }
  void seen(const GiveTask& give) {
    greeted_.insert(give.trainer);
    busy_[give.trainer] = give.lease.attempt;
  }
  void seen(const TerminateTrainer& order) { doomed_.insert(order.trainer); }
  void seen(const KillTrainer& order) { doomed_.insert(order.trainer); }
  void seen(const SpoolEnd& spool) {
    spooled_.insert(spool.end.attempt);
    std::erase_if(busy_, [&spool](const auto& given) { return given.second == spool.end.attempt; });
  }
  void seen(const SendMessage& message) {
    if (std::holds_alternative<Hello>(message.message)) connected_ = true;
  }
  void seen(const ForgetEnd& forget) {
    if (!acknowledged_.contains(forget.attempt) && !cancelled_.contains(forget.attempt)) forgot_unasked_ = true;
    forgotten_.insert(forget.attempt);
  }
  void seen(const RemoveRunFolder& remove) {
    for (const auto& [trainer, attempt] : busy_) {
      const bool at_work = alive_.contains(trainer) && !doomed_.contains(trainer);
      if (at_work && attempt.run == remove.run) removed_in_use_ = true;
    }
  }
  void seen(const FileEffect&) {}
  void seen(const Remark&) {}
  void seen(const Stopped&) {}

  Rng rng_;
  CoreBench bench_;
  bool connected_ = false;
  uint64_t last_trainer_ = 0;
  std::set<TrainerId> alive_, greeted_, doomed_;
  std::map<TrainerId, AttemptId> busy_;
  std::set<AttemptId> leased_, cancelled_, acknowledged_, told_, spooled_, forgotten_;
  bool told_before_spooled_ = false, forgot_unasked_ = false, removed_in_use_ = false;
};

TEST(AgentCoreWalk, ADrainedAgentEndsAllThatItHolds) {
  EXPECT_TRUE(rc::check([](uint64_t seed) {
    Walk walk(seed);
    for (int step = 0; step < 100; ++step) walk.step();
    walk.drain();
    for (int step = 0; step < 50; ++step) walk.step();
    RC_ASSERT(walk.settles());
    RC_ASSERT(!testing::Test::HasFailure());
  }));
}

TEST(AgentCoreWalk, KeepsItsRulesAndLosesNothing) {
  EXPECT_TRUE(rc::check([](uint64_t seed) {
    Walk walk(seed);
    for (int step = 0; step < 200; ++step) walk.step();
    RC_ASSERT(walk.settles());
    RC_ASSERT(!walk.told_before_spooled());
    RC_ASSERT(!walk.forgot_unasked());
    RC_ASSERT(!walk.removed_in_use());
    RC_ASSERT(!testing::Test::HasFailure());
  }));
}

}  // namespace
}  // namespace evensweep

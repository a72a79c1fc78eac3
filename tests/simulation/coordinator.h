#pragma once
// The coordinator's host in virtual time: what arrives while a commit is under way is handled and committed together;
// effects come after the commit and not at all where it fails; a crash may come between any two of these.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/core.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"

namespace evensweep::simulation {

class Coordinator {
 public:
  Coordinator(World& world, Network& network);

  CoordinatorEnd end();
  void start();
  void plan_faults();
  void heal();

  bool is_up() const { return core_ != nullptr && !failed_; }
  uint64_t life() const { return life_; }
  // What a person asks for. `reply` comes after the commit, or never.
  void ask(coordinator::Event event, std::function<void()> reply) { post(std::move(event), std::move(reply)); }

  bool all_over() const;
  // What must hold when all is over and quiet.
  void check_end() const;

 private:
  enum class Fate { kCommitted, kCrashBefore, kCrashAfter, kCrashAmid, kFails, kFailsCommitted };
  struct Work {
    coordinator::Event event;
    std::function<void()> after_commit;
  };

  void post(coordinator::Event event, std::function<void()> after_commit = {});
  void wake();
  void pump();
  void handle(Work& work);
  void settle();
  Fate fate();
  void carry_out(size_t effects);
  void run(const coordinator::Send& send);
  void run(const coordinator::Grant& grant);
  void run(const coordinator::FetchCounts& fetch);
  void run(const coordinator::FetchStage& fetch);
  void run(const coordinator::Close& close);
  void run(const coordinator::ShowLog&) {}
  void run(const coordinator::Audit&) { world_.see(Seen::kAudited); }
  void run(const coordinator::GoOn&);
  void fail();
  void crash();
  void arm_deadline();
  // Does it later if the process stands still now.
  bool stands_still(std::function<void()> what);

  // What must hold.
  void observe(const coordinator::Event& event, const coordinator::Step& step, TimePoint now);
  void observe(const coordinator::Event& event, const coordinator::Record& record, TimePoint now);
  void check_granted(const coordinator::AttemptGranted& granted, TimePoint now);
  void check_lost_lease(const coordinator::Event& event, const AttemptId& attempt, TimePoint now);
  void check_settled();
  void check_status(const KnownSweep& sweep) const;
  void check_refusals();

  TimePoint local_now() const { return TimePoint{Duration(clock_.local(world_.loop.now()))}; }

  World& world_;
  Network& network_;
  Rng chance_;
  coordinator::CoreOptions options_;
  NodeClock clock_;
  std::unique_ptr<coordinator::Core> core_;
  uint64_t life_ = 0;
  bool failed_ = false;
  int64_t still_until_ = 0, disk_full_until_ = 0;
  int crashes_armed_ = 0, failures_armed_ = 0;

  std::vector<Work> inbox_;
  bool working_ = false;  // from the handling of a batch to the end of its effects
  coordinator::Step together_;
  std::vector<std::function<void()>> replies_;
  size_t batch_ = 0;  // events in it
  uint64_t armed_ = 0;
  uint64_t settled_ = 0;

  // Seen from outside, to judge the core by.
  std::map<ConnectionId, AgentId> connections_;
  std::map<AgentId, TimePoint> last_heard_;
  std::map<coordinator::RunId, RunKey> keys_;
  std::map<AttemptId, AgentId> holders_;
  std::set<AttemptId> granted_;  // ever
  std::set<AgentId> going_;      // agents that have said that they drain, on their connection
  TimePoint restored_at_;
  coordinator::Refusals refusals_;
};

}  // namespace evensweep::simulation

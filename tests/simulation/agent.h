#pragma once
// An agent's host in virtual time: the real AgentCore with a spool that is durable only once it was synced, trainers
// that train for pretend, and a machine that may stand still, crash, or be taken away.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "agent/core/agent_core.h"
#include "tests/simulation/network.h"
#include "tests/simulation/trainers.h"
#include "tests/simulation/world.h"

namespace evensweep::simulation {

class Agent {
 public:
  Agent(World& world, Network& network, size_t index);

  AgentEnd end();
  void start();
  void plan_faults();
  void heal();

  // Nothing is trained, spooled or waiting for an acknowledgement.
  bool is_quiet() const;
  void check_end() const;

 private:
  struct PendingEntry {
    Update end;
    bool forgotten = false;
  };

  // What happens to the process; later if it stands still now.
  void post(AgentEvent event);
  void handle(AgentEvent event);
  void run(const SendMessage& effect);
  void run(const StartTrainer& effect);
  void run(const GiveTask& effect);
  void run(const TerminateTrainer& effect) { trainers_->terminate(effect.trainer); }
  void run(const KillTrainer& effect) { trainers_->kill(effect.trainer); }
  void run(const SpoolEnd& effect);
  void run(const ForgetEnd& effect);
  void run(const RemoveRunFolder& effect) { trainers_->remove_folder(effect.run); }
  void run(const FileEffect&) {}  // transfers are off
  void run(const Remark&) {}
  void run(const Stopped&);

  void connect();
  void disconnected(ConnectionId stream);
  void heard(const CoordinatorMessage& message);
  void spooled(const AttemptId& attempt);
  void arm_deadline();

  void crash();
  void die(int64_t away);
  void stop();
  void stand_still(int64_t duration, bool clock_too);
  void impostor();
  void late_result(const AttemptId& attempt);

  void check_step();
  TimePoint local_now() const { return TimePoint{Duration(clock_.local(world_.loop.now()))}; }

  World& world_;
  Network& network_;
  const size_t index_;
  const std::string name_;
  Rng chance_;
  AgentConfig config_;
  NodeClock clock_;
  std::unique_ptr<AgentCore> core_;
  std::unique_ptr<Trainers> trainers_;
  uint64_t life_ = 0;
  int64_t still_until_ = 0;
  bool stopping_ = false, told_to_stop_ = false;

  std::optional<ConnectionId> stream_;
  uint32_t failures_ = 0;
  std::deque<AgentEvent> events_;   // given rise to by the effects of the one being handled
  std::deque<AgentEvent> backlog_;  // what came while the process stood still
  bool handling_ = false;
  uint64_t armed_ = 0, steps_ = 0;

  std::map<AttemptId, Update> spool_;  // on disk
  std::map<AttemptId, PendingEntry> being_written_;
  std::map<AttemptId, Update> removed_;  // not yet for good
  int64_t spool_full_until_ = 0;
  std::set<AttemptId> may_forget_;  // acknowledged or cancelled in this life
};

}  // namespace evensweep::simulation

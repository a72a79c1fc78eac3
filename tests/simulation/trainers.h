#pragma once
// The trainers of one agent: processes that start, train in epochs, write checkpoints and results into the folders of
// runs, and do everything wrong that trainers do wrong.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/events.h"
#include "tests/simulation/world.h"

namespace evensweep::simulation {

class Trainers {
 public:
  // `tell` brings what they say and do to the agent.
  Trainers(World& world, size_t agent, const std::vector<AgentDevice>& devices, std::function<void(AgentEvent)> tell);

  void start(TrainerId id, const std::string& program, uint32_t device);
  void give(TrainerId id, const Lease& lease);
  void terminate(TrainerId id);
  void kill(TrainerId id);
  // They do not outlive their agent. Folders stay.
  void agent_died();
  void remove_folder(const RunKey& run);
  // From now on all of them do what they should.
  void heal();

  bool all_idle() const;

 private:
  enum class Plan {
    kGood,
    kCrash,
    kKilledForMemory,
    kSaysOutOfMemory,
    kHang,
    kNaN,
    kBadResult,
    kOtherData,
    kWrongRun,
    kTwice,
    kStops
  };
  struct Process {
    std::string program;
    uint32_t device = 0;
    bool greeted = false, stopping = false, undying = false, ignores_term = false, dying = false, alone = false;
    std::optional<AttemptId> attempt;
    Plan plan = Plan::kGood;
    uint32_t epoch = 0, epochs = 0, bad_epoch = 0;
    uint64_t task = 0;  // raised by each, so that what an old one planned is void
  };

  void hello(TrainerId id);
  void begin(TrainerId id);
  void epoch(TrainerId id);
  void finish(TrainerId id, Process& process);
  bool goes_wrong(TrainerId id, Process& process);
  void stop_with_checkpoint(TrainerId id);
  void exit(TrainerId id, ExitStatus status, int64_t after = 0);
  void say(TrainerId id, TrainerLine line) { tell_(TrainerSaid{id, std::move(line)}); }
  Plan plan(const Process& process);
  Process* find(TrainerId id);
  void later(TrainerId id, int64_t delay, void (Trainers::*what)(TrainerId));
  int64_t below(int64_t bound) { return static_cast<int64_t>(chance_.below(static_cast<uint64_t>(bound))); }

  World& world_;
  Rng chance_;
  std::vector<AgentDevice> devices_;
  std::function<void(AgentEvent)> tell_;
  std::map<TrainerId, Process> processes_;
  std::map<RunKey, uint32_t> folders_;  // epochs in the checkpoint
  uint64_t life_ = 0;
};

}  // namespace evensweep::simulation

#include "tests/simulation/trainers.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace evensweep::simulation {

Trainers::Trainers(World& world, size_t agent, const std::vector<AgentDevice>& devices,
                   std::function<void(AgentEvent)> tell)
    : world_(world), chance_(world.seed, "simulation/trainers", {agent}), devices_(devices), tell_(std::move(tell)) {}

Trainers::Process* Trainers::find(TrainerId id) {
  const auto found = processes_.find(id);
  return found == processes_.end() ? nullptr : &found->second;
}

// Void if the process has gone or has another task by then.
void Trainers::later(TrainerId id, int64_t delay, void (Trainers::*what)(TrainerId)) {
  const Process& process = *find(id);
  world_.loop.after(delay, [this, id, what, task = process.task, life = life_] {
    const Process* still = find(id);
    if (life == life_ && still != nullptr && still->task == task) (this->*what)(id);
  });
}

// ---- the process

void Trainers::start(TrainerId id, const std::string& program, uint32_t device) {
  world_.see(Seen::kTrainersStarted);
  const auto there = std::ranges::count_if(processes_, [&](const auto& one) { return one.second.device == device; });
  world_.require(device < devices_.size() && there < devices_[device].slots, "a device has more trainers than slots");
  if (world_.strikes(Fault::kNoStart, 0.5, chance_)) {
    world_.see(Seen::kTrainersNotStarted);
    if (chance_.below(3) == 0) return tell_(TrainerExited{id, {}, {}, "no such file"});
    processes_[id] = {.program = program, .device = device};
    if (chance_.below(2) == 0) exit(id, {.by_signal = false, .number = 127}, below(1'000));
    return;  // or it never says hello
  }
  processes_[id] = {.program = program, .device = device};
  processes_[id].undying = world_.strikes(Fault::kUndying, 0.3, chance_);
  processes_[id].ignores_term = world_.strikes(Fault::kIgnoresTerm, 0.5, chance_);
  later(id, 100 + below(3'000), &Trainers::hello);
}

void Trainers::hello(TrainerId id) {
  Process& process = *find(id);
  process.greeted = true;
  say(id, TrainerHello{.trainer = "pretender 1", .numerics = process.program});
}

void Trainers::exit(TrainerId id, ExitStatus status, int64_t after) {
  ++find(id)->task;
  find(id)->dying = true;
  world_.loop.after(after, [this, id, status, life = life_] {
    if (life == life_ && processes_.erase(id) > 0) tell_(TrainerExited{id, status, "last words", {}});
  });
}

void Trainers::terminate(TrainerId id) {
  Process* process = find(id);
  if (process == nullptr || process->dying) return;
  world_.see(Seen::kTerminated);
  if (process->ignores_term && world_.chaos) return world_.see(Seen::kIgnoredTerm);
  process->stopping = true;
  ++process->task;
  later(id, below(2'000), &Trainers::stop_with_checkpoint);
}

void Trainers::stop_with_checkpoint(TrainerId id) {
  Process& process = *find(id);
  if (process.attempt) {
    folders_[process.attempt->run] = process.epoch;
    say(id, RunStopped{*process.attempt});
  }
  if (find(id) != nullptr) exit(id, {.by_signal = false, .number = 0}, below(50));
}

void Trainers::kill(TrainerId id) {
  Process* process = find(id);
  if (process == nullptr) return;
  world_.see(Seen::kKilled);
  if (process->undying) world_.see(Seen::kUndying);
  exit(id, {.by_signal = true, .number = SIGKILL}, process->undying ? below(60'000) : below(20));
}

void Trainers::agent_died() {
  ++life_;
  processes_.clear();
}

void Trainers::remove_folder(const RunKey& run) {
  folders_.erase(run);
  for (const auto& [id, process] : processes_)
    world_.require(!process.attempt || process.attempt->run != run || process.stopping,
                   "the folder was removed of a run that is being trained", run.brief());
}

void Trainers::heal() {
  for (auto& [id, process] : processes_) process.undying = process.ignores_term = false;
}

bool Trainers::all_idle() const {
  for (const auto& [id, process] : processes_)
    if (process.attempt) return false;
  return true;
}

// ---- a training

Trainers::Plan Trainers::plan(const Process& process) {
  // Of the built-in trainer's numbers of examples nobody doubts: it divides the data as the coordinator does.
  const bool doubted = process.program == kForeignTrainer;
  const std::pair<Fault, Plan> kinds[] = {{Fault::kTrainerCrash, Plan::kCrash},
                                          {Fault::kOutOfMemory, Plan::kKilledForMemory},
                                          {Fault::kOutOfMemory, Plan::kSaysOutOfMemory},
                                          {Fault::kHang, Plan::kHang},
                                          {Fault::kBadResult, Plan::kBadResult},
                                          {Fault::kOtherData, Plan::kOtherData},
                                          {Fault::kRepeatsItself, Plan::kWrongRun},
                                          {Fault::kRepeatsItself, Plan::kTwice},
                                          {Fault::kStopsItself, Plan::kStops}};
  for (const auto& [fault, plan] : kinds)
    if ((plan != Plan::kOtherData || doubted) && world_.strikes(fault, 0.4, chance_)) return plan;
  return Plan::kGood;
}

void Trainers::give(TrainerId id, const Lease& lease) {
  Process* process = find(id);
  if (process == nullptr) return;
  if (world_.strikes(Fault::kNoFile, 0.3, chance_)) {
    world_.see(Seen::kRefusedTasks);
    return tell_(TaskRefused{id, lease.attempt, {FailureClass::kInfrastructure, "no such file", {}}});
  }
  world_.see(Seen::kTrainings);
  world_.require(process->greeted, "a task was given to a trainer that has not said hello");
  for (const auto& [other, busy] : processes_)
    world_.require(!busy.attempt || busy.attempt->run != lease.attempt.run, "two trainers write to one run folder",
                   lease.attempt.run.brief());
  world_.require(!process->attempt, "a trainer was given a second task");
  for (const auto& [other, busy] : processes_)
    world_.require(!busy.attempt || busy.device != lease.device || (!busy.alone && !lease.alone),
                   "a run that is to be alone shares its device", lease.attempt.run.brief());
  process->alone = lease.alone;
  world_.require(process->device == lease.device, "a task was given to a trainer of another device");
  process->attempt = lease.attempt;
  const auto folder = folders_.find(lease.attempt.run);
  process->epoch = folder == folders_.end() ? 0 : folder->second;
  process->plan = world_.diverges(lease.attempt.run) ? Plan::kNaN : plan(*process);
  process->epochs = 1 + static_cast<uint32_t>(number_of(lease.attempt.run) % 4);
  process->bad_epoch = static_cast<uint32_t>(chance_.below(process->epochs + 1));
  ++process->task;
  later(id, 10, &Trainers::begin);
}

void Trainers::begin(TrainerId id) {
  Process& process = *find(id);
  if (process.epoch > 0) world_.see(Seen::kResumed);
  say(id, RunStarted{*process.attempt, process.epoch});
  if (find(id) == nullptr) return;
  if (process.plan != Plan::kGood && process.bad_epoch <= process.epoch && goes_wrong(id, process)) return;
  later(id, 100 + below(6'000), &Trainers::epoch);
}

void Trainers::epoch(TrainerId id) {
  Process& process = *find(id);
  if (process.epoch < process.epochs) ++process.epoch;
  folders_[process.attempt->run] = process.epoch;
  if (process.epoch >= process.bad_epoch && goes_wrong(id, process)) return;
  if (process.epoch == process.epochs) return finish(id, process);
  say(id,
      RunProgress{*process.attempt, {.fraction = double(process.epoch) / process.epochs, .examples_per_second = 1}});
  if (find(id) != nullptr) later(id, 100 + below(6'000), &Trainers::epoch);
}

void Trainers::finish(TrainerId id, Process& process) {
  const AttemptId attempt = *process.attempt;
  std::string result = *result_of(attempt.run);
  if (process.plan == Plan::kBadResult) {
    world_.see(Seen::kBadResultsWritten);
    result = result.substr(0, result.size() / 2);
  }
  if (process.plan == Plan::kOtherData) result = other_result_of(attempt.run);
  const bool twice = process.plan == Plan::kTwice;
  process.attempt.reset();
  ++process.task;
  RunFinished finished{.attempt = attempt};
  add_result(finished, result);
  say(id, finished);
  if (!twice) return;
  world_.see(Seen::kContractBroken);
  say(id, finished);
}

// Whether the training ends with it, or with nothing.
bool Trainers::goes_wrong(TrainerId id, Process& process) {
  const AttemptId attempt = *process.attempt;
  switch (process.plan) {
    case Plan::kGood:
    case Plan::kBadResult:
    case Plan::kOtherData:
    case Plan::kTwice: return false;
    case Plan::kCrash:
      world_.see(Seen::kTrainerCrashes);
      exit(id, {.by_signal = chance_.below(2) == 0, .number = SIGSEGV});
      return true;
    case Plan::kKilledForMemory:
      world_.see(Seen::kOutOfMemory);
      exit(id, {.by_signal = true, .number = SIGKILL});
      return true;
    case Plan::kSaysOutOfMemory: world_.see(Seen::kOutOfMemory); break;
    case Plan::kHang: world_.see(Seen::kHangs); return true;
    case Plan::kNaN: world_.see(Seen::kDiverged); break;
    case Plan::kWrongRun:
      world_.see(Seen::kContractBroken);
      say(id, RunProgress{{attempt.run, attempt.number + 1}, {}});
      return true;
    case Plan::kStops:
      world_.see(Seen::kStoppedThemselves);
      stop_with_checkpoint(id);
      return true;
  }
  const bool diverged = process.plan == Plan::kNaN;
  process.attempt.reset();
  ++process.task;
  say(id, RunFailed{attempt, {diverged ? FailureClass::kDiverged : FailureClass::kOutOfMemory, "said so", {}}});
  return true;
}

}  // namespace evensweep::simulation

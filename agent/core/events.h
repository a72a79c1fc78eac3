#pragma once
// What reaches AgentCore and what it orders: plain structs, nothing of gRPC, processes or disks.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/failure_text.h"
#include "agent/core/trainer_contract.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/model/link.h"

namespace evensweep {

// One trainer process. A slot gets a new one with every start, so that the last words of an old process are never taken
// for those of its successor.
struct TrainerId {
  uint64_t value = 0;
  friend auto operator<=>(const TrainerId&, const TrainerId&) = default;
};

struct AgentConfig {
  AgentId id;
  std::string incarnation, host, version;
  std::vector<std::string> trainers = {kTrainerNumerics};  // RunSpec::trainer of the runs that it can train
  uint32_t slots = 1;                                      // trainings at a time; as many leases again wait
  Duration grace{3000};                                    // between SIGTERM and SIGKILL
  Duration silence{600000};                                // a trainer without any event for longer is taken to hang
  Duration startup{120000};                                // from its start to its hello
};

// ---- events

struct Restored {  // first of all: ended attempts found in the spool
  std::vector<Update> ended;
};
struct Connected {};
struct Disconnected {};
struct TrainerSaid {
  TrainerId trainer;
  TrainerLine line;
};
struct TrainerBroke {  // it wrote what the contract does not allow
  TrainerId trainer;
  std::string what;
};
struct TrainerExited {
  TrainerId trainer;
  ExitStatus exit;
  std::string stderr_tail;
  std::string start_error;  // not empty: the program could not be started at all
};
struct TaskRefused {  // the host could not prepare the task; the trainer has heard nothing
  TrainerId trainer;
  AttemptId attempt;
  Failure failure;
};
struct SpoolWritten {
  AttemptId attempt;
  std::string error;  // empty: it is on disk
};
struct StopRequested {};
struct TimePassed {};
using AgentEvent = std::variant<Restored, Connected, Disconnected, CoordinatorMessage, TrainerSaid, TrainerBroke,
                                TrainerExited, TaskRefused, SpoolWritten, StopRequested, TimePassed>;

// ---- effects

struct SendMessage {
  AgentMessage message;
};
struct StartTrainer {
  uint32_t slot = 0;
  TrainerId trainer;
  std::string program;  // one of AgentConfig::trainers
};
struct GiveTask {
  TrainerId trainer;
  Lease lease;
};
struct TerminateTrainer {  // SIGTERM to the process group
  TrainerId trainer;
};
struct KillTrainer {  // SIGKILL to the process group
  TrainerId trainer;
};
struct SpoolEnd {  // to be answered with SpoolWritten
  Update end;
};
struct ForgetEnd {
  AttemptId attempt;
};
struct RemoveRunFolder {
  RunKey run;
};
struct Remark {  // a line for the log
  LogLevel level = LogLevel::kInfo;
  std::string text;
};
struct Stopped {};  // nothing is left to do after StopRequested
using AgentEffect = std::variant<SendMessage, StartTrainer, GiveTask, TerminateTrainer, KillTrainer, SpoolEnd,
                                 ForgetEnd, RemoveRunFolder, Remark, Stopped>;

// To be carried out in order.
struct AgentStep {
  std::vector<AgentEffect> effects;
};

}  // namespace evensweep

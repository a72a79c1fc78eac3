#pragma once
// What reaches AgentCore and what it orders: plain structs, nothing of gRPC, processes or disks.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/failure_text.h"
#include "agent/core/file_events.h"
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
  std::vector<AgentDevice> devices = cpu_device(1);
  std::map<std::string, std::string> labels;
  double cores = 0;
  uint64_t memory_bytes = 0;
  Duration grace{3000};  // between SIGTERM and SIGKILL
  // A trainer without an event for longer than this, or than ten times what it took between two events so far, is taken
  // to hang. Before its first progress it has longer: data is read, kernels are built.
  Duration silence{120000};
  std::optional<Duration> first_silence = {};  // absent: five times as long
  Duration startup{120000};                    // from its start to its hello
  // Files are brought from the coordinator, and checkpoints and logs to it. Else all is on this machine.
  bool transfers = false;
  Duration checkpoint_every{600000};  // between uploads of a run's checkpoint, and before the first
  Duration detached{600000};          // without a coordinator for longer, it begins no further training
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
struct Measured {  // what the next heartbeats tell
  Heartbeat machine;
};
struct StopRequested {};
struct TimePassed {};
using AgentEvent =
    std::variant<Restored, Connected, Disconnected, CoordinatorMessage, TrainerSaid, TrainerBroke, TrainerExited,
                 TaskRefused, SpoolWritten, FileEvent, Measured, StopRequested, TimePassed>;

// ---- effects

struct SendMessage {
  AgentMessage message;
};
struct StartTrainer {
  TrainerId trainer;
  std::string program;  // one of AgentConfig::trainers
  uint32_t device = 0;  // that it is to train on
};
struct GiveTask {
  TrainerId trainer;
  Lease lease;
  bool make_folder = true;  // else the trainer does
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
                                 ForgetEnd, RemoveRunFolder, FileEffect, Remark, Stopped>;

// To be carried out in order.
struct AgentStep {
  std::vector<AgentEffect> effects;
};

}  // namespace evensweep

#pragma once
// The lines that pass between agent and trainer (docs/format/trainer.md), as plain structs.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/status.h"
#include "common/model/link.h"
#include "common/model/spec.h"

namespace evensweep {

inline constexpr int kTrainerContract = 1;
// A longer line breaks the contract.
inline constexpr size_t kMaxTrainerLine = 1 << 20;
// So much of a result may be in the line of its event.
inline constexpr size_t kMaxInlineResult = 64 << 10;
// A larger result.json is refused: it has to fit into one message to the coordinator (kMostResult of common/wire).
inline constexpr size_t kMaxResultBytes = 48 << 20;

struct TrainerHello {
  std::string trainer;         // program and version
  std::string numerics;        // RunSpec::trainer of the runs that it can train
  bool makes_folders = false;  // the folders of its runs, where it needs them
};
struct RunStarted {
  AttemptId attempt;
  uint32_t resumed_at_epoch = 0;
};
struct RunProgress {
  AttemptId attempt;
  Progress progress;
};
struct RunFinished {
  AttemptId attempt;
  // Small results may be in the line; else the host reads result.json, or says why it can't be read.
  std::string result_json;
  std::string read_error;
  uint64_t peak_memory_bytes = 0;  // 0: not known
};
struct RunFailed {
  AttemptId attempt;
  Failure failure;
};
struct RunStopped {
  AttemptId attempt;
};
using TrainerLine = std::variant<TrainerHello, RunStarted, RunProgress, RunFinished, RunFailed, RunStopped>;

// Checks everything: a line that is not an event of contract 1 gives InvalidArgument with the reason. Keys that are not
// known are let pass, so that a newer trainer may say more. A run is always 64 lower-case hexadecimal characters, so it
// can be used as the name of a folder.
StatusOr<TrainerLine> parse_trainer_line(std::string_view line);

// What an agent adds to a run spec when it makes a task of it.
struct TaskSettings {
  std::string work_dir;
  double checkpoint_seconds = 30;
  std::string device = "cpu";                // cpu | cuda
  std::map<std::string, std::string> files;  // SHA-256 -> path
};

// The run spec of a lease. InvalidArgument if it is none, or more than one line.
StatusOr<RunSpec> spec_of(const Lease& lease);

// The SHA-256 sums of all files that a training reads.
std::vector<std::string> files_of(const RunSpec& spec);

// The task of one run whose spec_of is known to be good and reads `files`, as one line without its end. NotFound with
// the hash if one of them is not in the settings.
StatusOr<std::string> task_line(const Lease& lease, const std::vector<std::string>& files,
                                const TaskSettings& settings);

}  // namespace evensweep

#pragma once
// The lines that pass between agent and trainer (docs/format/trainer.md), as plain structs.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/status.h"
#include "common/model/link.h"

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
  std::string result_json;         // empty: not in the line, as a small one may be, but in the file result.json
  int64_t classes = 0;             // of the result
  std::string trouble;             // why there is no valid result; empty: there is, or it has yet to be read
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

// Adds what was read from result.json, or why it could not be read.
void add_result(RunFinished& finished, StatusOr<std::string> result_json);

// What an agent adds to a run spec when it makes a task of it.
struct TaskSettings {
  std::string work_dir;
  double checkpoint_seconds = 30;
  std::string device = "cpu";                // cpu | cuda
  std::map<std::string, std::string> files;  // SHA-256 -> path
};

// Whether the text may go into a line as one of its values.
bool is_one_json_line(std::string_view text);

// The task of one run, as one line without its end. Its spec must be one line of JSON. NotFound with the hash if a file
// that it reads is not in the settings.
StatusOr<std::string> task_line(const Lease& lease, const TaskSettings& settings);

}  // namespace evensweep

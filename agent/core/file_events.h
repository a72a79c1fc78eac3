#pragma once
// What the host and AgentCore say to each other about files: those that runs read, checkpoints that go to other
// machines, and what trainers write to standard error.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/model/link.h"

namespace evensweep {

// ---- events

struct FilesReady {  // all that the run reads is here, and stays while the attempt waits or trains
  AttemptId attempt;
};
struct FilesMissing {
  AttemptId attempt;
  std::string why;
  bool nowhere = false;  // the coordinator has no such file either: no agent can get it
};
struct CheckpointUploaded {
  AttemptId attempt;
  std::optional<BlobRef> blob;  // absent: there is none, or it could not be uploaded
};
struct Noted {  // to be told while there is a connection, else never: LogLines and LogStored
  Update update;
};
using FileEvent = std::variant<FilesReady, FilesMissing, CheckpointUploaded, Noted>;

// ---- effects

struct FetchFiles {  // to be answered with FilesReady or FilesMissing
  AttemptId attempt;
  std::vector<std::string> sha256s;
  std::optional<BlobRef> checkpoint;  // to go on from, unless a newer one of the run is here
};
struct UploadCheckpoint {  // to be answered with CheckpointUploaded
  AttemptId attempt;
  uint64_t most_bytes = 0;
};
using FileEffect = std::variant<FetchFiles, UploadCheckpoint>;

}  // namespace evensweep

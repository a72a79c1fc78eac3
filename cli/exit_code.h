#pragma once
// What every verb returns to the shell; README.md lists them.

#include "common/base/status.h"

namespace evensweep {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,       // something outside of the files given: disk, state folder, trainer
  kUsage = 2,        // the command line, the sweep file or the data cannot be used
  kIncomplete = 3,   // the sweep is over, but trials failed
  kUnreachable = 4,  // the coordinator is not reached
  kUnauthorised = 5,
  kInterrupted = 130,
};

inline int exit_code_of(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk: return kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kNotFound: return kUsage;
    case absl::StatusCode::kUnavailable: return kUnreachable;
    case absl::StatusCode::kUnauthenticated: return kUnauthorised;
    default: return kFailed;
  }
}

}  // namespace evensweep

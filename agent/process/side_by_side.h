#pragma once

#include <string>
#include <vector>

#include "common/base/status.h"

namespace evensweep {

// Runs `copies` of a command at once, waits for all, and gives what each wrote to standard output. `command[0]` is a
// path; PATH is not searched. Standard input is empty, standard error is this process's. Unavailable if the command
// cannot be started or a copy ends with another code than 0.
StatusOr<std::vector<std::string>> run_side_by_side(const std::vector<std::string>& command, int64_t copies);

}  // namespace evensweep

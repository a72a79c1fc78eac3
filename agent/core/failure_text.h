#pragma once
// Words for what went wrong with a trainer. What a trainer writes is any bytes; what leaves the agent is clean text.

#include <cstddef>
#include <string>
#include <string_view>

#include "common/model/ids.h"
#include "common/model/result.h"

namespace evensweep {

// Valid UTF-8 of at most `most` bytes without control characters other than line ends and tabs; each byte that does not
// fit is replaced by '?'. What is too long is cut at its end.
std::string clean_text(std::string_view bytes, size_t most);

// The same as one line.
std::string clean_line(std::string_view bytes, size_t most);

// "run 0123456789ab attempt 2".
std::string name_of(const AttemptId& attempt);

// How a process ended: its exit code, or the signal that killed it.
struct ExitStatus {
  bool by_signal = false;
  int number = 0;  // exit code or signal
};

// "exited with code 3", "was killed by signal 11 (SIGSEGV)".
std::string exit_text(ExitStatus exit);

// What it means for the run when its trainer ends by itself while training: out_of_memory for a SIGKILL, which nobody
// but the kernel's memory killer sends unasked; trainer_error for all else.
Failure failure_of_exit(ExitStatus exit, std::string_view stderr_tail);

}  // namespace evensweep

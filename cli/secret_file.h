#pragma once
// Keys and tokens: files that nobody but their owner may read.

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

// The content of a regular file, at most 1 MiB, that belongs to us (or to root) and that neither group nor others may
// read or write. FailedPrecondition says which of these is not so and what to do; a symbolic link is refused, as it may
// lead anywhere by the time it is read.
StatusOr<std::string> read_secret_file(const std::string& path);

// A new file with mode 0600, complete on disk or not there. AlreadyExists if there is one.
Status write_secret_file(const std::string& path, std::string_view content);

// The same in place of what may be there.
Status replace_secret_file(const std::string& path, std::string_view content);

// The token in a file: its one line. InvalidArgument if it is none that "evensweep certs" makes.
StatusOr<std::string> read_token_file(const std::string& path);

// 256 bits of the kernel's, as "evensweep_" and 64 hexadecimal characters.
StatusOr<std::string> new_token();

}  // namespace evensweep

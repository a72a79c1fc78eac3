#pragma once
// Whole-file reads, and writes that are either complete on disk or not there.

#include <functional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

// Turns errno into a Status: "what: reason". ENOENT NotFound, EACCES PermissionDenied, ENOSPC and EDQUOT
// ResourceExhausted, all else Internal.
Status errno_status(int error, std::string_view what);

StatusOr<std::string> read_file(const std::string& path);

// Gives the content to `take` piece by piece, so that a file of any size needs little memory; ends at take's first
// error.
Status read_in_pieces(const std::string& path, const std::function<Status(std::string_view piece)>& take);

// Writes a temporary file beside `path`, fsyncs it, renames it over `path` and fsyncs the folder. After a crash at any
// moment `path` holds either its old content or the new one.
Status write_file_atomically(const std::string& path, std::string_view content);

// The same without waiting for the disk: never half a file, but after a power cut perhaps an old or an empty one. For
// what can be made again.
Status replace_file(const std::string& path, std::string_view content);

// mkdir -p, with a message that names the folder that could not be made.
Status make_folders(const std::string& path);

}  // namespace evensweep

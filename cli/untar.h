#pragma once
// Files out of a .tar.gz.

#include <functional>
#include <string>

#include "common/base/status.h"

namespace evensweep {

// Where a regular file of the archive is to be written, by its last name and its size; empty: nowhere.
using PlaceOfMember = std::function<std::string(const std::string& name, int64_t size)>;

// Reads the archive (POSIX ustar within gzip) from one end to the other. DataLoss where it is damaged.
Status untar(const std::string& archive, const PlaceOfMember& place);

}  // namespace evensweep

#pragma once
// The binary version of CIFAR-10 (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009):
// records of 3073 bytes, 1 label (0..9) and 3 x 32 x 32 pixels, channel by channel, row-major. Internal to
// common/dataset.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/dataset/dataset.h"

namespace evensweep {

// Appends the records of one file.
Status append_cifar10(const std::string& path, std::string_view bytes, Dataset& into);

// From batches.meta.txt beside the file, or the official names where there is none.
StatusOr<std::vector<std::string>> cifar10_class_names(const std::string& data_path);

}  // namespace evensweep

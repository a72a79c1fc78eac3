#pragma once

#include <string>

#include "common/base/status.h"
#include "sweeps/report/comparison.h"

namespace evensweep {

// `place` is a results file or a folder that holds one. InvalidArgument begins with the name of a file that is none.
StatusOr<NamedResults> read_results(const std::string& place);

}  // namespace evensweep

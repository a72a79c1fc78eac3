#pragma once
// Why runs of a sweep have no result, in a few lines for people; the report has all of it.

#include <cstddef>
#include <string>
#include <vector>

#include "common/model/result.h"

namespace evensweep {

// "12 runs failed: out_of_memory: MESSAGE", the most frequent cause first. Messages that differ in numbers alone are
// one cause, told by the first of them. At most `most` lines, the last one then counts the other causes.
std::vector<std::string> failure_causes(const SweepResults& results, size_t most);

}  // namespace evensweep

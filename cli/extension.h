#pragma once
// A sweep made of another one's file by further overrides.

#include <span>
#include <string>

#include "common/base/status.h"
#include "common/model/views.h"

namespace evensweep {

struct Extension {
  Sweep sweep;
  SweepFile file;
  bool other_data = false;  // other files than those of the sweep that is extended
};

// The data need not be on this machine unless the overrides ask for others, which are then looked up in `folders`.
// FailedPrecondition where the sweep was submitted without its file; InvalidArgument holds a line for each thing wrong.
StatusOr<Extension> extend_sweep(const SweepDefinition& known, std::span<const std::string> overrides,
                                 std::span<const std::string> folders);

}  // namespace evensweep

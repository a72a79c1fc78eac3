#pragma once

#include "common/model/status.h"
#include "evensweep/v1/sweeps.pb.h"

namespace evensweep {

v1::SweepStatus encode(const SweepStatus& status);
SweepStatus decode(const v1::SweepStatus& proto);

}  // namespace evensweep

#pragma once

#include "common/base/status.h"
#include "common/model/views.h"
#include "evensweep/v1/agents.pb.h"

namespace evensweep {

v1::AgentView encode(const AgentView& view);
// InvalidArgument where a coordinator cannot have meant it.
StatusOr<AgentView> decode(const v1::AgentView& proto);

}  // namespace evensweep

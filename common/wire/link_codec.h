#pragma once
// Between the plain link messages and protobuf. decode() is the gate for everything that a peer sends: what is missing,
// too long or impossible is InvalidArgument, and only well-formed values get past it.

#include "common/base/status.h"
#include "common/model/link.h"
#include "evensweep/v1/agent_link.pb.h"

namespace evensweep {

StatusOr<AgentMessage> decode(const v1::AgentMessage& message);
StatusOr<CoordinatorMessage> decode(const v1::CoordinatorMessage& message);
v1::AgentMessage encode(const AgentMessage& message);
v1::CoordinatorMessage encode(const CoordinatorMessage& message);

}  // namespace evensweep

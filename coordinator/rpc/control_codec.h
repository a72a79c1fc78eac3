#pragma once
// What people's tools ask, from protobuf to what the host takes. decode() is the gate: what is missing, too long or
// impossible is InvalidArgument, one line for people.

#include "common/base/status.h"
#include "coordinator/host/control.h"
#include "coordinator/host/request_checks.h"
#include "evensweep/v1/agents.pb.h"
#include "evensweep/v1/sweeps.pb.h"

namespace evensweep::coordinator {

StatusOr<Submission> decode(const v1::SubmitRequest& request);
StatusOr<SweepControl> decode(const v1::ControlRequest& request);
StatusOr<AgentControl> decode(const v1::AgentRequest& request, AgentAction action);
StatusOr<SweepsQuery> decode(const v1::ListSweepsRequest& request);
StatusOr<TrialsQuery> decode(const v1::TrialsRequest& request);

}  // namespace evensweep::coordinator

#pragma once
// What an agent tells of itself and its machine. Internal to common/wire.

#include "common/base/status.h"
#include "common/model/link.h"
#include "evensweep/v1/agent_link.pb.h"

namespace evensweep::wire {

StatusOr<Hello> hello_of(const v1::Hello& proto);
StatusOr<Credits> credits_of(const v1::Credits& proto);
StatusOr<Heartbeat> heartbeat_of(const v1::Heartbeat& proto);
void put(const Hello& hello, v1::Hello* proto);
void put(const Credits& credits, v1::Credits* proto);
void put(const Heartbeat& heartbeat, v1::Heartbeat* proto);

}  // namespace evensweep::wire

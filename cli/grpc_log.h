#pragma once
// gRPC's own lines, through our log.

#include <cstdint>

#include "common/base/log.h"

namespace evensweep {

// From now on gRPC prints nothing by itself. A TLS handshake that failed is counted and becomes a line of `handshakes`,
// at most ten a second; everything else becomes a debug line.
void adopt_grpc_log(LogLevel handshakes);
uint64_t failed_handshakes();

}  // namespace evensweep

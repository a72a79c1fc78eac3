#pragma once

#include <grpcpp/support/status.h>

#include "common/base/status.h"

namespace evensweep::coordinator {

// absl and gRPC codes are the same numbers.
grpc::Status to_grpc(const Status& status);
Status from_grpc(const grpc::Status& status);

}  // namespace evensweep::coordinator

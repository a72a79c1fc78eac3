#include "coordinator/rpc/grpc_status.h"

#include <string>

namespace evensweep::coordinator {

grpc::Status to_grpc(const Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

Status from_grpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace evensweep::coordinator

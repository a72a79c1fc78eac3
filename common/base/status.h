#pragma once
// Errors as values. absl::Status is used as it is; its codes map one to one to gRPC's. A message says what is wrong,
// where, and what to do about it, in one line.

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace evensweep {

using absl::Status;
using absl::StatusOr;

}  // namespace evensweep

#define EV_RETURN_IF_ERROR(expression)                                            \
  do {                                                                            \
    if (absl::Status ev_status = (expression); !ev_status.ok()) return ev_status; \
  } while (false)

#define EV_CONCAT_INNER(a, b) a##b
#define EV_CONCAT(a, b) EV_CONCAT_INNER(a, b)
#define EV_ASSIGN_OR_RETURN(declaration, expression) \
  EV_ASSIGN_OR_RETURN_INNER(EV_CONCAT(ev_status_or_, __LINE__), declaration, expression)
#define EV_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                      \
  if (!temporary.ok()) return temporary.status();                     \
  declaration = *std::move(temporary)

#pragma once
// How a handler answers: at once where the request is no good, else when the host has replied.

#include <grpcpp/grpcpp.h>

#include <functional>
#include <utility>

#include "common/base/status.h"
#include "coordinator/host/control.h"
#include "coordinator/rpc/grpc_status.h"

namespace evensweep::coordinator {

// The reply that fills in the response by `fill(value)` and ends the call.
template <typename T, typename Fill>
Control::Reply<T> answer(grpc::ServerUnaryReactor* reactor, Fill fill) {
  return [reactor, fill = std::move(fill)](const StatusOr<T>& value) {
    if (value.ok()) fill(*value);
    reactor->Finish(to_grpc(value.status()));
  };
}

// `ask(request)` where the request could be decoded.
template <typename Request, typename Ask>
grpc::ServerUnaryReactor* serve(grpc::CallbackServerContext* context, StatusOr<Request> request, Ask ask) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (request.ok())
    ask(*std::move(request), reactor);
  else
    reactor->Finish(to_grpc(request.status()));
  return reactor;
}

}  // namespace evensweep::coordinator

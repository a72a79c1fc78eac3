#pragma once

#include "coordinator/host/host.h"
#include "coordinator/host/host_control.h"
#include "coordinator/rpc/streams.h"
#include "evensweep/v1/sweeps.grpc.pb.h"

namespace evensweep::coordinator {

class WatchStream;

class SweepsService final : public v1::Sweeps::CallbackService {
 public:
  explicit SweepsService(Host& host) : host_(host), control_(host) {}
  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context, const v1::SubmitRequest* request,
                                   v1::SubmitResponse* response) override;
  grpc::ServerWriteReactor<v1::SweepStatus>* Watch(grpc::CallbackServerContext* context,
                                                   const v1::WatchRequest* request) override;
  void end_all();

 private:
  Host& host_;
  HostControl control_;
  Streams<WatchStream> streams_;
};

}  // namespace evensweep::coordinator

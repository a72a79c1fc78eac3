#pragma once

#include "coordinator/host/control.h"
#include "coordinator/rpc/out_stream.h"
#include "evensweep/v1/sweeps.grpc.pb.h"

namespace evensweep::coordinator {

class SweepsService final : public v1::Sweeps::CallbackService {
 public:
  explicit SweepsService(coordinator::Control& control) : control_(control) {}
  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context, const v1::SubmitRequest* request,
                                   v1::SubmitResponse* response) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context, const v1::ListSweepsRequest* request,
                                 v1::ListSweepsResponse* response) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const v1::SweepRequest* request,
                                v1::SweepView* response) override;
  grpc::ServerUnaryReactor* Define(grpc::CallbackServerContext* context, const v1::SweepRequest* request,
                                   v1::SweepDefinition* response) override;
  grpc::ServerUnaryReactor* Trials(grpc::CallbackServerContext* context, const v1::TrialsRequest* request,
                                   v1::TrialsResponse* response) override;
  grpc::ServerUnaryReactor* Control(grpc::CallbackServerContext* context, const v1::ControlRequest* request,
                                    v1::ControlResponse* response) override;
  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context, const v1::TrialRequest* request,
                                    v1::ExplainResponse* response) override;
  grpc::ServerUnaryReactor* Attempts(grpc::CallbackServerContext* context, const v1::TrialRequest* request,
                                     v1::AttemptsResponse* response) override;
  grpc::ServerUnaryReactor* Result(grpc::CallbackServerContext* context, const v1::ResultRequest* request,
                                   v1::ResultResponse* response) override;
  grpc::ServerWriteReactor<v1::SweepStatus>* Watch(grpc::CallbackServerContext* context,
                                                   const v1::WatchRequest* request) override;
  grpc::ServerWriteReactor<v1::ResultsPart>* Results(grpc::CallbackServerContext* context,
                                                     const v1::SweepRequest* request) override;
  grpc::ServerWriteReactor<v1::LogPiece>* Logs(grpc::CallbackServerContext* context,
                                               const v1::LogsRequest* request) override;
  void end_all();
  void end_followed();  // all but those that end by themselves

 private:
  coordinator::Control& control_;
  Streams<OutStream<v1::SweepStatus>> watches_;
  Streams<OutStream<v1::ResultsPart>> results_;
  Streams<OutStream<v1::LogPiece>> logs_;
};

}  // namespace evensweep::coordinator

#include "coordinator/rpc/sweeps_service.h"

#include <utility>

#include "common/model/json.h"
#include "common/wire/status_codec.h"
#include "common/wire/sweeps_codec.h"
#include "coordinator/rpc/answer.h"
#include "coordinator/rpc/caller.h"
#include "coordinator/rpc/control_codec.h"
#include "coordinator/rpc/sweeps_streams.h"

namespace evensweep::coordinator {

grpc::ServerUnaryReactor* SweepsService::Submit(grpc::CallbackServerContext* context, const v1::SubmitRequest* request,
                                                v1::SubmitResponse* response) {
  return serve(context, decode(*request), [&](Submission submission, grpc::ServerUnaryReactor* reactor) {
    submission.who = caller_name(context->auth_context().get());
    control_.submit(std::move(submission), answer<Submitted>(reactor, [response](const Submitted& submitted) {
                      response->set_sweep_id(submitted.id.str());
                      *response->mutable_status() = encode(submitted.status);
                      response->set_known(submitted.known);
                    }));
  });
}

grpc::ServerUnaryReactor* SweepsService::List(grpc::CallbackServerContext* context,
                                              const v1::ListSweepsRequest* request, v1::ListSweepsResponse* response) {
  return serve(context, decode(*request), [&](SweepsQuery query, grpc::ServerUnaryReactor* reactor) {
    control_.sweeps(query, answer<SweepsPage>(reactor, [response](const SweepsPage& page) {
                      for (const SweepView& sweep : page.sweeps) *response->add_sweeps() = encode(sweep);
                      response->set_more(page.more);
                    }));
  });
}

grpc::ServerUnaryReactor* SweepsService::Get(grpc::CallbackServerContext* context, const v1::SweepRequest* request,
                                             v1::SweepView* response) {
  return serve(
      context, reference_of(request->sweep(), "sweep"), [&](std::string sweep, grpc::ServerUnaryReactor* reactor) {
        control_.sweep(std::move(sweep),
                       answer<SweepView>(reactor, [response](const SweepView& view) { *response = encode(view); }));
      });
}

grpc::ServerUnaryReactor* SweepsService::Define(grpc::CallbackServerContext* context, const v1::SweepRequest* request,
                                                v1::SweepDefinition* response) {
  return serve(context, reference_of(request->sweep(), "sweep"),
               [&](std::string sweep, grpc::ServerUnaryReactor* reactor) {
                 control_.definition(std::move(sweep),
                                     answer<SweepDefinition>(reactor, [response](const SweepDefinition& definition) {
                                       *response = encode(definition);
                                     }));
               });
}

grpc::ServerUnaryReactor* SweepsService::Trials(grpc::CallbackServerContext* context, const v1::TrialsRequest* request,
                                                v1::TrialsResponse* response) {
  return serve(context, decode(*request), [&](TrialsQuery query, grpc::ServerUnaryReactor* reactor) {
    control_.trials(std::move(query), answer<TrialsPage>(reactor, [response](const TrialsPage& page) {
                      for (const TrialView& trial : page.trials) *response->add_trials() = encode(trial);
                      if (page.next) response->set_next(*page.next);
                    }));
  });
}

grpc::ServerUnaryReactor* SweepsService::Control(grpc::CallbackServerContext* context,
                                                 const v1::ControlRequest* request, v1::ControlResponse* response) {
  return serve(context, decode(*request), [&](SweepControl control, grpc::ServerUnaryReactor* reactor) {
    control.who = caller_name(context->auth_context().get());
    control_.control(std::move(control), answer<Controlled>(reactor, [response](const Controlled& done) {
                       *response->mutable_sweep() = encode(done.sweep);
                       response->set_changed(done.changed);
                     }));
  });
}

grpc::ServerUnaryReactor* SweepsService::Explain(grpc::CallbackServerContext* context, const v1::TrialRequest* request,
                                                 v1::ExplainResponse* response) {
  return serve(
      context, reference_of(request->trial(), "trial"), [&](std::string trial, grpc::ServerUnaryReactor* reactor) {
        control_.explain(std::move(trial), answer<TrialExplained>(reactor, [response](const TrialExplained& explained) {
                           *response->mutable_trial() = encode(explained.trial);
                           for (const std::string& line : explained.explanation.lines) response->add_lines(line);
                         }));
      });
}

grpc::ServerUnaryReactor* SweepsService::Attempts(grpc::CallbackServerContext* context, const v1::TrialRequest* request,
                                                  v1::AttemptsResponse* response) {
  return serve(
      context, reference_of(request->trial(), "trial"), [&](std::string trial, grpc::ServerUnaryReactor* reactor) {
        control_.attempts(std::move(trial), answer<TrialAttempts>(reactor, [response](const TrialAttempts& found) {
                            *response->mutable_trial() = encode(found.trial);
                            for (const AttemptView& attempt : found.attempts)
                              *response->add_attempts() = encode(attempt);
                          }));
      });
}

grpc::ServerUnaryReactor* SweepsService::Result(grpc::CallbackServerContext* context, const v1::ResultRequest* request,
                                                v1::ResultResponse* response) {
  return serve(context, run_key_of(request->run_key()), [&](RunKey run, grpc::ServerUnaryReactor* reactor) {
    control_.result(std::move(run), answer<RunResult>(reactor, [response](const RunResult& result) {
                      response->set_result_json(to_json(result).dump());
                    }));
  });
}

grpc::ServerWriteReactor<v1::SweepStatus>* SweepsService::Watch(grpc::CallbackServerContext*,
                                                                const v1::WatchRequest* request) {
  return new WatchStream(control_, watches_, SweepId(request->sweep_id()));  // deletes itself in OnDone
}

grpc::ServerWriteReactor<v1::ResultsPart>* SweepsService::Results(grpc::CallbackServerContext*,
                                                                  const v1::SweepRequest* request) {
  return new ResultsStream(control_, results_, request->sweep());
}

grpc::ServerWriteReactor<v1::LogPiece>* SweepsService::Logs(grpc::CallbackServerContext*,
                                                            const v1::LogsRequest* request) {
  return new LogStream(control_, logs_, request->trial(), request->follow());
}

void SweepsService::end_all() {
  end_followed();
  results_.end_all();
}

void SweepsService::end_followed() {
  watches_.end_all();
  logs_.end_all();
}

}  // namespace evensweep::coordinator

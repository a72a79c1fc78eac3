#include "coordinator/rpc/sweeps_service.h"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "common/model/json.h"
#include "common/wire/status_codec.h"
#include "coordinator/rpc/server.h"

namespace evensweep::coordinator {

// Sends the newest status as soon as the one before it is written; those in between are dropped.
class WatchStream final : public grpc::ServerWriteReactor<v1::SweepStatus> {
 public:
  struct Door {
    std::mutex mutex;
    WatchStream* stream = nullptr;
  };

  WatchStream(Host& host, Streams<WatchStream>& streams, const SweepId& sweep)
      : host_(host), streams_(streams), door_(std::make_shared<Door>()) {
    door_->stream = this;
    streams_.add(this);
    watch_ = host_.watch(sweep, [door = door_](const StatusOr<SweepStatus>& status) {
      const std::lock_guard lock(door->mutex);
      if (door->stream != nullptr) door->stream->tell(status);
    });
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_.reset();
    if (ok)
      advance();
    else
      finish(grpc::Status::CANCELLED);
  }

  void OnCancel() override { end(); }

  void OnDone() override {
    {
      const std::lock_guard lock(door_->mutex);
      door_->stream = nullptr;
    }
    host_.unwatch(watch_);
    streams_.remove(this);
    delete this;
  }

  void end() {
    const std::lock_guard lock(mutex_);
    finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the coordinator is going away"));
  }

 private:
  void tell(const StatusOr<SweepStatus>& status) {
    const std::lock_guard lock(mutex_);
    if (status.ok()) {
      next_ = encode(*status);
      if (status->over) last_ = grpc::Status::OK;
    } else {
      last_ = to_grpc(status.status());
    }
    if (!writing_) advance();
  }

  void advance() {
    if (finished_) return;
    if (next_) {
      writing_ = std::move(next_);
      next_.reset();
      StartWrite(&*writing_);
    } else if (last_) {
      finish(*last_);
    }
  }

  void finish(const grpc::Status& status) {
    if (std::exchange(finished_, true)) return;
    Finish(status);
  }

  Host& host_;
  Streams<WatchStream>& streams_;
  std::shared_ptr<Door> door_;
  Host::WatchId watch_ = 0;

  std::mutex mutex_;  // guards the rest
  std::optional<v1::SweepStatus> writing_, next_;
  std::optional<grpc::Status> last_;  // how to end once everything is written
  bool finished_ = false;
};

grpc::ServerUnaryReactor* SweepsService::Submit(grpc::CallbackServerContext* context, const v1::SubmitRequest* request,
                                                v1::SubmitResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  StatusOr<Sweep> sweep = parse_sweep(request->sweep_json());
  if (!sweep.ok()) {
    reactor->Finish(to_grpc(sweep.status()));
    return reactor;
  }
  response->set_sweep_id(sweep_id(*sweep).str());
  control_.submit({.sweep = *std::move(sweep)}, [reactor, response](const StatusOr<Submitted>& submitted) {
    if (submitted.ok()) *response->mutable_status() = encode(submitted->status);
    reactor->Finish(to_grpc(submitted.status()));
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::SweepStatus>* SweepsService::Watch(grpc::CallbackServerContext*,
                                                                const v1::WatchRequest* request) {
  return new WatchStream(host_, streams_, SweepId(request->sweep_id()));  // deletes itself in OnDone
}

void SweepsService::end_all() { streams_.end_all(); }

}  // namespace evensweep::coordinator

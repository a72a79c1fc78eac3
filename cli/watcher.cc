#include "cli/watcher.h"

#include "common/wire/status_codec.h"
#include "coordinator/rpc/grpc_status.h"

namespace evensweep {

Watcher::Watcher(std::shared_ptr<grpc::Channel> channel, const SweepId& sweep, std::function<void()> news)
    : stub_(v1::Sweeps::NewStub(std::move(channel))),
      news_(std::move(news)),
      thread_([this, sweep] { follow(sweep); }) {}

Watcher::~Watcher() {
  context_.TryCancel();
  thread_.join();
}

void Watcher::follow(const SweepId& sweep) {
  v1::WatchRequest request;
  request.set_sweep_id(sweep.str());
  const std::unique_ptr<grpc::ClientReader<v1::SweepStatus>> reader = stub_->Watch(&context_, request);
  v1::SweepStatus status;
  while (reader->Read(&status)) {
    {
      const std::lock_guard lock(mutex_);
      newest_ = decode(status);
    }
    news_();
  }
  const Status end = coordinator::from_grpc(reader->Finish());
  {
    const std::lock_guard lock(mutex_);
    ended_ = end;
  }
  news_();
}

std::optional<SweepStatus> Watcher::newest() {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::optional<Status> Watcher::ended() {
  const std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace evensweep

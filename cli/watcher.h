#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "common/base/status.h"
#include "common/model/ids.h"
#include "common/model/status.h"
#include "evensweep/v1/sweeps.grpc.pb.h"

namespace evensweep {

// Follows a sweep through the Watch stream on a thread of its own; the newest status is there to be asked for.
class Watcher {
 public:
  // `news` is called on that thread after each new status and after the end.
  Watcher(std::shared_ptr<grpc::Channel> channel, const SweepId& sweep, std::function<void()> news);
  ~Watcher();

  // The newest status, if there is one already.
  std::optional<SweepStatus> newest();
  // How the stream ended; absent while it has not. Ok: the sweep is over.
  std::optional<Status> ended();

 private:
  void follow(const SweepId& sweep);

  std::unique_ptr<v1::Sweeps::Stub> stub_;
  std::function<void()> news_;
  grpc::ClientContext context_;
  std::mutex mutex_;  // guards the next two
  std::optional<SweepStatus> newest_;
  std::optional<Status> ended_;
  std::thread thread_;
};

}  // namespace evensweep

#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "agent/process/trainer_process.h"

namespace evensweep {

// Starts trainers with posix_spawn (never fork: the agent's process has gRPC threads), each in a process group of its
// own, with pipes at 0 (tasks), 2 (standard error) and 3 (events), /dev/null at 1, no other descriptor, default signal
// actions and an empty signal mask. The environment is the agent's with OMP_WAIT_POLICY=PASSIVE unless it is set: idle
// worker threads of one trainer then do not take the cores of another.
// The descriptors are served by `context`, which has to be run by one thread. SIGPIPE is set to be ignored.
class PosixLauncher final : public TrainerLauncher {
 public:
  explicit PosixLauncher(boost::asio::io_context& context);
  StatusOr<std::unique_ptr<TrainerProcess>> launch(const std::vector<std::string>& command,
                                                   const std::map<std::string, std::string>& variables,
                                                   TrainerCallbacks callbacks) override;

 private:
  boost::asio::io_context& context_;
};

}  // namespace evensweep

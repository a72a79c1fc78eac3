#pragma once
// A whole agent in one object: core, trainers, spool and the stream to the coordinator, on one thread of its own.

#include <grpcpp/channel.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/devices/local_devices.h"
#include "agent/link/agent_files.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/model/ids.h"

namespace evensweep {

// How long an agent waits for what; the defaults are those of a lab.
struct AgentTimeouts {
  Duration silence{120000};        // AgentConfig::silence
  Duration first_silence{600000};  // AgentConfig::first_silence
  Duration startup{120000};        // AgentConfig::startup
  Duration detached{600000};       // AgentConfig::detached
};

struct AgentOptions {
  AgentId id;
  std::string dir;  // holds work/ (run folders), spool/ and the lock; made where it is missing
  // What it trains on (agent/devices). If empty: one device of the kind `device`, with `slots` trainings at a time.
  std::vector<LocalDevice> devices;
  uint32_t slots = 1;
  std::map<std::string, std::string> labels;  // by which sweeps may choose agents
  double cores = 0;                           // that it may use; 0: not known
  uint64_t memory_bytes = 0;                  // of the machine, that it may use; 0: not known
  // Command lines by RunSpec::trainer; their first word is a path, PATH is not searched.
  std::map<std::string, std::vector<std::string>> trainers;
  std::map<std::string, std::string> files;  // SHA-256 -> path of the data files on this machine
  // Files that this machine lacks are brought from the coordinator, and checkpoints and logs go to it.
  std::optional<TransferOptions> transfers = {};
  double checkpoint_seconds = 30;
  std::string device = "cpu";
  Duration grace{3000};  // for trainers to write their checkpoints when they are stopped
  AgentTimeouts timeouts = {};
};

class AgentHost {
 public:
  // Returns once the agent runs; the coordinator need not be there yet. InvalidArgument for impossible options,
  // FailedPrecondition if another agent uses `dir`, NotFound or PermissionDenied for a trainer that can't be run,
  // ResourceExhausted and others for a `dir` that can't be used. `clock` must live longer than the host.
  static StatusOr<std::unique_ptr<AgentHost>> start(AgentOptions options, std::shared_ptr<grpc::Channel> channel,
                                                    const Clock& clock);
  // Stops as request_stop() does, if that was not done, and joins. At most grace + 4 s.
  ~AgentHost();

  // Further data files; a known hash gets the new path.
  void add_files(std::map<std::string, std::string> files);

  // From any thread: since when it holds no lease and owes no result; absent while it does.
  std::optional<TimePoint> idle_since() const;

  // From any thread: trainers get SIGTERM and the grace to write checkpoints, what they held is given back to the
  // coordinator, then the stream is closed. Done within grace + 2 s, whether the coordinator is there or not.
  void request_stop();
  // True when that is done; false after `timeout`.
  bool wait_stopped(Duration timeout);

 private:
  class Impl;
  explicit AgentHost(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace evensweep

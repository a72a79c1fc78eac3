#pragma once
// What coordinator and agent say to each other, as plain structs. proto/evensweep/v1/agent_link.proto tells the
// meaning of each; common/wire turns these into protobuf and checks what comes in.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/model/result.h"

namespace evensweep {

// From the agent.
struct Hello {
  AgentId agent;
  std::string incarnation, host, version;
  uint32_t slots = 0;
  std::vector<AttemptId> held;
};
struct Credits {
  uint32_t free = 0;
};
struct Heartbeat {};
struct Started {
  uint32_t resumed_at_epoch = 0;
};
struct Progress {
  double fraction = 0;
  double examples_per_second = 0;
};
struct Succeeded {
  std::string result_json;
};
struct BlobRef {  // a file in the coordinator's store
  std::string sha256;
  uint64_t bytes = 0;
  friend bool operator==(const BlobRef&, const BlobRef&) = default;
};
struct CheckpointStored {
  BlobRef blob;
  double fraction = 0;
};
struct LogLines {
  std::string text;
};
struct LogStored {
  BlobRef blob;
};
struct Update {
  AttemptId attempt;
  std::variant<Started, Progress, Succeeded, Failure, CheckpointStored, LogLines, LogStored> what;
};
struct Updates {
  std::vector<Update> updates;
};
using AgentMessage = std::variant<Hello, Credits, Heartbeat, Updates>;

// From the coordinator.
struct Welcome {
  Duration heartbeat{5000};
  Duration lease{15000};
};
struct Lease {
  AttemptId attempt;
  std::string run_spec_json;
  std::optional<BlobRef> checkpoint = {};
};
struct Leases {
  std::vector<Lease> leases;
};
struct Acks {
  std::vector<AttemptId> attempts;
};
struct Cancels {
  std::vector<AttemptId> attempts;
};
using CoordinatorMessage = std::variant<Welcome, Leases, Acks, Cancels>;

}  // namespace evensweep

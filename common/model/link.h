#pragma once
// What coordinator and agent say to each other, as plain structs. proto/evensweep/v1/agent_link.proto tells the
// meaning of each; common/wire turns these into protobuf and checks what comes in.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/model/result.h"

namespace evensweep {

// Something to train on: the processors of a machine together, or one GPU.
struct AgentDevice {
  std::string kind = "cpu";  // cpu | cuda
  uint32_t index = 0;        // among those of its kind on the machine
  std::string name;
  uint64_t memory_bytes = 0;  // 0: not known
  uint32_t slots = 1;         // trainings at a time
  friend bool operator==(const AgentDevice&, const AgentDevice&) = default;
};
inline std::vector<AgentDevice> cpu_device(uint32_t slots) { return {AgentDevice{.slots = slots}}; }

// From the agent. Devices are named by their position in Hello::devices.
struct Hello {
  AgentId agent;
  std::string incarnation, host, version;
  std::vector<AgentDevice> devices;
  std::map<std::string, std::string> labels;
  std::vector<std::string> trainers;  // RunSpec::trainer of what it can train
  double cores = 0;                   // 0: not known
  uint64_t memory_bytes = 0;          // 0: not known
  std::vector<AttemptId> held;
};
struct DeviceCredits {
  uint32_t device = 0;
  uint32_t free = 0;
  friend bool operator==(const DeviceCredits&, const DeviceCredits&) = default;
};
// A device that is not named keeps the number that it had.
struct Credits {
  std::vector<DeviceCredits> devices;
};
inline Credits cpu_credits(uint32_t free) { return {{DeviceCredits{.free = free}}}; }
struct DeviceState {
  uint32_t device = 0;
  std::optional<uint64_t> memory_used;  // bytes, by whomever
  std::optional<double> temperature;    // degrees Celsius
  std::optional<double> utilisation;    // 0..1
};
struct Heartbeat {
  std::vector<DeviceState> devices;
  std::optional<uint64_t> disk_free;  // bytes
};
struct Draining {};
struct Started {
  uint32_t resumed_at_epoch = 0;
};
struct Progress {
  double fraction = 0;
  double examples_per_second = 0;
};
struct Succeeded {
  std::string result_json;
  uint64_t peak_memory_bytes = 0;  // 0: not known
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
using AgentMessage = std::variant<Hello, Credits, Heartbeat, Updates, Draining>;

// From the coordinator.
struct Welcome {
  Duration heartbeat{5000};
  Duration lease{15000};
};
struct Lease {
  AttemptId attempt;
  std::string run_spec_json;
  // What an agent has to know of the spec, which is the trainer's to read.
  std::string trainer;             // RunSpec::trainer
  int64_t classes = 0;             // of its data
  std::vector<std::string> files;  // SHA-256 sums of all that a training reads
  uint32_t device = 0;
  uint64_t memory_bytes = 0;  // that it is expected to take there; 0: not known
  bool alone = false;         // start it only on an empty device, and nothing beside it
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
struct Withdraw {  // give back those that have not begun
  std::vector<AttemptId> attempts;
};
struct Drain {};
using CoordinatorMessage = std::variant<Welcome, Leases, Acks, Cancels, Withdraw, Drain>;

}  // namespace evensweep

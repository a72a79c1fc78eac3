#pragma once
// How sweeps, trials, attempts and agents look to people: what a coordinator answers and what verbs show. Plain data;
// common/wire turns it into protobuf and checks what comes in. Times are milliseconds since 1970 (UTC).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/ids.h"
#include "common/model/link.h"
#include "common/model/result.h"
#include "common/model/status.h"

namespace evensweep {

const char* phase_name(SweepPhase phase);  // "active", "paused", ...

// The sweep file as it was given, and the words after it on the command line.
struct SweepFile {
  std::string text;
  std::vector<std::string> overrides;
};

struct SweepView {
  SweepId id;
  std::string name;
  int32_t priority = 0;  // the higher, the sooner
  int64_t submitted_at = 0;
  SweepStatus status;
  SweepId extends;  // the sweep it was made from; empty: none
};

// Everything that makes the sweep again, on any machine.
struct SweepDefinition {
  Sweep sweep;
  SweepFile file;  // empty text: submitted without one
};

// All that is stored of a sweep, and the file it came from.
struct StoredSweep {
  SweepResults results;
  SweepFile file;
};

enum class TrialState {
  kUnresolved,          // its stage has not begun
  kWaitingForBaseline,  // its treatment needs the counts of another run
  kReady,               // waits for an agent
  kLeased,              // an agent has it and has not started it
  kRunning,
  kFinished,
  kFailed,
  kNotNeeded,  // left out by selection or stopping
  kCancelled   // its sweep was stopped or cancelled before it had a result
};
const char* trial_state_name(TrialState state);  // "unresolved", "waiting_for_baseline", ...
std::optional<TrialState> parse_trial_state(std::string_view name);

struct TrialView {
  SweepId sweep;
  uint32_t arm = 0;  // 0: the baseline
  std::string arm_name;
  uint64_t seed = 0;  // as declared
  TrialState state = TrialState::kUnresolved;
  RunKey run;             // of the last round; empty: not known yet
  uint32_t attempts = 0;  // of that run, the one under way counted
  double progress = 0;    // of a running one, 0..1
  std::string reason;     // one line: why it failed, waits or is not needed; may be empty
};

struct AttemptView {
  uint32_t number = 0;  // from 1
  AgentId agent;
  std::string host, device;  // empty: not known
  int64_t granted_at = 0;
  std::optional<int64_t> ended_at;
  std::optional<Failure> failure;  // absent: under way, or succeeded
  std::optional<BlobRef> log;      // all that it wrote to standard error, where that is stored
};

struct DeviceView {
  AgentDevice device;
  uint64_t memory_used = 0;  // bytes, by whomever; 0: not known
  uint32_t leases = 0;       // attempts that were given to it
  // As last heard; absent: not known.
  std::optional<double> temperature = {};  // degrees Celsius
  std::optional<double> utilisation = {};  // 0..1
};

struct AgentView {
  AgentId id;
  std::string host, version;
  bool connected = false;
  bool draining = false;    // takes no more leases
  std::string quarantined;  // why it gets no more leases; empty: it does
  std::vector<DeviceView> devices;
  std::map<std::string, std::string> labels;
  int64_t last_heard = 0;
  uint32_t running = 0, queued = 0;  // attempts: training, and leased to it but not started
};

// An attempt that an agent holds, with the first trial that asks for its run.
struct LeaseView {
  AgentId agent;
  uint32_t device = 0;  // position among the agent's devices
  TrialView trial;      // state kRunning or kLeased
  double examples_per_second = 0;
};

// A sweep with something to train, in the order of turns.
struct QueuedSweep {
  SweepView sweep;
  uint64_t ready = 0;              // runs that wait for an agent
  std::vector<TrialView> next;     // the first of them
  std::vector<std::string> lines;  // why the very first waits
};

// The states of a sweep's trials in a window of its seeds.
struct SweepGrid {
  SweepView sweep;
  std::vector<std::string> arms;   // their names; the first is the baseline
  uint64_t seeds = 0;              // of each arm
  uint64_t first = 0;              // position of the window's first seed
  std::vector<uint64_t> window;    // its seeds, as declared
  std::vector<TrialState> states;  // [arm * window.size() + position in the window]
};

// "2026-11-25T21:04:05Z"
std::string time_text(int64_t unix_millis);
// What to type for a trial: "4f2a11c09bd3/2/17".
std::string trial_reference(const TrialView& trial);

// Why a trial waits, or what became of it: from the first reason to the last, each a line.
struct Explanation {
  std::vector<std::string> lines;
};

}  // namespace evensweep

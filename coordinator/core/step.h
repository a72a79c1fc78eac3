#pragma once
// What goes into the core and what comes out of it.
//
// Host contract: handle(event) -> commit the step's records in one transaction -> only then carry out its effects.
// Several steps may share a transaction; their effects then follow it in order. If a commit fails, the host carries out
// nothing and stops.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "common/base/hash.h"
#include "common/model/design.h"
#include "common/model/link.h"
#include "common/model/result.h"
#include "common/model/spec.h"

namespace evensweep::coordinator {

// Runs and sweeps are numbered from 0 in the order in which the core first met them; the store keeps the numbers. Short
// numbers in place of hashes: a million runs are held in memory, and rows that follow one another are quick to write.
using RunId = uint32_t;
using SweepNumber = uint32_t;

// One stream of an agent, numbered by the host; a number is never used again.
using ConnectionId = uint64_t;

// What somebody wants to become of a sweep. The phase "over" is not among them: it follows from the trials.
enum class SweepWish : uint8_t {
  kActive,
  kPaused,    // nothing new is started, until it is resumed
  kStopped,   // the same, and whoever waits for the sweep need not wait longer once nothing of it trains any more
  kCancelled  // what trained was stopped as well
};
const char* sweep_wish_name(SweepWish wish);  // "active", "paused", "stopped", "cancelled"
std::optional<SweepWish> parse_sweep_wish(std::string_view name);

// Where a sweep came from: to show it, and to extend it.
struct SweepSource {
  std::string file_text;               // the sweep file
  std::vector<std::string> overrides;  // given beside it
  std::string extends;                 // the sweep that it was made from, if any
};

// ---- Events ----
// Every request of a person has an id of its own; one that was done is not done again. Empty: none is kept.
struct SweepSubmitted {
  SweepId id;
  Sweep sweep;
  SweepSource source = {};
  std::string request = {};
  std::string who = {};  // for the audit log, which has no row for nobody
};
enum class SweepAction {
  kPause,
  kResume,
  kStop,
  kCancel,
  kRetryFailed  // failures that are findings (diverged) stay
};
const char* sweep_action_name(SweepAction action);  // "pause", "resume", "stop", "cancel", "retry"
struct SweepControlled {
  SweepId sweep;
  SweepAction action = SweepAction::kPause;
  std::string request = {};
  std::string who = {};
};
struct AgentControlled {
  AgentId agent;
  bool draining = false;  // false: it may work again, also after a quarantine
  std::string request = {};
  std::string who = {};
};
struct AgentConnected {
  ConnectionId connection = 0;
  Hello hello;
};
struct AgentSaid {
  ConnectionId connection = 0;
  std::variant<Credits, Heartbeat, Updates, Draining> message;
};
struct AgentDisconnected {
  ConnectionId connection = 0;
};
// The answer to FetchCounts.
struct CountsFetched {
  RunId run = 0;
  ConfusionMatrix validation;
};
// The other answer: what is stored of the run's result cannot be read. What waits for it fails.
struct CountsLost {
  RunId run = 0;
  std::string why;
};
// The answer to FetchStage.
struct RunCounts {
  RunId run = 0;
  ConfusionMatrix validation, test;
};
struct StageFetched {
  SweepId sweep;
  std::vector<RunCounts> runs;
};
struct TimePassed {};
// The answer to GoOn.
struct WentOn {};
using Event = std::variant<SweepSubmitted, SweepControlled, AgentControlled, AgentConnected, AgentSaid,
                           AgentDisconnected, CountsFetched, CountsLost, StageFetched, TimePassed, WentOn>;

// ---- Records: facts to be stored. Each can be stored twice without harm. ----
struct SweepAdded {
  SweepNumber number = 0;
  SweepId id;
  Sweep sweep;
  SweepSource source = {};
};
struct SweepWishChanged {
  SweepNumber sweep = 0;
  SweepWish wish = SweepWish::kActive;
};
// On which kind of device a sweep with device "auto" is trained: one for all of its runs.
struct SweepPlaced {
  SweepNumber sweep = 0;
  std::string device;  // cpu | cuda
};
struct RunAdded {
  RunId run = 0;
  Digest key;
  uint32_t classes = 0;
  std::string spec_json;             // the canonical spec, for whoever is to train it
  std::string base_json, part_json;  // the same in two parts (common/model/run_spec_text.h), for the store
};
// Arm 0 is the baseline, arm i + 1 is sweep.arms[i]; seed is an index into all_seeds(sweep).
struct TrialId {
  SweepNumber sweep = 0;
  uint32_t arm = 0, seed = 0;
  friend auto operator<=>(const TrialId&, const TrialId&) = default;
};
struct TrialResolved {
  TrialId trial;
  RunId run = 0;
  std::vector<std::string> notes;
  bool reused = false;  // the run had finished before the sweep asked for it
};
// The trial cannot have a run: its baseline or an earlier round failed, or its method cannot be applied.
struct TrialFailed {
  TrialId trial;
  Failure failure;
};
struct AttemptGranted {
  RunId run = 0;
  uint32_t number = 0;
  AgentId agent;
};
struct AttemptEnded {
  RunId run = 0;
  uint32_t number = 0;
  std::optional<Failure> failure;  // absent: succeeded
  bool lost = false;               // its lease was; nobody has said that it ended, and it may be going on
};
// The failure of this attempt was the machine's, and is held against the run no longer.
struct AttemptForgiven {
  RunId run = 0;
  uint32_t number = 0;
};
struct RunFinished {
  RunId run = 0;
  std::string result_json;
  // Of the result, where queries over many runs find it: the unbiased variance of the test TPRs (absent where that is
  // undefined), and the seconds of training and evaluation.
  std::optional<double> spread = {};
  double seconds = 0;
};
struct RunFailed {
  RunId run = 0;
  Failure failure;
};
// A failed run is to be tried again, with its charges forgiven, because a sweep that asks for it was submitted.
struct RunReopened {
  RunId run = 0;
  std::vector<TrialId> waiting = {};  // trials that had failed for the lack of its counts, and wait for it again
};
// The number-th decision, from 1, of a sweep with selection or stopping: which arms get further seeds. It stays.
struct DesignDecided {
  SweepNumber sweep = 0;
  uint32_t number = 0;
  DesignDecision decision;
};
// The newest checkpoint of an open run in the store of blobs; the one before it is garbage.
struct CheckpointKept {
  RunId run = 0;
  BlobRef blob;
};
struct LogKept {
  RunId run = 0;
  uint32_t number = 0;
  BlobRef blob;
};
struct AgentDrained {
  AgentId agent;
  bool draining = false;
};
// A request was done; it is not to be done a second time.
struct RequestDone {
  std::string request;
};
// Somebody's action, as the audit log tells it. The one record that would be there twice if it were stored twice.
struct Audited {
  std::string who;      // "token NAME", "certificate NAME", "this machine"
  std::string what;     // "submit", "pause", ..., "drain", "release"
  std::string subject;  // a sweep's id, an agent
  std::string outcome;  // "done", or what came of it
};
using Record = std::variant<SweepAdded, SweepWishChanged, SweepPlaced, RunAdded, TrialResolved, TrialFailed,
                            AttemptGranted, AttemptEnded, AttemptForgiven, RunFinished, RunFailed, RunReopened,
                            DesignDecided, CheckpointKept, LogKept, AgentDrained, RequestDone, Audited>;

// ---- Effects ----
struct Send {
  ConnectionId connection = 0;
  CoordinatorMessage message;
};
// The host adds the run specs, which the core does not hold, and sends the leases.
struct GrantedLease {
  RunId run = 0;
  AttemptId attempt;
  std::string trainer;
  uint32_t classes = 0;
  std::vector<std::string> files;  // SHA-256 sums
  uint32_t device = 0;             // position in the agent's Hello
  uint64_t memory_bytes = 0;       // to be kept free there; 0: not known
  bool alone = false;              // nothing else may train on the device meanwhile
  std::optional<BlobRef> checkpoint = {};
};
struct Grant {
  ConnectionId connection = 0;
  std::vector<GrantedLease> leases;
};
// Read the validation counts of a finished run from the store and answer with CountsFetched: a treatment is made of
// them.
struct FetchCounts {
  RunId run = 0;
};
// Read the counts of these finished runs from the store and answer with StageFetched.
struct FetchStage {
  SweepId sweep;
  std::vector<RunId> runs;
};
// This connection is of no use any more: another one of the same agent took its place.
struct Close {
  ConnectionId connection = 0;
};
// Fresh lines of a trainer, for whoever watches them; they are not kept.
struct ShowLog {
  RunId run = 0;
  uint32_t number = 0;
  std::string text;
};
// Somebody tried what it may not, and it was not done: a line for the audit log.
struct Audit {
  std::string text;
};
// There is more to expand or to grant than one step may take: answer with WentOn when other events have had their turn.
struct GoOn {};
using Effect = std::variant<Send, Grant, FetchCounts, FetchStage, Close, ShowLog, Audit, GoOn>;

struct Step {
  std::vector<Record> records;
  std::vector<Effect> effects;
};

// ---- Snapshot: what a core is restored from. Runs and sweeps in the order of their numbers. ----
struct SweepSnapshot {
  SweepId id;
  Sweep sweep;
  SweepWish wish = SweepWish::kActive;
  std::string device;                     // empty: not placed yet
  std::vector<DesignDecision> decisions;  // in the order in which they were made
};
struct StoredRun {
  enum class State : uint8_t { kOpen, kFinished, kFailed };
  Digest key;
  uint32_t classes = 0;  // of its data; 0: not known
  State state = State::kOpen;
  std::optional<FailureClass> failure;  // of a failed run
  uint32_t charged_after = 0;           // attempts up to this number were forgiven
  std::optional<BlobRef> checkpoint = {};
};
struct StoredAttempt {
  RunId run = 0;
  uint32_t number = 0;
  AgentId agent;
  bool open = false;                    // granted and not ended
  std::optional<FailureClass> failure;  // absent: open or succeeded
  bool lost = false;                    // see AttemptEnded
  bool forgiven = false;
};
struct StoredTrial {
  TrialId trial;
  std::optional<RunId> run;  // absent: it failed without one
  bool reused = false;
};
struct Snapshot {
  std::vector<SweepSnapshot> sweeps;
  std::vector<StoredRun> runs;
  std::vector<StoredAttempt> attempts;  // by run, then number
  std::vector<StoredTrial> trials;
  std::set<AgentId> draining;
  std::set<std::string> requests;
};

}  // namespace evensweep::coordinator

#pragma once
// What goes into the core and what comes out of it.
//
// Host contract: handle(event) -> commit the step's records in one transaction -> only then carry out its effects.
// Several steps may share a transaction; their effects then follow it in order. If a commit fails, the host carries out
// nothing and stops.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/model/design.h"
#include "common/model/link.h"
#include "common/model/result.h"
#include "common/model/spec.h"

namespace evensweep::coordinator {

// One stream of an agent, numbered by the host; a number is never used again.
using ConnectionId = uint64_t;

// ---- Events ----
struct SweepSubmitted {
  SweepId id;
  Sweep sweep;
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
  RunKey run;
  ConfusionMatrix validation;
};
// The answer to FetchStage.
struct RunCounts {
  RunKey run;
  ConfusionMatrix validation, test;
};
struct StageFetched {
  SweepId sweep;
  std::vector<RunCounts> runs;
};
struct TimePassed {};
using Event =
    std::variant<SweepSubmitted, AgentConnected, AgentSaid, AgentDisconnected, CountsFetched, StageFetched, TimePassed>;

// ---- Records: facts to be stored. Each can be stored twice without harm. ----
struct SweepAdded {
  SweepId id;
  Sweep sweep;
};
struct RunAdded {
  RunKey run;
  std::string spec_json;
};
// Arm 0 is the baseline, arm i + 1 is sweep.arms[i]; seed is an index into all_seeds(sweep).
struct TrialId {
  SweepId sweep;
  uint32_t arm = 0, seed = 0;
};
struct TrialResolved {
  TrialId trial;
  RunKey run;
  std::vector<std::string> notes;
};
// The trial cannot have a run: its baseline or an earlier round failed, or its method cannot be applied.
struct TrialFailed {
  TrialId trial;
  Failure failure;
};
struct AttemptGranted {
  AttemptId attempt;
  AgentId agent;
};
struct AttemptEnded {
  AttemptId attempt;
  std::optional<Failure> failure;  // absent: succeeded
};
struct RunFinished {
  RunKey run;
  std::string result_json;
};
struct RunFailed {
  RunKey run;
  Failure failure;
};
// A failed run is to be tried again, with its charges forgiven, because a sweep that asks for it was submitted.
struct RunReopened {
  RunKey run;
  std::vector<TrialId> waiting = {};  // trials that had failed for the lack of its counts, and wait for it again
};
// The number-th decision, from 1, of a sweep with selection or stopping: which arms get further seeds. It stays.
struct DesignDecided {
  SweepId sweep;
  uint32_t number = 0;
  DesignDecision decision;
};
using Record = std::variant<SweepAdded, RunAdded, TrialResolved, TrialFailed, AttemptGranted, AttemptEnded, RunFinished,
                            RunFailed, RunReopened, DesignDecided>;

// ---- Effects ----
struct Send {
  ConnectionId connection = 0;
  CoordinatorMessage message;
};
// The host adds the run specs, which the core does not hold, and sends the leases.
struct Grant {
  ConnectionId connection = 0;
  std::vector<AttemptId> attempts;
};
// Read the validation counts of a finished run from the store and answer with CountsFetched: a treatment is made of
// them.
struct FetchCounts {
  RunKey run;
};
// Read the counts of these finished runs from the store and answer with StageFetched.
struct FetchStage {
  SweepId sweep;
  std::vector<RunKey> runs;
};
// This connection is of no use any more: another one of the same agent took its place.
struct Close {
  ConnectionId connection = 0;
};
using Effect = std::variant<Send, Grant, FetchCounts, FetchStage, Close>;

struct Step {
  std::vector<Record> records;
  std::vector<Effect> effects;
};

// ---- Snapshot: what a core is restored from ----
struct StoredAttempt {
  uint32_t number = 0;
  AgentId agent;
  bool open = false;                    // granted and not ended
  std::optional<FailureClass> failure;  // absent: open or succeeded
};
struct StoredRun {
  enum class State { kOpen, kFinished, kFailed };
  RunKey run;
  int64_t classes = 0;  // of its data; 0: not known
  State state = State::kOpen;
  std::optional<FailureClass> failure;  // of a failed run
  std::vector<StoredAttempt> attempts;  // ascending numbers; those before a reopening left out of the charges
  uint32_t charged_after = 0;           // attempts up to this number were forgiven
};
struct Snapshot {
  std::vector<StoredRun> runs;
  std::map<SweepId, std::vector<DesignDecision>> decisions;  // in the order in which they were made
};

}  // namespace evensweep::coordinator

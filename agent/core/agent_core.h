#pragma once
// What an agent does, decided purely: which lease is trained in which slot, what is told to the coordinator and when,
// and which trainer is stopped. A host (agent/link/agent_host.h) carries the effects out and reports back.
//
//   lease --1--> waiting --2--> running --3--> ended --4--> forgotten
//                   |              |             ^
//                   +------5-------+------6------+           5, 6: also by Cancel straight to forgotten
//
// 1 a valid lease, not yet held            4 Acks or Cancels
// 2 a trainer is idle                      5 never trained: bad input, no trainer starts, agent stops
// 3 the trainer finished or failed         6 trainer exited, broke its contract, fell silent, or was stopped
//
// The promise: the end of an attempt is handed to the spool before it is sent, and is sent again after every Welcome
// until it is acknowledged. Preempted ends are told but not spooled: nothing would be lost with them. If the spool
// can't be written (disk full), the end is kept in memory and sent all the same: better delivered once than lost for
// certain.

#include <array>
#include <deque>
#include <map>
#include <optional>

#include "agent/core/events.h"

namespace evensweep {

class AgentCore {
 public:
  explicit AgentCore(AgentConfig config);

  AgentStep handle(TimePoint now, const AgentEvent& event);
  // When TimePassed is due.
  std::optional<TimePoint> next_deadline() const;
  // Internal with the first rule that does not hold. For tests: it looks at everything.
  Status check_invariants() const;

 private:
  struct Waiting {
    std::string run_spec_json;
    std::string numerics;  // RunSpec::trainer
    int64_t classes = 0;
  };
  struct Running {
    TrainerId trainer;
    int64_t classes = 0;
    std::optional<Started> started;
    std::optional<TimePoint> progress_sent;
  };
  struct Ended {
    Update end;
    bool may_send = false;  // its spool entry is written, or cannot be
  };
  using Held = std::variant<Waiting, Running, Ended>;

  enum class Phase { kEmpty, kStarting, kIdle, kBusy, kTerminating, kKilled };
  struct Slot {
    Phase phase = Phase::kEmpty;
    TrainerId trainer;
    std::string program;                // which of the trainers was started; idle ones may make room for another
    std::string numerics;               // what it calls itself, from its hello on
    std::optional<AttemptId> attempt;   // what it trains and somebody still wants
    RunKey run;                         // whose folder it may be writing to, until it exits or ends the run
    std::optional<Failure> verdict;     // terminating or killed: how `attempt` ends when the process is gone
    bool discard_folder = false;        // cancelled: the folder of `run` goes when the process is gone
    std::optional<TimePoint> deadline;  // of the phase: hello, sign of life, SIGKILL, giving up
  };

  // Events.
  void on(const Restored& event);
  void on(const Connected& event);
  void on(const Disconnected& event);
  void on(const CoordinatorMessage& event);
  void on(const TrainerSaid& event);
  void on(const TrainerBroke& event);
  void on(const TrainerExited& event);
  void on(const TaskRefused& event);
  void on(const SpoolWritten& event);
  void on(const StopRequested& event);
  void on(const TimePassed& event);

  void hear(const Welcome& welcome);
  void hear(const Leases& leases);
  void hear(const Acks& acks);
  void hear(const Cancels& cancels);
  void hear(const Withdraw& withdraw);
  void hear(const Drain&);
  void take(const Lease& lease);
  void cancel(const AttemptId& attempt);
  void give_back_waiting(const std::string& why);

  void said(Slot& slot, const TrainerHello& line);
  void said(Slot& slot, const RunStarted& line);
  void said(Slot& slot, const RunProgress& line);
  void said(Slot& slot, const RunFinished& line);
  void said(Slot& slot, const RunFailed& line);
  void said(Slot& slot, const RunStopped& line);
  bool belongs(Slot& slot, const AttemptId& attempt);

  // Trainers.
  void assign();
  bool is_run_in_slot(const RunKey& run) const;
  bool knows(const std::string& program) const;
  Slot* find_slot(Phase phase, const std::string& program);
  Slot* find_idle_of_others(const std::string& program);
  void start_in(Slot& slot, const std::string& program);
  void give(Slot& slot, const AttemptId& attempt);
  void release(Slot& slot);
  void terminate(Slot& slot, std::optional<Failure> verdict);
  void kill(Slot& slot, std::optional<Failure> verdict);
  void start_failed(const std::string& program, const TrainerExited& event);
  void slot_overdue(Slot& slot);
  Slot* slot_of(TrainerId trainer);

  // Ends.
  void end(const AttemptId& attempt, std::variant<Succeeded, Failure> how);
  void forget_end(const AttemptId& attempt, bool discard_folder);
  void discard(const RunKey& run);
  bool is_run_live(const RunKey& run) const;

  // Telling.
  void tell(Update update);
  void send(AgentMessage message);
  void flush();
  uint32_t free_places() const;
  bool is_cooling(const std::string& program) const;
  void finish_stop();
  void remark(LogLevel level, std::string text);

  AgentConfig config_;
  TimePoint now_;
  AgentStep step_;
  std::vector<Update> outgoing_;

  std::map<AttemptId, Held> held_;
  std::deque<AttemptId> queue_;  // the waiting ones, oldest first
  size_t ended_ = 0;             // how many of held_ are Ended
  std::vector<Slot> slots_;
  uint64_t last_trainer_ = 0;

  struct StartTrouble {
    uint32_t failures = 0;                // in a row
    std::optional<TimePoint> cool_until;  // it is not started before
  };
  std::map<std::string, StartTrouble> trouble_;  // of programs that did not start
  bool connected_ = false;
  std::optional<Welcome> welcome_;        // of this connection
  std::optional<uint32_t> credits_sent_;  // on this connection
  TimePoint last_sent_;
  bool draining_ = false;  // it takes no more leases: the coordinator's wish, or on the way out
  bool stopping_ = false, stopped_ = false;
  std::optional<TimePoint> stop_by_;  // whatever is left then is abandoned
};

}  // namespace evensweep

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
// Every lease is for a device of its own: it waits in the device's queue and is trained in one of the device's slots,
// at most one run in each, as long as the memory that leases name suffices, and without others where one asks for that.
//
// The promise: the end of an attempt is handed to the spool before it is sent, and is sent again after every Welcome
// until it is acknowledged. Preempted ends are told but not spooled: nothing would be lost with them. If the spool
// can't be written (disk full), the end is kept in memory and sent all the same: better delivered once than lost for
// certain.

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

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
  // No attempt is waiting, running, or ended and not acknowledged.
  bool holds_nothing() const { return held_.empty(); }
  // The digests of all that waiting and running attempts read.
  std::set<std::string> files_in_use() const;

 private:
  struct Waiting {
    Lease lease;
    uint64_t order = 0;  // of arrival
  };
  struct Running {
    TrainerId trainer;
    int64_t classes = 0;
    uint32_t device = 0;
    TimePoint since;
    std::optional<Started> started;
    std::optional<TimePoint> progress_sent;
    double fraction = 0;                                // the last progress heard
    std::vector<std::string> files;                     // as in its lease
    std::optional<TimePoint> upload_at;                 // of its checkpoint; absent while one is under way
    std::optional<CheckpointStored> checkpoint_stored;  // the last one
  };
  // Stopped, with a checkpoint: the end is told when that is at the coordinator, for another machine to go on from.
  struct Saving {
    Failure end;
    double fraction = 0;
    uint32_t uploads = 1;  // under way
  };
  struct Ended {
    Update end;
    bool may_send = false;  // its spool entry is written, or cannot be
  };
  using Held = std::variant<Waiting, Running, Saving, Ended>;

  enum class Phase { kEmpty, kStarting, kIdle, kBusy, kTerminating, kKilled };
  struct Slot {
    uint32_t device = 0;
    Phase phase = Phase::kEmpty;
    TrainerId trainer;
    std::string program;                // which of the trainers was started; idle ones may make room for another
    std::string numerics;               // what it calls itself, from its hello on
    bool makes_folders = false;         // its hello said so
    std::optional<AttemptId> attempt;   // what it trains and somebody still wants
    RunKey run;                         // whose folder it may be writing to, until it exits or ends the run
    uint64_t memory = 0;                // that the run is expected to take
    bool alone = false;                 // the run suffers no other beside it
    std::optional<Failure> verdict;     // terminating or killed: how `attempt` ends when the process is gone
    bool discard_folder = false;        // cancelled: the folder of `run` goes when the process is gone
    std::optional<TimePoint> deadline;  // of the phase: hello, sign of life, SIGKILL, giving up
    std::optional<TimePoint> alarm;     // its entry in alarms_: at the deadline or before it
    TimePoint heard;                    // the last sign of life of the run
    std::vector<Duration> pauses;       // between the last signs of life, from the first progress on
  };
  struct Device {
    std::map<uint64_t, AttemptId> queue;  // the waiting ones by their order of arrival
    std::set<uint32_t> idle, empty;       // slots
    uint32_t first_slot = 0, slots = 0;
    uint32_t starting = 0, leaving = 0;      // slots in these phases
    uint32_t at_work = 0;                    // slots with a run
    uint64_t memory = 0;                     // that their runs are expected to take
    bool alone = false;                      // the run that is at work suffers no other
    uint32_t live = 0;                       // leases waiting or running
    uint64_t finished = 0;                   // runs
    std::optional<double> run_millis;        // how long a run takes, lately
    std::optional<uint64_t> bare_memory;     // the least that was ever in use of it
    std::optional<TimePoint> suspect_until;  // a trainer may have left memory behind: nothing is started before
    std::optional<uint32_t> credits;         // what the coordinator may still grant, on this connection
  };

  // What assign() has promised so far to leases that trainers are yet to come up for.
  struct Round {
    std::map<std::string, uint32_t> coming;  // trainers that start, by program
    uint32_t leaving = 0;                    // slots that will be empty
    uint32_t runs = 0;
    uint64_t memory = 0;
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
  void on(const FileEvent& event);
  void on(const StopRequested& event);
  void on(const Measured& event);
  void on(const TimePassed& event);

  void hear(const Welcome& welcome);
  void hear(const Leases& leases);
  void hear(const Acks& acks);
  void hear(const Cancels& cancels);
  void hear(const Withdraw& withdraw);
  void hear(const Drain&);
  void take(const Lease& lease);
  Status examine(const Lease& lease) const;
  void cancel(const AttemptId& attempt);
  void give_back_surplus(uint32_t device);
  void give_back_waiting(const std::string& why);

  void said(Slot& slot, const TrainerHello& line);
  void said(Slot& slot, const RunStarted& line);
  void said(Slot& slot, const RunProgress& line);
  void said(Slot& slot, const RunFinished& line);
  void said(Slot& slot, const RunFailed& line);
  void said(Slot& slot, const RunStopped& line);
  bool belongs(Slot& slot, const AttemptId& attempt);

  // Trainers.
  void assign(uint32_t device);
  bool place(Device& device, const AttemptId& attempt, Round& round);
  std::map<std::string, uint32_t> programs_starting(uint32_t device) const;
  bool fits(const Device& device, const Lease& lease, const Round& round) const;
  bool clear_for(Device& device, const std::string& program, const Round& round);
  bool knows(const std::string& program) const;
  bool is_detached() const;
  void suspect(Device& device, const AgentDevice& info, ExitStatus exit);
  Slot* find_idle(const Device& device, const std::string& program);
  Slot* find_idle_of_others(const Device& device, const std::string& program);
  void start_in(Slot& slot, const std::string& program);
  void give(Slot& slot, const AttemptId& attempt);
  void release(Slot& slot);
  void leave_run(Slot& slot);
  void note_life(Slot& slot, bool progress);
  Duration patience(const Slot& slot) const;
  void note_duration(const Running& running);
  void set_phase(Slot& slot, Phase phase);
  void set_deadline(Slot& slot, std::optional<TimePoint> deadline);
  Slot vacate(Slot& slot);
  void terminate(Slot& slot, std::optional<Failure> verdict);
  void kill(Slot& slot, std::optional<Failure> verdict);
  void start_failed(const std::string& program, const TrainerExited& event);
  void slot_overdue(Slot& slot);
  Slot* slot_of(TrainerId trainer);

  // Files.
  void on_file(const FilesReady& event);
  void on_file(const FilesMissing& event);
  void on_file(const CheckpointUploaded& event);
  void on_file(const Noted& event);
  void upload_checkpoints();
  void save_and_end(const AttemptId& attempt, Failure end);
  void end_saving();

  // Ends.
  void end(const AttemptId& attempt, std::variant<Succeeded, Failure> how);
  void forget_end(const AttemptId& attempt, bool discard_folder);
  void discard(const RunKey& run);
  bool is_run_live(const RunKey& run) const;
  void leave_queue(const AttemptId& attempt, const Waiting& waiting);

  // Telling.
  void tell(Update update);
  void send(AgentMessage message);
  void flush();
  void offer_places();
  uint32_t places(uint32_t device) const;
  uint32_t free_places(uint32_t device) const;
  bool is_cooling(const std::string& program) const;
  void finish_stop();
  void remark(LogLevel level, std::string text);

  Status check_device(uint32_t device) const;
  size_t alive_slots() const;

  AgentConfig config_;
  TimePoint now_;
  AgentStep step_;
  std::vector<Update> outgoing_;

  std::map<AttemptId, Held> held_;
  size_t ended_ = 0;                           // how many of held_ are Ended
  size_t saving_ = 0;                          // and Saving
  std::set<AttemptId> fetching_;               // waiting ones whose files are not here yet, and so in no queue
  std::optional<TimePoint> look_for_uploads_;  // when
  uint64_t last_order_ = 0;
  std::vector<Device> devices_;                      // as config_.devices
  std::vector<Slot> slots_;                          // those of the first device first
  std::unordered_map<uint64_t, uint32_t> trainers_;  // TrainerId -> slot
  std::unordered_set<RunKey> runs_at_work_;          // Slot::run of all slots
  std::set<std::pair<TimePoint, uint32_t>> alarms_;  // of slots
  uint64_t last_trainer_ = 0;

  struct StartTrouble {
    uint32_t failures = 0;                // in a row
    std::optional<TimePoint> cool_until;  // it is not started before
  };
  std::map<std::string, StartTrouble> trouble_;  // of programs that did not start
  bool connected_ = false;
  std::optional<Welcome> welcome_;       // of this connection
  std::optional<TimePoint> away_since_;  // without it: since when, at the earliest the first event
  TimePoint last_sent_;                  // anything
  TimePoint heartbeat_at_;               // when the last one was sent, or the connection was made
  Heartbeat heartbeat_;                  // what was measured last
  bool draining_ = false;                // it takes no more leases: the coordinator's wish, or on the way out
  bool stopping_ = false, stopped_ = false;
  std::optional<TimePoint> stop_by_;  // whatever is left then is abandoned
};

}  // namespace evensweep

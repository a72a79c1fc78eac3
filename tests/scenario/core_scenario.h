#pragma once
// One core, one agent's worth of verbs: reads as a story. After every step the core's invariants, the records and the
// counts of every sweep are checked.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/core/core.h"
#include "tests/scenario/core_examples.h"
#include "tests/scenario/record_book.h"

namespace evensweep::coordinator {

// What a connection was told since it was last asked.
struct Told {
  std::vector<AttemptId> leases, acks, cancels, withdrawn;
  std::vector<GrantedLease> grants;
  int drains = 0;
  int welcomes = 0;
  bool closed = false;
};

class CoreScenario {
 public:
  explicit CoreScenario(CoreOptions options = {}) : options_(options), core_(std::make_unique<Core>(options)) {}

  SweepId submit(const Sweep& sweep);
  ConnectionId connect(const std::string& agent, std::vector<AttemptId> held = {});
  ConnectionId connect(Hello hello);
  // Says how many leases it can take now; gives the leases that it got since it last asked.
  std::vector<AttemptId> ask(ConnectionId connection, uint32_t credits);
  void offer(ConnectionId connection, std::vector<DeviceCredits> devices);
  void say(ConnectionId connection, const Update& update);
  void succeed(ConnectionId connection, const AttemptId& attempt, std::string result = result_text());
  void fail(ConnectionId connection, const AttemptId& attempt, FailureClass failure);
  void heartbeat(ConnectionId connection);
  void start(ConnectionId connection, const AttemptId& attempt) {
    say(connection, {.attempt = attempt, .what = Started{}});
  }
  void control(const SweepId& sweep, SweepAction action, const std::string& request = "");
  void control(const std::string& agent, bool draining);
  void disconnect(ConnectionId connection);
  // From now on no stored counts can be read.
  void lose_counts() { lose_counts_ = true; }
  // Time goes by; leases that are over are lost.
  void wait(Duration duration);
  // The host stood still for so long: it is told once that time has passed.
  void oversleep(Duration duration);
  // A new process on the same store. Connections are gone.
  void restart();

  Told told(ConnectionId connection) { return std::exchange(told_[connection], {}); }
  SweepStatus status(const SweepId& sweep) const { return core_->status(sweep).value(); }
  Core& core() { return *core_; }
  TimePoint now() const { return now_; }
  const RecordBook& book() const { return book_; }
  // The treatment of a run as the agent would read it from its spec.
  Treatment treatment(const RunKey& run) const;
  std::vector<Record> take_records() { return std::exchange(records_, {}); }
  std::vector<std::string> take_audits() { return std::exchange(audits_, {}); }

 private:
  void handle(const Event& event);
  void check();

  CoreOptions options_;
  TimePoint now_;
  std::unique_ptr<Core> core_;
  RecordBook book_;
  std::vector<Record> records_;
  std::vector<std::string> audits_;
  std::map<ConnectionId, Told> told_;
  std::vector<SweepId> sweeps_;
  ConnectionId last_connection_ = 0;
  bool lose_counts_ = false;
};

}  // namespace evensweep::coordinator

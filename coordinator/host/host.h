#pragma once
// Runs the core: one thread, one store, real time. gRPC and HTTP threads post to it and never block on it.
//
// What arrives while a commit is under way is handled together and committed together (group commit), so a single event
// waits for nothing and a flood costs few commits. Effects run only after the commit. If a commit fails, the host does
// nothing more than tell so, until the store takes writes again: then it begins anew from what is stored, as after a
// crash. Agents keep what they have to deliver meanwhile.

#include <absl/container/flat_hash_map.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/core/core.h"
#include "coordinator/host/tally.h"
#include "coordinator/store/store.h"

namespace evensweep::coordinator {

class Host {
 public:
  using WatchId = uint64_t;
  // Called on the host's thread; must not block.
  struct Connection {
    std::function<void(CoordinatorMessage)> send;
    std::function<void()> close;
  };
  // What can be looked at on the host's thread; all that it shows is committed.
  struct Sight {
    const Core& core;
    Store& store;
    TimePoint now;
    int64_t unix_millis = 0;
    const Counts& counts;
  };

  // Restores the core from the store and starts the thread.
  static StatusOr<std::unique_ptr<Host>> start(std::unique_ptr<Store> store, const Clock& clock, CoreOptions options);
  ~Host();

  // All of these may be called from any thread. What people ask (tell, look, watch) goes before what agents say, in its
  // own order: thousands of agents that come at once keep nobody waiting.
  // `after_commit` gets an error if the store has failed, and the event was not handled.
  void tell(Event event, std::function<void(const Status&)> after_commit);
  void look(std::function<void(const StatusOr<Sight>&)> at);
  ConnectionId connect(Hello hello, Connection connection);
  void receive(ConnectionId connection, AgentMessage message);
  void disconnect(ConnectionId connection);
  // Calls back at once if the sweep is known, then after changes, at most ten times a second; the last call says
  // `over`. An error is the last call too: the sweep is not known, or the host has failed.
  WatchId watch(const SweepId& sweep, std::function<void(const StatusOr<SweepStatus>&)> callback);
  void unwatch(WatchId watch);
  // Fresh lines of a trainer, on the host's thread. The end of an attempt is an absent text.
  using LogListener = std::function<void(RunId run, uint32_t attempt, const std::optional<std::string>& text)>;
  void listen_to_logs(LogListener listener);
  // Called on the host's thread: at once, then when the store has failed and when it takes writes again.
  void listen_to_health(std::function<void(const Status&)> listener);
  // What is stored of a sweep; waits for its turn on the host's thread.
  StatusOr<SweepResults> results(const SweepId& sweep);

 private:
  struct Pending {
    std::variant<Event, std::function<void()>> work;  // a function runs when all before it is committed
    std::function<void(const Status&)> after_commit;
  };
  struct Watch {
    SweepId sweep;
    std::function<void(const StatusOr<SweepStatus>&)> callback;
  };

  Host(std::unique_ptr<Store> store, const Clock& clock, CoreOptions options);
  Status restore();
  void ask(Pending pending);   // of people
  void post(Pending pending);  // of agents and of this host itself
  void wake();                 // with inbox_mutex_ held
  void pump();
  void take(Pending& pending, Step& together, std::vector<std::function<void(const Status&)>>& replies);
  // Commits, and only then acts and replies. Both lists are empty after it.
  void settle(Step& together, std::vector<std::function<void(const Status&)>>& replies);
  void note(std::vector<Record>& records);
  void carry_out(const Effect& effect);
  void grant(const Grant& grant);
  StatusOr<std::string> spec_of(RunId run);
  void fetch_counts(RunId run);
  void fetch_stage(const FetchStage& fetch);
  void fail(const Status& status);
  void recover_later();
  void recover();
  void arm_deadline();
  StatusOr<SweepStatus> status_of(const SweepId& sweep) const;
  void publish_soon();
  void publish();

  std::unique_ptr<Store> store_;
  const Clock& clock_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;

  std::mutex inbox_mutex_;  // guards the next five
  std::vector<Pending> asked_, inbox_;
  bool pump_posted_ = false;
  ConnectionId last_connection_ = 0;
  WatchId last_watch_ = 0;

  // Of the host's thread alone.
  std::deque<Pending> due_;  // taken from inbox_
  CoreOptions options_;
  std::unique_ptr<Core> core_;
  Status failure_;
  std::map<ConnectionId, Connection> connections_;
  std::map<WatchId, Watch> watches_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer publish_timer_;
  boost::asio::steady_timer recovery_;
  bool publish_armed_ = false;
  absl::flat_hash_map<RunId, std::string> fresh_specs_;  // of runs that were added and not granted yet
  LogListener on_log_;
  std::function<void(const Status&)> on_health_ = [](const Status&) {};
  Tally tally_;
};

}  // namespace evensweep::coordinator

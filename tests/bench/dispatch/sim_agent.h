#pragma once
// An agent without trainers: it speaks the link as a real one does, and ends every run after a fixed time with a
// made-up result. Many of them share one thread.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "agent/link/coordinator_link.h"
#include "common/model/link.h"

namespace evensweep {

// What all agents of a process have done, and how things stand. Of the thread that runs them.
struct Fleet {
  uint32_t connected = 0;     // have been welcomed and not lost the stream since
  uint64_t started = 0;       // attempts
  double first_lease_at = 0;  // wall clock, seconds since 1970; 0: none yet
  uint64_t acknowledged = 0;
  uint64_t cancelled = 0;
  std::string last_loss;                                 // why a stream ended
  std::unordered_map<std::string, uint32_t> executions;  // run key -> how many times it was begun by an agent
};

class SimAgent {
 public:
  struct Options {
    std::string id;
    uint32_t slots = 1;
    int64_t classes = 2;  // of the sweep's data
    Duration training{0};
  };

  SimAgent(boost::asio::io_context& io, std::shared_ptr<grpc::Channel> channel, Options options, uint64_t number,
           Fleet& fleet);
  void start() { link_.start(); }
  void close() {
    closing_ = true;
    timer_.cancel();
    link_.close([] {});
  }

 private:
  struct Held {
    std::string result;  // empty while it trains
  };

  void greet();
  void receive(const CoordinatorMessage& message);
  void welcome(const Welcome& welcome);
  void take(const Leases& leases);
  void finish(const AttemptId& attempt);
  void offer();
  void beat();

  boost::asio::io_context& io_;
  Options options_;
  Fleet& fleet_;
  std::map<AttemptId, Held> held_;
  bool welcomed_ = false, closing_ = false;
  Duration heartbeat_{0};
  Rng rng_;
  boost::asio::steady_timer timer_;
  CoordinatorLink link_;  // the last: it calls the others
};

}  // namespace evensweep
